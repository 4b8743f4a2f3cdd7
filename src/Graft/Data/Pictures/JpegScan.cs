namespace Graft.Data.Pictures;

/// <summary>Decodes the blocks of one scan (ITU T.81, annexes F and G).</summary>
/// <param name="first">First coefficient of the scan, in zigzag order.</param>
/// <param name="last">Last coefficient of the scan.</param>
/// <param name="high">Progressive: the bit down to which the coefficients are known, or 0 for the first scan of them.</param>
/// <param name="low">Progressive: the bit down to which this scan tells them.</param>
internal sealed class JpegScan(int first, int last, int high, int low)
{
    /// <summary>Natural (row by row) index of the coefficients in zigzag order.</summary>
    public static ReadOnlySpan<byte> Natural =>
    [
        0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
        35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
    ];

    private int _blocksWithoutMore;

    /// <summary>Forgets what runs from block to block, as a restart marker demands.</summary>
    public void Restart(JpegComponent[] components)
    {
        _blocksWithoutMore = 0;
        foreach (JpegComponent component in components)
        {
            component.Mean = 0;
        }
    }

    /// <summary>Decodes a whole block of a sequential picture.</summary>
    /// <param name="bits">Where to read.</param>
    /// <param name="component">The block's component.</param>
    /// <param name="block">64 zeros; becomes the coefficients in natural order.</param>
    /// <param name="hasDetail">Whether the block has more than its mean.</param>
    /// <returns>Whether the codes were valid.</returns>
    public static bool TryBaseline(ref JpegBits bits, JpegComponent component, scoped Span<short> block, out bool hasDetail)
    {
        hasDetail = false;
        int size = component.MeanCodes!.Read(ref bits);
        if (size is < 0 or > 15)
        {
            return false;
        }

        component.Mean += bits.TakeSigned(size);
        block[0] = (short)component.Mean;
        return TryDetails(ref bits, component.DetailCodes!, block, out hasDetail);
    }

    // The next bits are kept in registers; most coefficients are one look into a table.
    private static bool TryDetails(ref JpegBits bits, JpegHuffman codes, scoped Span<short> block, out bool hasDetail)
    {
        ReadOnlySpan<int> pairs = codes.Pairs;
        ReadOnlySpan<byte> natural = Natural;
        block = block[..64];
        hasDetail = false;
        ulong window = bits.Window;
        int count = bits.Count, k = 1;
        bool isGood = true;
        while (k < 64)
        {
            if (count < 32)
            {
                bits.Put(window, count);
                bits.Refill();
                (window, count) = (bits.Window, bits.Count);
            }

            int pair = pairs[(int)(window >> (64 - JpegHuffman.ShortBits))];
            if (pair != 0)
            {
                k += (pair >> 8) & 0xF;
                if (k > 63)
                {
                    isGood = false;
                    break;
                }

                block[natural[k++]] = (short)(pair >> 16);
                window <<= pair & 0xFF;
                count -= pair & 0xFF;
                hasDetail = true;
                continue;
            }

            int entry = codes.Find((int)(window >> 48)), size = entry & 15, zeros = (entry >> 4) & 15;
            if (entry < 0)
            {
                isGood = false;
                break;
            }

            window <<= entry >> 8;
            count -= entry >> 8;
            if (size == 0)
            {
                if (zeros < 15)
                {
                    break;
                }

                k += 16;
                continue;
            }

            k += zeros;
            if (k > 63)
            {
                isGood = false;
                break;
            }

            int value = (int)(window >> (64 - size));
            block[natural[k++]] = (short)(value < 1 << (size - 1) ? value - (1 << size) + 1 : value);
            window <<= size;
            count -= size;
            hasDetail = true;
        }

        bits.Put(window, count);
        return isGood;
    }

    /// <summary>Adds what a scan of a progressive picture tells of a block.</summary>
    /// <param name="bits">Where to read.</param>
    /// <param name="component">The block's component.</param>
    /// <param name="block">The coefficients so far, in natural order.</param>
    /// <returns>Whether the codes were valid.</returns>
    public bool TryProgressive(ref JpegBits bits, JpegComponent component, scoped Span<short> block)
    {
        if (first > 0)
        {
            return high == 0 ? TryDetail(ref bits, component.DetailCodes!, block) : TryFinerDetail(ref bits, component.DetailCodes!, block);
        }

        if (high > 0)
        {
            block[0] |= (short)(bits.TakeBit() ? 1 << low : 0);
            return true;
        }

        int size = component.MeanCodes!.Read(ref bits);
        if (size is < 0 or > 15)
        {
            return false;
        }

        component.Mean += bits.TakeSigned(size);
        block[0] = (short)(component.Mean << low);
        return true;
    }

    private bool TryDetail(ref JpegBits bits, JpegHuffman codes, scoped Span<short> block)
    {
        if (_blocksWithoutMore > 0)
        {
            _blocksWithoutMore--;
            return true;
        }

        for (int k = first; k <= last; k++)
        {
            int symbol = codes.Read(ref bits);
            int size = symbol & 15;
            int zeros = symbol >> 4;
            if (symbol < 0)
            {
                return false;
            }

            if (size == 0)
            {
                if (zeros < 15)
                {
                    _blocksWithoutMore = (1 << zeros) - 1 + bits.Take(zeros);
                    return true;
                }

                k += 15;
                continue;
            }

            k += zeros;
            if (k > last)
            {
                return false;
            }

            block[Natural[k]] = (short)(bits.TakeSigned(size) << low);
        }

        return true;
    }

    // Coefficients that are not zero get one more bit each; between them, new ones of plus or minus one appear (G.1.2.3).
    private bool TryFinerDetail(ref JpegBits bits, JpegHuffman codes, scoped Span<short> block)
    {
        int one = 1 << low;
        int k = first;
        while (_blocksWithoutMore == 0 && k <= last)
        {
            int symbol = codes.Read(ref bits);
            int zeros = symbol >> 4;
            if (symbol < 0 || (symbol & 15) > 1)
            {
                return false;
            }

            int value = 0;
            if ((symbol & 15) == 1)
            {
                value = bits.Take(1) != 0 ? one : -one;
            }
            else if (zeros < 15)
            {
                _blocksWithoutMore = (1 << zeros) + bits.Take(zeros);
                break;
            }

            for (; k <= last; k++)
            {
                ref short coefficient = ref block[Natural[k]];
                if (coefficient != 0)
                {
                    Refine(ref bits, ref coefficient, one);
                }
                else if (zeros-- == 0)
                {
                    break;
                }
            }

            if (value != 0)
            {
                if (k > last)
                {
                    return false;
                }

                block[Natural[k]] = (short)value;
            }

            k++;
        }

        if (_blocksWithoutMore > 0)
        {
            for (; k <= last; k++)
            {
                ref short coefficient = ref block[Natural[k]];
                if (coefficient != 0)
                {
                    Refine(ref bits, ref coefficient, one);
                }
            }

            _blocksWithoutMore--;
        }

        return true;
    }

    private static void Refine(ref JpegBits bits, ref short coefficient, int one)
    {
        if (bits.TakeBit() && (coefficient & one) == 0)
        {
            coefficient += (short)(coefficient > 0 ? one : -one);
        }
    }
}
