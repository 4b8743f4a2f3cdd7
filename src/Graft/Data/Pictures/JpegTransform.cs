using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

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
        Span<Vector256<int>> lines = stackalloc Vector256<int>[8];
        coefficients = coefficients[..64];
        table = table[..64];
        for (int y = 0; y < 8; y++)
        {
            Vector128<short> row = Vector128.Create(coefficients.Slice(8 * y, 8));
            lines[y] = Vector256.Create(Vector128.WidenLower(row), Vector128.WidenUpper(row)) * Vector256.Create(table.Slice(8 * y, 8));
        }

        Pass(lines, PointBits - ExtraBits);
        Turn(lines);
        Pass(lines, PointBits + ExtraBits + 3);
        Store(lines, samples, stride);
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

    // Rows become columns.
    private static void Turn(Span<Vector256<int>> lines)
    {
        if (!Avx2.IsSupported)
        {
            Span<int> numbers = MemoryMarshal.Cast<Vector256<int>, int>(lines);
            for (int y = 0; y < 8; y++)
            {
                for (int x = 0; x < y; x++)
                {
                    (numbers[(8 * y) + x], numbers[(8 * x) + y]) = (numbers[(8 * x) + y], numbers[(8 * y) + x]);
                }
            }

            return;
        }

        // Pairs, then fours, then halves.
        Vector256<long> a0 = Avx2.UnpackLow(lines[0], lines[1]).AsInt64(), a1 = Avx2.UnpackHigh(lines[0], lines[1]).AsInt64();
        Vector256<long> a2 = Avx2.UnpackLow(lines[2], lines[3]).AsInt64(), a3 = Avx2.UnpackHigh(lines[2], lines[3]).AsInt64();
        Vector256<long> a4 = Avx2.UnpackLow(lines[4], lines[5]).AsInt64(), a5 = Avx2.UnpackHigh(lines[4], lines[5]).AsInt64();
        Vector256<long> a6 = Avx2.UnpackLow(lines[6], lines[7]).AsInt64(), a7 = Avx2.UnpackHigh(lines[6], lines[7]).AsInt64();
        Halves(lines, 0, Avx2.UnpackLow(a0, a2), Avx2.UnpackLow(a4, a6));
        Halves(lines, 1, Avx2.UnpackHigh(a0, a2), Avx2.UnpackHigh(a4, a6));
        Halves(lines, 2, Avx2.UnpackLow(a1, a3), Avx2.UnpackLow(a5, a7));
        Halves(lines, 3, Avx2.UnpackHigh(a1, a3), Avx2.UnpackHigh(a5, a7));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Halves(Span<Vector256<int>> lines, int at, Vector256<long> upper, Vector256<long> lower)
    {
        lines[at] = Avx2.Permute2x128(upper, lower, 0x20).AsInt32();
        lines[at + 4] = Avx2.Permute2x128(upper, lower, 0x31).AsInt32();
    }

    // Columns of numbers around 0 become rows of samples: eight bytes each in a register, turned by exchanging halves, quarters and bytes.
    private static void Store(Span<Vector256<int>> columns, Span<byte> samples, int stride)
    {
        Vector256<ulong> left = Bytes(columns[0], columns[1], columns[2], columns[3]), right = Bytes(columns[4], columns[5], columns[6], columns[7]);
        ulong c0 = left[0], c1 = left[1], c2 = left[2], c3 = left[3], c4 = right[0], c5 = right[1], c6 = right[2], c7 = right[3];
        Exchange(ref c0, ref c4, 32, 0xFFFFFFFF);
        Exchange(ref c1, ref c5, 32, 0xFFFFFFFF);
        Exchange(ref c2, ref c6, 32, 0xFFFFFFFF);
        Exchange(ref c3, ref c7, 32, 0xFFFFFFFF);
        Exchange(ref c0, ref c2, 16, 0x0000FFFF0000FFFF);
        Exchange(ref c1, ref c3, 16, 0x0000FFFF0000FFFF);
        Exchange(ref c4, ref c6, 16, 0x0000FFFF0000FFFF);
        Exchange(ref c5, ref c7, 16, 0x0000FFFF0000FFFF);
        Exchange(ref c0, ref c1, 8, 0x00FF00FF00FF00FF);
        Exchange(ref c2, ref c3, 8, 0x00FF00FF00FF00FF);
        Exchange(ref c4, ref c5, 8, 0x00FF00FF00FF00FF);
        Exchange(ref c6, ref c7, 8, 0x00FF00FF00FF00FF);
        BinaryPrimitives.WriteUInt64LittleEndian(samples, c0);
        BinaryPrimitives.WriteUInt64LittleEndian(samples[stride..], c1);
        BinaryPrimitives.WriteUInt64LittleEndian(samples[(2 * stride)..], c2);
        BinaryPrimitives.WriteUInt64LittleEndian(samples[(3 * stride)..], c3);
        BinaryPrimitives.WriteUInt64LittleEndian(samples[(4 * stride)..], c4);
        BinaryPrimitives.WriteUInt64LittleEndian(samples[(5 * stride)..], c5);
        BinaryPrimitives.WriteUInt64LittleEndian(samples[(6 * stride)..], c6);
        BinaryPrimitives.WriteUInt64LittleEndian(samples[(7 * stride)..], c7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Bytes(Vector256<int> a, Vector256<int> b, Vector256<int> c, Vector256<int> d) =>
        Vector256.Narrow(Vector256.Narrow(Clamped(a), Clamped(b)).AsUInt16(), Vector256.Narrow(Clamped(c), Clamped(d)).AsUInt16()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Clamped(Vector256<int> values) => Vector256.Min(Vector256.Max(values + Vector256.Create(128), Vector256<int>.Zero), Vector256.Create(255));

    // The upper part of each unit of a and the lower part of each of b change places.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Exchange(ref ulong a, ref ulong b, int shift, ulong mask)
    {
        ulong both = ((a >> shift) ^ b) & mask;
        b ^= both;
        a ^= both << shift;
    }

    // One-dimensional transform down each of the eight columns; results are rounded and shifted right.
    private static void Pass(Span<Vector256<int>> rows, int shift)
    {
        rows = rows[..8];
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
