namespace Graft.Data.Text;

/// <summary>A token that is found in texts before they are divided.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Content">What it looks like.</param>
/// <param name="IsSpecial">Whether it stands for no text, so that decoding can leave it out.</param>
/// <param name="OnlyWhole">Whether letters and digits beside it make it something else.</param>
/// <param name="TakesLeft">Whether it takes the spaces before it.</param>
/// <param name="TakesRight">Whether it takes the spaces behind it.</param>
internal sealed record AddedToken(int Id, string Content, bool IsSpecial, bool OnlyWhole, bool TakesLeft, bool TakesRight);

/// <summary>Finds added tokens in a text: the leftmost, and of those the longest.</summary>
internal sealed class AddedTokens
{
    private readonly TokenTrie _trie = new(0);
    private readonly List<AddedToken> _tokens = [];

    public bool IsEmpty => _tokens.Count == 0;

    public void Add(AddedToken token, ReadOnlySpan<char> looks)
    {
        if (looks.Length > 0)
        {
            _trie.Add(looks, _tokens.Count);
            _tokens.Add(token);
        }
    }

    /// <summary>Divides a text.</summary>
    /// <returns>Stretches in order: of a token, or of text between tokens (null).</returns>
    public List<(int Start, int End, AddedToken? Token)> Split(ReadOnlySpan<char> text)
    {
        var all = new List<(int, int, AddedToken?)>();
        int done = 0;
        for (int i = 0; i < text.Length && !IsEmpty;)
        {
            int found = _trie.Longest(text[i..], 0, out int length);
            if (found < 0 || (_tokens[found].OnlyWhole && !IsWhole(text, i, i + length)))
            {
                i++;
                continue;
            }

            (int start, int end) = (i, i + length);
            while (_tokens[found].TakesLeft && start > done && CharKinds.IsSpace(text[start - 1]))
            {
                start--;
            }

            while (_tokens[found].TakesRight && end < text.Length && CharKinds.IsSpace(text[end]))
            {
                end++;
            }

            if (start > done)
            {
                all.Add((done, start, null));
            }

            all.Add((start, end, _tokens[found]));
            i = done = end;
        }

        if (done < text.Length)
        {
            all.Add((done, text.Length, null));
        }

        return all;
    }

    private static bool IsWhole(ReadOnlySpan<char> text, int start, int end) =>
        !(start > 0 && CharKinds.IsWord(Before(text, start))) && !(end < text.Length && CharKinds.IsWord(CharKinds.At(text, end, out _)));

    private static int Before(ReadOnlySpan<char> text, int end) =>
        char.IsLowSurrogate(text[end - 1]) && end > 1 ? char.ConvertToUtf32(text[end - 2], text[end - 1]) : text[end - 1];
}
