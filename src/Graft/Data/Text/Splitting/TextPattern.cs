namespace Graft.Data.Text.Splitting;

/// <summary>Finds stretches of a text. Patterns are written here by hand: an expression from a file could take any time.</summary>
internal abstract class TextPattern
{
    /// <summary>Finds the first stretch from an index on that is not empty.</summary>
    public abstract bool Find(ReadOnlySpan<char> text, int from, out int start, out int length);
}

/// <summary>A text itself.</summary>
internal sealed class LiteralPattern(string literal) : TextPattern
{
    public override bool Find(ReadOnlySpan<char> text, int from, out int start, out int length)
    {
        int at = literal.Length == 0 ? -1 : text[from..].IndexOf(literal, StringComparison.Ordinal);
        (start, length) = (from + at, literal.Length);
        return at >= 0;
    }
}

/// <summary>A run of characters of one kind.</summary>
/// <param name="belongs">Whether a character does.</param>
/// <param name="least">Shortest run.</param>
/// <param name="most">Longest run; what is left of it begins another.</param>
internal sealed class RunPattern(Func<int, bool> belongs, int least = 1, int most = int.MaxValue) : TextPattern
{
    public override bool Find(ReadOnlySpan<char> text, int from, out int start, out int length)
    {
        start = length = 0;
        int count = 0;
        for (int i = from; i < text.Length;)
        {
            int code = CharKinds.At(text, i, out int size);
            bool isIn = belongs(code);
            if (isIn)
            {
                start = count == 0 ? i : start;
                length = i + size - start;
                count++;
            }

            if (count >= least && (!isIn || count == most || i + size == text.Length))
            {
                return true;
            }

            count = isIn ? count : 0;
            i += size;
        }

        return false;
    }
}

/// <summary>Words and runs of other signs; between them are spaces.</summary>
internal sealed class WordPattern : TextPattern
{
    public override bool Find(ReadOnlySpan<char> text, int from, out int start, out int length)
    {
        start = from;
        while (start < text.Length && CharKinds.IsSpace(text[start]))
        {
            start++;
        }

        int end = start;
        bool isWord = start < text.Length && CharKinds.IsWord(CharKinds.At(text, start, out _));
        while (end < text.Length)
        {
            int code = CharKinds.At(text, end, out int size);
            if (CharKinds.IsWord(code) != isWord || (!isWord && CharKinds.IsSpace(code)))
            {
                break;
            }

            end += size;
        }

        length = end - start;
        return length > 0;
    }
}
