namespace Graft.Data.Pictures;

/// <summary>A Huffman table: symbols by codes of 1 to 16 bits.</summary>
internal sealed class JpegHuffman
{
    private const int ShortBits = 9;

    private readonly byte[] _symbols;
    private readonly ushort[] _short = new ushort[1 << ShortBits];      // length in the upper byte, symbol in the lower; 0 for longer codes
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

        return table;
    }

    /// <summary>Reads one symbol; at least 16 bits are ready afterwards.</summary>
    /// <returns>0 to 255, or -1 where no code fits.</returns>
    public int Read(ref JpegBits bits)
    {
        bits.Fill();
        int entry = _short[bits.Peek(ShortBits)];
        if (entry != 0)
        {
            bits.Drop(entry >> 8);
            return entry & 0xFF;
        }

        int code = bits.Peek(16);
        for (int length = ShortBits + 1; length <= 16; length++)
        {
            if (code < _end[length])
            {
                bits.Drop(length);
                return _symbols[(code >> (16 - length)) + _offset[length]];
            }
        }

        return -1;
    }
}
