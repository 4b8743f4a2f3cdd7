using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Graft.Data.Text.Normalizing;

/// <summary>SentencePiece's own table of replacements: a tree of bytes in a double array, and the texts that its leaves point to.</summary>
/// <remarks>
/// A grapheme of at most 5 bytes is looked up as a whole, and otherwise each of its characters; the shortest entry that it begins with counts, as in
/// Hugging Face's tokenizers, whose results published vocabularies were made for.
/// </remarks>
internal sealed class Precompiled : Normalizer
{
    /// <summary>Longest replacement in bytes; what is longer is left as it was.</summary>
    public const int MostReplacement = 64;

    private const int MostBytes = 1 << 24;

    private readonly uint[] _units;
    private readonly byte[] _texts;

    /// <param name="table">The table.</param>
    /// <exception cref="ArgumentException">It is no such table.</exception>
    public Precompiled(byte[] table)
    {
        uint size = table.Length is >= 8 and <= MostBytes ? BinaryPrimitives.ReadUInt32LittleEndian(table) : 0;
        if (size is 0 || size % 4 != 0 || size > table.Length - 4)
        {
            throw new ArgumentException($"expected a table with a tree of bytes, got {table.Length} bytes with a tree of {size}");
        }

        _units = new uint[size / 4];
        for (int i = 0; i < _units.Length; i++)
        {
            _units[i] = BinaryPrimitives.ReadUInt32LittleEndian(table.AsSpan(4 + (4 * i)));
        }

        _texts = table[(4 + (int)size)..];
    }

    public override AlignedText Apply(AlignedText text)
    {
        var result = new AlignedText(text.Length);
        for (int i = 0; i < text.Length;)
        {
            int length = StringInfo.GetNextTextElementLength(text.Chars[i..]);
            if (!TryReplace(text, i, length, result))
            {
                for (int k = i; k < i + length;)
                {
                    _ = CharKinds.At(text.Chars, k, out int one);
                    if (!TryReplace(text, k, one, result))
                    {
                        result.Append(text, k, one);
                    }

                    k += one;
                }
            }

            i += length;
        }

        return result;
    }

    private bool TryReplace(AlignedText text, int start, int length, AlignedText result)
    {
        Span<byte> bytes = stackalloc byte[8];
        if (length > 5 || !Encoding.UTF8.TryGetBytes(text.Chars.Slice(start, length), bytes, out int count) || count > 5 || Find(bytes[..count]) is not { } at || at >= _texts.Length)
        {
            return false;
        }

        ReadOnlySpan<byte> found = _texts.AsSpan(at, Math.Min(MostReplacement + 1, _texts.Length - at));
        int end = found.IndexOf((byte)0);
        found = end < 0 ? found : found[..end];
        if (found.Length > MostReplacement)
        {
            return false;
        }

        result.Append(Encoding.UTF8.GetString(found), text.Place(start, length));
        return true;
    }

    // Units hold a byte, whether a value follows, and where the children are.
    private int? Find(ReadOnlySpan<byte> key)
    {
        uint at = Offset(_units[0]);
        foreach (byte b in key)
        {
            at ^= b;
            if (b == 0 || at >= _units.Length || (_units[at] & 0x800000FF) != b)
            {
                return null;
            }

            uint unit = _units[at];
            at ^= Offset(unit);
            if (((unit >> 8) & 1) == 1)
            {
                return at < _units.Length ? (int)(_units[at] & int.MaxValue) : null;
            }
        }

        return null;
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & (1 << 9)) >> 6);
}
