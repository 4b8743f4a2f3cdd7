using System.Globalization;

namespace Graft.Data.Text;

/// <summary>Kinds of characters as the tokenizers of others tell them apart.</summary>
internal static class CharKinds
{
    /// <summary>The code point at an index of well formed UTF-16.</summary>
    public static int At(ReadOnlySpan<char> text, int index, out int length)
    {
        char first = text[index];
        if (char.IsHighSurrogate(first) && index + 1 < text.Length)
        {
            length = 2;
            return char.ConvertToUtf32(first, text[index + 1]);
        }

        length = 1;
        return first;
    }

    public static bool IsSpace(int code) => code < 128 ? code is ' ' or (>= '\t' and <= '\r') : code < 0x10000 && char.IsWhiteSpace((char)code);

    public static bool IsLetter(int code) => code < 128 ? char.IsAsciiLetter((char)code) : Category(code) <= UnicodeCategory.OtherLetter;

    public static bool IsNumber(int code) => code < 128
        ? char.IsAsciiDigit((char)code)
        : Category(code) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    public static bool IsDigit(int code) => code < 128 ? char.IsAsciiDigit((char)code) : Category(code) == UnicodeCategory.DecimalDigitNumber;

    /// <summary>The punctuation of Unicode alone.</summary>
    public static bool IsUnicodePunctuation(int code) => Category(code) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation;

    public static bool IsMark(int code) =>
        code >= 0x300 && Category(code) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    /// <summary>Characters that go on top of others, such as accents.</summary>
    public static bool IsAccent(int code) => code >= 0x300 && Category(code) == UnicodeCategory.NonSpacingMark;

    /// <summary>ASCII signs and the punctuation of Unicode.</summary>
    public static bool IsPunctuation(int code) => code < 128
        ? code > ' ' && code < 127 && !char.IsAsciiLetterOrDigit((char)code)
        : IsUnicodePunctuation(code);

    /// <summary>Characters that show nothing; tab and line ends are none of them.</summary>
    public static bool IsControl(int code) => code < 128
        ? code is < ' ' or 127 && code is not ('\t' or '\n' or '\r')
        : Category(code) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate;

    /// <summary>What \w means where it knows Unicode: alphabetic, marks, decimal digits, connecting punctuation, joiners.</summary>
    public static bool IsWord(int code)
    {
        if (code < 128)
        {
            return char.IsAsciiLetterOrDigit((char)code) || code == '_';
        }

        UnicodeCategory category = Category(code);
        return category is <= UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation
                or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
            || code is 0x200C or 0x200D or (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);
    }

    /// <summary>Signs of Chinese as BERT counts them, which stand for words.</summary>
    public static bool IsIdeograph(int code) => code is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F)
        or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B820 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);

    private static UnicodeCategory Category(int code) => CharUnicodeInfo.GetUnicodeCategory(code);
}
