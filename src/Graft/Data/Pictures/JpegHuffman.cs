using System.Runtime.CompilerServices;

namespace Graft.Data.Pictures;

/// <summary>A Huffman table: symbols by codes of 1 to 16 bits.</summary>
internal sealed class JpegHuffman
{
    /// <summary>Codes of up to so many bits are looked up at once.</summary>
    public const int ShortBits = 10;

    private readonly byte[] _symbols;
    private readonly ushort[] _short = new ushort[1 << ShortBits];      // length in the upper byte, symbol in the lower; 0 for longer codes
    private readonly int[] _pairs = new int[1 << ShortBits];            // code and value together: value << 16, zeros << 8, length; 0 where they are longer
    private readonly int[] _end = new int[17];                          // by length: the first 16-bit value above its codes
    private readonly int[] _offset = new int[17];                       // by length: index of a symbol less its code

    private JpegHuffman(byte[] symbols) => _symbols = symbols;

    /// <summary>Builds the table.</summary>
    /// <param name="counts">How many codes have 1, 2 ... 16 bits.</param>
    /// <param name="symbols">The symbols in the order of their codes.</param>
    /// <returns>Null where there are more codes than bits allow.</returns>
    public static JpegHuffman? TryMake(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> symbols)
    {
        var table = new JpegHuffman(symbols.ToArray());
        int code = 0;
        int index = 0;
        for (int length = 1; length <= 16; length++)
        {
            table._offset[length] = index - code;
            for (int i = 0; i < counts[length - 1]; i++, code++, index++)
            {
                if (code >> length != 0)
                {
                    return null;
                }

                if (length <= ShortBits)
                {
                    table._short.AsSpan(code << (ShortBits - length), 1 << (ShortBits - length)).Fill((ushort)((length << 8) | symbols[index]));
                }
            }

            table._end[length] = code << (16 - length);
            code <<= 1;
        }

        table.MakePairs();
        return table;
    }

    /// <summary>A coefficient whose code and value together are short, by the next <see cref="ShortBits"/> bits: value &lt;&lt; 16, zeros before it &lt;&lt; 8, bits in all; 0 for others.</summary>
    public ReadOnlySpan<int> Pairs => _pairs;

    /// <summary>Reads one symbol; at least 16 bits are ready afterwards.</summary>
    /// <returns>0 to 255, or -1 where no code fits.</returns>
    public int Read(ref JpegBits bits)
    {
        bits.Fill();
        int entry = Find(bits.Peek(16));
        bits.Drop(entry < 0 ? 0 : entry >> 8);
        return entry < 0 ? -1 : entry & 0xFF;
    }

    /// <summary>The symbol whose code the next bits begin with.</summary>
    /// <param name="next">16 bits.</param>
    /// <returns>The code's length &lt;&lt; 8, and the symbol; -1 where no code fits.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(int next)
    {
        int entry = _short[next >> (16 - ShortBits)];
        return entry != 0 ? entry : FindLong(next);
    }

    private int FindLong(int next)
    {
        for (int length = ShortBits + 1; length <= 16; length++)
        {
            if (next < _end[length])
            {
                return (length << 8) | _symbols[(next >> (16 - length)) + _offset[length]];
            }
        }

        return -1;
    }

    private void MakePairs()
    {
        for (int next = 0; next < _pairs.Length; next++)
        {
            int length = _short[next] >> 8, size = _short[next] & 15, zeros = (_short[next] >> 4) & 15, all = length + size;
            if (size > 0 && length > 0 && all <= ShortBits)
            {
                int value = (next >> (ShortBits - all)) & ((1 << size) - 1);
                value = value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
                _pairs[next] = (value << 16) | (zeros << 8) | all;
            }
        }
    }
}
