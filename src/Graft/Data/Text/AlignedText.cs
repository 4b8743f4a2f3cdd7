using System.Text;

namespace Graft.Data.Text;

/// <summary>A text on its way to tokens; every character knows which characters of the original it came from.</summary>
/// <remarks>Well formed UTF-16: half a surrogate pair becomes U+FFFD.</remarks>
internal sealed class AlignedText
{
    private char[] _chars;
    private TextPlace[] _places;

    public AlignedText(int capacity)
    {
        _chars = new char[Math.Max(4, capacity)];
        _places = new TextPlace[_chars.Length];
    }

    public int Length { get; private set; }

    public ReadOnlySpan<char> Chars => _chars.AsSpan(0, Length);

    /// <summary>A part of the original.</summary>
    public static AlignedText Of(string text, int start, int end)
    {
        var part = new AlignedText(end - start);
        for (int i = start; i < end; i++)
        {
            bool isHalf = char.IsSurrogate(text[i])
                && !(char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                && !(char.IsLowSurrogate(text[i]) && i > 0 && char.IsHighSurrogate(text[i - 1]));
            part.Append(isHalf ? '\uFFFD' : text[i], new TextPlace(i, i + 1));
        }

        // Both halves of a pair have the place of the pair.
        for (int i = 0; i + 1 < part.Length; i++)
        {
            if (char.IsHighSurrogate(part._chars[i]))
            {
                part._places[i] = part._places[i + 1] = new TextPlace(start + i, start + i + 2);
            }
        }

        return part;
    }

    public TextPlace Place(int index) => _places[index];

    /// <summary>Where a stretch stands in the original.</summary>
    public TextPlace Place(int start, int length)
    {
        TextPlace place = length == 0 ? default : _places[start];
        for (int i = start + 1; i < start + length; i++)
        {
            place = place.Joined(_places[i]);
        }

        return place;
    }

    public void Append(char value, TextPlace place)
    {
        if (Length == _chars.Length)
        {
            Array.Resize(ref _chars, Length * 2);
            Array.Resize(ref _places, Length * 2);
        }

        _chars[Length] = value;
        _places[Length++] = place;
    }

    public void Append(ReadOnlySpan<char> values, TextPlace place)
    {
        foreach (char value in values)
        {
            Append(value, place);
        }
    }

    public void Append(int codePoint, TextPlace place)
    {
        if (codePoint < 0x10000)
        {
            Append((char)codePoint, place);
            return;
        }

        Span<char> pair = stackalloc char[2];
        _ = new Rune(codePoint).EncodeToUtf16(pair);
        Append(pair, place);
    }

    /// <summary>Copies a stretch with its places.</summary>
    public void Append(AlignedText from, int start, int length)
    {
        for (int i = start; i < start + length; i++)
        {
            Append(from._chars[i], from._places[i]);
        }
    }
}
