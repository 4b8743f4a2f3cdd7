namespace Graft.Data.Text;

/// <summary>A text, or two, as tokens.</summary>
public sealed class TokenizedText
{
    private readonly Tokenizer _tokenizer;
    private readonly int[] _ids;

    internal TokenizedText(Tokenizer tokenizer, int[] ids, TextPlace[] places, bool[] isSpecial, int[] typeIds, int[] texts, bool isCut, int first = 0, int count = -1)
    {
        _tokenizer = tokenizer;
        _ids = ids;
        Places = places;
        IsSpecial = isSpecial;
        TypeIds = typeIds;
        Texts = texts;
        IsCut = isCut;
        First = first;
        Count = count < 0 ? ids.Length : count;
    }

    /// <summary>The number of each token in the vocabulary.</summary>
    public IReadOnlyList<int> Ids => _ids;

    /// <summary>Each token as it stands in the vocabulary; for what is unknown, the token that stands for the unknown.</summary>
    public IReadOnlyList<string> Tokens => [.. _ids.Select(_tokenizer.TokenAt)];

    /// <summary>Where each token stands in its own text; (0, 0) for tokens that were put there.</summary>
    public IReadOnlyList<TextPlace> Places { get; }

    /// <summary>Whether each token was put there and is not of the text: those at the ends and between two texts, and padding.</summary>
    public IReadOnlyList<bool> IsSpecial { get; }

    /// <summary>The type of each token: in BERT's models 0 for the first text and 1 for the second.</summary>
    public IReadOnlyList<int> TypeIds { get; }

    /// <summary>Which text each token is of: 0 or 1, and -1 for tokens that were put there.</summary>
    public IReadOnlyList<int> Texts { get; }

    /// <summary>Whether tokens are missing because there were too many.</summary>
    public bool IsCut { get; }

    /// <summary>Where the tokens begin: 0, but for a text that was filled up before its beginning.</summary>
    public int First { get; }

    /// <summary>Tokens without padding.</summary>
    public int Count { get; }

    internal int[] ToIds() => _ids;

    internal TokenizedText FilledUp(Padding padding, int length)
    {
        int more = length - _ids.Length;
        return more <= 0 ? this : new TokenizedText(
            _tokenizer, Fill(_ids, padding.Id), Fill(Places, default), Fill(IsSpecial, true), Fill(TypeIds, padding.TypeId), Fill(Texts, -1),
            IsCut, padding.AtStart ? more : 0, Count);

        T[] Fill<T>(IReadOnlyList<T> values, T value) => padding.AtStart ? [.. Enumerable.Repeat(value, more), .. values] : [.. values, .. Enumerable.Repeat(value, more)];
    }
}
