namespace Graft.Data.Text;

/// <summary>Tokens and their numbers. Changed while a file is read, and never after.</summary>
internal sealed class Vocabulary(string file)
{
    /// <summary>Numbers of tokens are exact as 32-bit floats up to here.</summary>
    public const int Most = 1 << 24;

    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private string?[] _tokens = [];

    /// <summary>One more than the greatest number.</summary>
    public int Size { get; private set; }

    /// <summary>How many tokens there are.</summary>
    public int Count => _ids.Count;

    public IEnumerable<KeyValuePair<string, int>> All => _ids;

    public int? Find(string token) => _ids.TryGetValue(token, out int id) ? id : null;

    /// <summary>The same for a stretch of a text, without making a text of it; -1 where there is none.</summary>
    public int Find(ReadOnlySpan<char> token) => _ids.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(token, out int id) ? id : -1;

    public string? At(int id) => (uint)id < (uint)_tokens.Length ? _tokens[id] : null;

    /// <summary>The number of a token that must be there.</summary>
    public int Need(string token, string where) =>
        Find(token) ?? throw new GraftInputException(file, $"{where}: expected a token of the vocabulary, got '{JsonFields.Short(token)}'.");

    /// <summary>Adds a token with its number.</summary>
    /// <param name="token">The token.</param>
    /// <param name="id">Its number.</param>
    /// <param name="most">Numbers there may be, which bounds the memory a file can take.</param>
    public void Add(string token, int id, int most)
    {
        if (id < 0 || id >= Math.Min(Most, (8L * most) + 65536))
        {
            throw new GraftInputException(file, $"vocabulary: expected numbers of {most} tokens, got {id} for '{JsonFields.Short(token)}'.");
        }

        if (id >= _tokens.Length)
        {
            Array.Resize(ref _tokens, Math.Max(id + 1, Math.Min(most, 2 * (id + 1))));
        }

        if (_tokens[id] is not null || !_ids.TryAdd(token, id))
        {
            throw new GraftInputException(file, $"vocabulary: expected every token and every number once, got '{JsonFields.Short(token)}' as {id} a second time.");
        }

        _tokens[id] = token;
        Size = Math.Max(Size, id + 1);
    }
}
