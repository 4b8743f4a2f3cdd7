using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Graft.Data.Pictures;

/// <summary>The inverse cosine transform of 8 x 8 blocks in whole numbers.</summary>
/// <remarks>
/// Loeffler, Ligtenberg and Moschytz, Practical fast 1-D DCT algorithms with 11 multiplications, ICASSP 1989, with 13 bits behind the point and 2 extra bits
/// between the passes, which is how libjpeg's accurate transform rounds. Each pass works on eight lines at once: a lane is a column in the first
/// pass and a row in the second.
/// </remarks>
internal static class JpegTransform
{
    private const int PointBits = 13;
    private const int ExtraBits = 2;

    /// <summary>Dequantizes and transforms a block.</summary>
    /// <param name="coefficients">64, row by row.</param>
    /// <param name="table">The quantization table, row by row.</param>
    /// <param name="samples">From the block's first sample on.</param>
    /// <param name="stride">From one row of samples to the next.</param>
    public static void Invert(ReadOnlySpan<short> coefficients, ReadOnlySpan<int> table, Span<byte> samples, int stride)
    {
        Span<int> block = stackalloc int[64];
        Span<int> turned = stackalloc int[64];
        for (int i = 0; i < 64; i++)
        {
            block[i] = coefficients[i] * table[i];
        }

        Pass(block, PointBits - ExtraBits);
        for (int y = 0; y < 8; y++)
        {
            for (int x = 0; x < 8; x++)
            {
                turned[(8 * x) + y] = block[(8 * y) + x];
            }
        }

        Pass(turned, PointBits + ExtraBits + 3);
        for (int y = 0; y < 8; y++)
        {
            Span<byte> row = samples.Slice(y * stride, 8);
            for (int x = 0; x < 8; x++)
            {
                row[x] = Sample(turned[(8 * x) + y]);
            }
        }
    }

    /// <summary>Transforms a block that has nothing but its mean: the same result as <see cref="Invert"/>.</summary>
    public static void InvertMean(int mean, Span<byte> samples, int stride)
    {
        byte sample = Sample(((mean << ExtraBits) + (1 << (ExtraBits + 2))) >> (ExtraBits + 3));
        for (int y = 0; y < 8; y++)
        {
            samples.Slice(y * stride, 8).Fill(sample);
        }
    }

    private static byte Sample(int value) => (byte)Math.Clamp(value + 128, 0, 255);

    private static int Fixed(double value) => (int)((value * (1 << PointBits)) + 0.5);

    // One-dimensional transform down each of the eight columns; results are rounded and shifted right.
    private static void Pass(Span<int> block, int shift)
    {
        Span<Vector256<int>> rows = MemoryMarshal.Cast<int, Vector256<int>>(block);
        Vector256<int> half = Vector256.Create(1 << (shift - 1));

        // Even part: a rotation by 6/16 pi of rows 2 and 6, sum and difference of rows 0 and 4.
        Vector256<int> z = (rows[2] + rows[6]) * Fixed(0.541196100);
        Vector256<int> even2 = z - (rows[6] * Fixed(1.847759065));
        Vector256<int> even3 = z + (rows[2] * Fixed(0.765366865));
        Vector256<int> even0 = ((rows[0] + rows[4]) << PointBits) + half;
        Vector256<int> even1 = ((rows[0] - rows[4]) << PointBits) + half;
        Vector256<int> e0 = even0 + even3;
        Vector256<int> e3 = even0 - even3;
        Vector256<int> e1 = even1 + even2;
        Vector256<int> e2 = even1 - even2;

        // Odd part: figure 8 of the paper turned around, its rotations written with common factors.
        Vector256<int> o7 = rows[7];
        Vector256<int> o5 = rows[5];
        Vector256<int> o3 = rows[3];
        Vector256<int> o1 = rows[1];
        Vector256<int> z1 = (o7 + o1) * -Fixed(0.899976223);
        Vector256<int> z2 = (o5 + o3) * -Fixed(2.562915447);
        Vector256<int> z3 = o7 + o3;
        Vector256<int> z4 = o5 + o1;
        Vector256<int> z5 = (z3 + z4) * Fixed(1.175875602);
        z3 = (z3 * -Fixed(1.961570560)) + z5;
        z4 = (z4 * -Fixed(0.390180644)) + z5;
        o7 = (o7 * Fixed(0.298631336)) + z1 + z3;
        o5 = (o5 * Fixed(2.053119869)) + z2 + z4;
        o3 = (o3 * Fixed(3.072711026)) + z2 + z3;
        o1 = (o1 * Fixed(1.501321110)) + z1 + z4;

        rows[0] = (e0 + o1) >> shift;
        rows[7] = (e0 - o1) >> shift;
        rows[1] = (e1 + o3) >> shift;
        rows[6] = (e1 - o3) >> shift;
        rows[2] = (e2 + o5) >> shift;
        rows[5] = (e2 - o5) >> shift;
        rows[3] = (e3 + o7) >> shift;
        rows[4] = (e3 - o7) >> shift;
    }
}
