namespace Graft.Data.Text;

/// <summary>What is put together, in which order, and what becomes of characters without a token.</summary>
internal sealed class BytePairModel
{
    private readonly Dictionary<long, (int Rank, int Id)> _merges = [];
    private readonly int[] _units = new int[512];

    /// <param name="vocabulary">Filled.</param>
    /// <param name="merges">Pairs in the order in which they were learned.</param>
    /// <param name="fields">The model, for messages.</param>
    public BytePairModel(Vocabulary vocabulary, IReadOnlyList<(string Left, string Right)> merges, JsonFields fields)
    {
        Vocabulary = vocabulary;
        Prefix = fields.Text("continuing_subword_prefix", "");
        Suffix = fields.Text("end_of_word_suffix", "");
        FusesUnknown = fields.Flag("fuse_unk", false);
        IgnoresMerges = fields.Flag("ignore_merges", false);
        Unknown = fields.Has("unk_token") ? vocabulary.Find(fields.Text("unk_token")) ?? -1 : -1;
        Bytes = fields.Flag("byte_fallback", false) ? new ByteTokens(vocabulary) : null;
        for (int i = 0; i < merges.Count; i++)
        {
            (string left, string right) = merges[i];
            string inside = Prefix.Length > 0 && right.StartsWith(Prefix, StringComparison.Ordinal) ? right[Prefix.Length..] : right;
            string where = $"{fields.Path}.merges[{i}]";
            long key = Key(vocabulary.Need(left, where), vocabulary.Need(right, where));
            _ = _merges.TryAdd(key, (i, vocabulary.Need(left + inside, where)));
        }

        for (int c = 0; c < _units.Length; c++)
        {
            _units[c] = vocabulary.Find([(char)c]);
        }
    }

    public Vocabulary Vocabulary { get; }

    public int Unknown { get; }

    public bool FusesUnknown { get; }

    public bool IgnoresMerges { get; }

    public ByteTokens? Bytes { get; }

    private string Prefix { get; }

    /// <summary>What marks the end of a word in tokens.</summary>
    public string Suffix { get; }

    /// <summary>When and to what two tokens are put together; rank -1 where they are not.</summary>
    public (int Rank, int Id) Merged(int left, int right) => _merges.GetValueOrDefault(Key(left, right), (-1, -1));

    /// <summary>The token of one character; -1 where there is none.</summary>
    public int Unit(ReadOnlySpan<char> character, bool isFirst, bool isLast)
    {
        string prefix = isFirst ? "" : Prefix, suffix = isLast ? Suffix : "";
        return prefix.Length + suffix.Length > 0 ? Vocabulary.Find($"{prefix}{character}{suffix}") ?? -1
            : character.Length == 1 && character[0] < _units.Length ? _units[character[0]] : Vocabulary.Find(character);
    }

    private static long Key(int left, int right) => ((long)left << 32) | (uint)right;
}
