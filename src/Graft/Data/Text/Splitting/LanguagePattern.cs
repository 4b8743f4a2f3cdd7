namespace Graft.Data.Text.Splitting;

/// <summary>How the models of OpenAI and those after them divide texts: contractions, words, numbers, signs, spaces.</summary>
/// <remarks>
/// <para>GPT-2: 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</para>
/// <para>Later: (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</para>
/// <para>CLIP: 's|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+</para>
/// </remarks>
internal sealed class LanguagePattern : TextPattern
{
    private static readonly string[] Contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

    private readonly bool _isLater, _isClip;
    private readonly int _digits;

    private LanguagePattern(bool isLater, bool isClip, int digits) => (_isLater, _isClip, _digits) = (isLater, isClip, digits);

    public static LanguagePattern Gpt2 { get; } = new(false, false, int.MaxValue);

    public static LanguagePattern Clip { get; } = new(false, true, 1);

    /// <param name="digits">Digits of a number that stay together.</param>
    public static LanguagePattern Later(int digits) => new(true, false, digits);

    public override bool Find(ReadOnlySpan<char> text, int from, out int start, out int length)
    {
        start = from;
        while (_isClip && start < text.Length && CharKinds.IsSpace(text[start]))
        {
            start++;
        }

        length = start < text.Length ? At(text[start..]) : 0;
        return length > 0;
    }

    // The alternatives in their order; the last ones match any space, so that something always does.
    private int At(ReadOnlySpan<char> text)
    {
        int length = Contraction(text);
        if (length > 0)
        {
            return length;
        }

        int prefix = Prefix(text);
        length = Run(text[prefix..], CharKinds.IsLetter, int.MaxValue);
        if (length > 0)
        {
            return prefix + length;
        }

        int space = !_isClip && text[0] == ' ' ? 1 : 0, beforeNumber = _isLater ? 0 : space;
        length = Run(text[beforeNumber..], CharKinds.IsNumber, _digits);
        if (length > 0)
        {
            return beforeNumber + length;
        }

        length = Run(text[space..], IsSign, int.MaxValue);
        if (length > 0)
        {
            length += space;
            while (_isLater && length < text.Length && text[length] is '\r' or '\n')
            {
                length++;
            }

            return length;
        }

        return Spaces(text);
    }

    private static bool IsSign(int code) => !CharKinds.IsSpace(code) && !CharKinds.IsLetter(code) && !CharKinds.IsNumber(code);

    // How many characters may stand before the letters of a word: a space, or later anything but letters, numbers and line ends.
    private int Prefix(ReadOnlySpan<char> text)
    {
        int code = CharKinds.At(text, 0, out int size);
        return _isClip || CharKinds.IsLetter(code) ? 0
            : _isLater ? (code is '\r' or '\n' || CharKinds.IsNumber(code) ? 0 : size)
            : code == ' ' ? 1 : 0;
    }

    private int Contraction(ReadOnlySpan<char> text)
    {
        if (text[0] == '\'')
        {
            foreach (string contraction in Contractions)
            {
                if (text.StartsWith(contraction, _isLater ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal))
                {
                    return contraction.Length;
                }
            }
        }

        return 0;
    }

    private int Spaces(ReadOnlySpan<char> text)
    {
        int run = 0, lineEnd = 0;
        while (run < text.Length && CharKinds.IsSpace(text[run]))
        {
            lineEnd = text[run++] is '\r' or '\n' ? run : lineEnd;
        }

        // All but the last space, which belongs to what follows; where there is but one, it stands alone.
        return _isLater && lineEnd > 0 ? lineEnd : run == text.Length || run == 1 ? run : run - 1;
    }

    private static int Run(ReadOnlySpan<char> text, Func<int, bool> belongs, int most)
    {
        int end = 0;
        for (int count = 0; end < text.Length && count < most; count++)
        {
            int code = CharKinds.At(text, end, out int size);
            if (!belongs(code))
            {
                break;
            }

            end += size;
        }

        return end;
    }
}
