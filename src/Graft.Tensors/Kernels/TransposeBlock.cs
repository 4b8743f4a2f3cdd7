using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Graft.Tensors.Kernels;

/// <summary>Transposes blocks of 16 x 16 floats in registers: the tool of the packers and of <see cref="Transpose"/>.</summary>
internal static unsafe class TransposeBlock
{
    /// <summary>Rows and columns of a full block.</summary>
    public const int Size = 16;

    /// <summary>Rows of a tile that is written past the cache.</summary>
    public const int TileRows = 64;

    // Its columns, four lines of memory; half as many where that leaves fewer columns over.
    private const int TileColumns = 64;

    /// <summary>d[k * toStride + i] = s[i * fromStride + k] for a full block.</summary>
    public static void Full(float* from, nint fromStride, float* to, nint toStride)
    {
        if (Avx512F.IsSupported)
        {
            Block512<No>(from, fromStride, to, toStride, Size, Size);
        }
        else
        {
            Block128(from, fromStride, to, toStride, Size, Size);
        }
    }

    /// <summary>The same for a block at the edge: only rows i &lt; rows and columns k &lt; columns are read and written.</summary>
    public static void Edge(float* from, nint fromStride, float* to, nint toStride, int rows, int columns)
    {
        if (Avx512F.IsSupported)
        {
            Block512<Yes>(from, fromStride, to, toStride, rows, columns);
        }
        else
        {
            Block128(from, fromStride, to, toStride, rows, columns);
        }
    }

    /// <summary>Whether columns of full blocks are lines of memory, so that they can be written past the cache.</summary>
    public static bool FitsFar(float* to, nint toStride) => Avx512F.IsSupported && toStride % Size == 0 && PastCache.BeforeMultiple<W512>(to) == 0;

    /// <summary>The same for a matrix of any size, written past the cache as far as its tiles are full; <see cref="FitsFar"/>.</summary>
    public static void AllFar(float* from, nint fromStride, int rows, int columns, float* to, nint toStride)
    {
        // Sixteen columns of a tile are turned in the cache, block by block; with every block some of the columns turned before go to memory, in runs of a few lines, and the block's lines of the
        // next tile are fetched into the second cache: so many rows at distances that are powers of two have no room in the first.
        float* room = stackalloc float[(2 * TileRows * Size) + Size];
        float* turned = room + PastCache.BeforeMultiple<W512>(room), ready = turned + (TileRows * Size), place = null;
        int tile = columns % TileColumns == 0 ? TileColumns : TileColumns / 2, down = rows / TileRows * TileRows, across = columns / tile * tile;
        for (int i0 = 0; i0 < down; i0 += TileRows)
        {
            for (int k0 = 0; k0 < across; k0 += tile)
            {
                nint ahead = k0 + tile < across ? tile : (TileRows * fromStride) - k0;
                for (int k = k0; k < k0 + tile; k += Size)
                {
                    for (int i = 0; i < TileRows; i += Size)
                    {
                        float* s = from + ((i0 + i) * fromStride) + k;
                        for (int r = 0; r < Size; r++)
                        {
                            Prefetch.Far(s + ahead + (r * fromStride));
                        }

                        Block512<No>(s, fromStride, turned + i, TileRows, Size, Size);
                        if (place != null)
                        {
                            PutFar(ready, place, toStride, i * Size / TileRows);
                        }
                    }

                    place = to + (k * toStride) + i0;
                    float* free = ready;
                    ready = turned;
                    turned = free;
                }
            }
        }

        for (int c = 0; c < Size && place != null; c += Size * Size / TileRows)
        {
            PutFar(ready, place, toStride, c);
        }

        All(from + across, fromStride, down, columns - across, to + (across * toStride), toStride);
        All(from + (down * fromStride), fromStride, rows - down, columns, to + down, toStride);
    }

    /// <summary>Some turned columns of a tile, as many as a block has rows of it, to their places past the cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PutFar(float* turned, float* to, nint toStride, int first)
    {
        for (int c = first; c < first + (Size * Size / TileRows); c++)
        {
            for (int i = 0; i < TileRows; i += Size)
            {
                Vector512.Load(turned + (c * TileRows) + i).StoreAlignedNonTemporal(to + (c * toStride) + i);
            }
        }
    }

    /// <summary>The same for a matrix of any size.</summary>
    public static void All(float* from, nint fromStride, int rows, int columns, float* to, nint toStride)
    {
        for (int k = 0; k < columns; k += Size)
        {
            int across = Math.Min(Size, columns - k);
            for (int i = 0; i < rows; i += Size)
            {
                float* s = from + (i * fromStride) + k;
                float* d = to + (k * toStride) + i;
                int down = Math.Min(Size, rows - i);
                if (down == Size && across == Size)
                {
                    Full(s, fromStride, d, toStride);
                }
                else if (Avx.IsSupported && ((down | across) & 7) == 0)
                {
                    Eights(s, fromStride, d, toStride, down, across);
                }
                else
                {
                    Edge(s, fromStride, d, toStride, down, across);
                }
            }
        }
    }

    // No loop here, so the JIT would start with slow code and come back later: it is told not to.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block512<Partial>(float* from, nint fromStride, float* to, nint toStride, int rows, int columns)
        where Partial : IConst
    {
        // Sixteen rows of sixteen columns; what lies beyond the edge is not read, and zero.
        Vector512<float> r0 = Row<Partial>(from, 0, fromStride, rows, columns);
        Vector512<float> r1 = Row<Partial>(from, 1, fromStride, rows, columns);
        Vector512<float> r2 = Row<Partial>(from, 2, fromStride, rows, columns);
        Vector512<float> r3 = Row<Partial>(from, 3, fromStride, rows, columns);
        Vector512<float> r4 = Row<Partial>(from, 4, fromStride, rows, columns);
        Vector512<float> r5 = Row<Partial>(from, 5, fromStride, rows, columns);
        Vector512<float> r6 = Row<Partial>(from, 6, fromStride, rows, columns);
        Vector512<float> r7 = Row<Partial>(from, 7, fromStride, rows, columns);
        Vector512<float> r8 = Row<Partial>(from, 8, fromStride, rows, columns);
        Vector512<float> r9 = Row<Partial>(from, 9, fromStride, rows, columns);
        Vector512<float> r10 = Row<Partial>(from, 10, fromStride, rows, columns);
        Vector512<float> r11 = Row<Partial>(from, 11, fromStride, rows, columns);
        Vector512<float> r12 = Row<Partial>(from, 12, fromStride, rows, columns);
        Vector512<float> r13 = Row<Partial>(from, 13, fromStride, rows, columns);
        Vector512<float> r14 = Row<Partial>(from, 14, fromStride, rows, columns);
        Vector512<float> r15 = Row<Partial>(from, 15, fromStride, rows, columns);

        // In each quarter of a register (four columns): the first two columns of two rows, then the last two.
        Vector512<float> a0 = Avx512F.UnpackLow(r0, r1), a1 = Avx512F.UnpackHigh(r0, r1);
        Vector512<float> a2 = Avx512F.UnpackLow(r2, r3), a3 = Avx512F.UnpackHigh(r2, r3);
        Vector512<float> a4 = Avx512F.UnpackLow(r4, r5), a5 = Avx512F.UnpackHigh(r4, r5);
        Vector512<float> a6 = Avx512F.UnpackLow(r6, r7), a7 = Avx512F.UnpackHigh(r6, r7);
        Vector512<float> a8 = Avx512F.UnpackLow(r8, r9), a9 = Avx512F.UnpackHigh(r8, r9);
        Vector512<float> a10 = Avx512F.UnpackLow(r10, r11), a11 = Avx512F.UnpackHigh(r10, r11);
        Vector512<float> a12 = Avx512F.UnpackLow(r12, r13), a13 = Avx512F.UnpackHigh(r12, r13);
        Vector512<float> a14 = Avx512F.UnpackLow(r14, r15), a15 = Avx512F.UnpackHigh(r14, r15);

        // Now one column of four rows in each quarter: quarter q of b[4 g + c] is column 4 q + c of rows 4 g .. 4 g + 3.
        Vector512<float> b0 = Low64(a0, a2), b1 = High64(a0, a2);
        Vector512<float> b2 = Low64(a1, a3), b3 = High64(a1, a3);
        Vector512<float> b4 = Low64(a4, a6), b5 = High64(a4, a6);
        Vector512<float> b6 = Low64(a5, a7), b7 = High64(a5, a7);
        Vector512<float> b8 = Low64(a8, a10), b9 = High64(a8, a10);
        Vector512<float> b10 = Low64(a9, a11), b11 = High64(a9, a11);
        Vector512<float> b12 = Low64(a12, a14), b13 = High64(a12, a14);
        Vector512<float> b14 = Low64(a13, a15), b15 = High64(a13, a15);

        // Quarters 0 and 2 (even) or 1 and 3 (odd) of two groups of rows side by side; then the same again.
        Vector512<float> e0 = Even(b0, b4), f0 = Even(b8, b12), o0 = Odd(b0, b4), p0 = Odd(b8, b12);
        Vector512<float> e1 = Even(b1, b5), f1 = Even(b9, b13), o1 = Odd(b1, b5), p1 = Odd(b9, b13);
        Vector512<float> e2 = Even(b2, b6), f2 = Even(b10, b14), o2 = Odd(b2, b6), p2 = Odd(b10, b14);
        Vector512<float> e3 = Even(b3, b7), f3 = Even(b11, b15), o3 = Odd(b3, b7), p3 = Odd(b11, b15);

        Put<Partial>(Even(e0, f0), to, 0, toStride, rows, columns);
        Put<Partial>(Even(e1, f1), to, 1, toStride, rows, columns);
        Put<Partial>(Even(e2, f2), to, 2, toStride, rows, columns);
        Put<Partial>(Even(e3, f3), to, 3, toStride, rows, columns);
        Put<Partial>(Even(o0, p0), to, 4, toStride, rows, columns);
        Put<Partial>(Even(o1, p1), to, 5, toStride, rows, columns);
        Put<Partial>(Even(o2, p2), to, 6, toStride, rows, columns);
        Put<Partial>(Even(o3, p3), to, 7, toStride, rows, columns);
        Put<Partial>(Odd(e0, f0), to, 8, toStride, rows, columns);
        Put<Partial>(Odd(e1, f1), to, 9, toStride, rows, columns);
        Put<Partial>(Odd(e2, f2), to, 10, toStride, rows, columns);
        Put<Partial>(Odd(e3, f3), to, 11, toStride, rows, columns);
        Put<Partial>(Odd(o0, p0), to, 12, toStride, rows, columns);
        Put<Partial>(Odd(o1, p1), to, 13, toStride, rows, columns);
        Put<Partial>(Odd(o2, p2), to, 14, toStride, rows, columns);
        Put<Partial>(Odd(o3, p3), to, 15, toStride, rows, columns);
    }

    // Half a block or a quarter, 8 x 8 at a time.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Eights(float* from, nint fromStride, float* to, nint toStride, int rows, int columns)
    {
        for (int k = 0; k < columns; k += 8)
        {
            for (int i = 0; i < rows; i += 8)
            {
                EightByEight(from + (i * fromStride) + k, fromStride, to + (k * toStride) + i, toStride);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void EightByEight(float* from, nint fromStride, float* to, nint toStride)
    {
        // Four columns of rows r and r + 4 in the halves of a register: so no half has to cross over later.
        float* right = from + 4;
        Vector256<float> a0 = Halves(from, fromStride), a1 = Halves(from + fromStride, fromStride);
        Vector256<float> a2 = Halves(from + (2 * fromStride), fromStride), a3 = Halves(from + (3 * fromStride), fromStride);
        Vector256<float> b0 = Halves(right, fromStride), b1 = Halves(right + fromStride, fromStride);
        Vector256<float> b2 = Halves(right + (2 * fromStride), fromStride), b3 = Halves(right + (3 * fromStride), fromStride);

        // In each half the first two columns of two rows, their floats alternating, or the last two; then the same column of all four rows.
        Vector256<float> p = Avx.UnpackLow(a0, a1), q = Avx.UnpackLow(a2, a3), r = Avx.UnpackHigh(a0, a1), s = Avx.UnpackHigh(a2, a3);
        Avx.Shuffle(p, q, 0b01_00_01_00).Store(to);
        Avx.Shuffle(p, q, 0b11_10_11_10).Store(to + toStride);
        Avx.Shuffle(r, s, 0b01_00_01_00).Store(to + (2 * toStride));
        Avx.Shuffle(r, s, 0b11_10_11_10).Store(to + (3 * toStride));
        (p, q, r, s) = (Avx.UnpackLow(b0, b1), Avx.UnpackLow(b2, b3), Avx.UnpackHigh(b0, b1), Avx.UnpackHigh(b2, b3));
        to += 4 * toStride;
        Avx.Shuffle(p, q, 0b01_00_01_00).Store(to);
        Avx.Shuffle(p, q, 0b11_10_11_10).Store(to + toStride);
        Avx.Shuffle(r, s, 0b01_00_01_00).Store(to + (2 * toStride));
        Avx.Shuffle(r, s, 0b11_10_11_10).Store(to + (3 * toStride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Halves(float* p, nint stride) => Vector256.Create(Vector128.Load(p), Vector128.Load(p + (4 * stride)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Row<Partial>(float* from, int row, nint stride, int rows, int columns)
        where Partial : IConst =>
        Partial.Value == 0 ? Vector512.Load(from + (row * stride))
        : row < rows ? Avx512F.MaskLoad(from + (row * stride), First(columns), Vector512<float>.Zero)
        : Vector512<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put<Partial>(Vector512<float> v, float* to, int column, nint stride, int rows, int columns)
        where Partial : IConst
    {
        if (Partial.Value == 0)
        {
            v.Store(to + (column * stride));
        }
        else if (column < columns)
        {
            Avx512F.MaskStore(to + (column * stride), First(rows), v);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> First(int count) => Vector512.LessThan(Vector512.CreateSequence(0, 1), Vector512.Create(count)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Low64(Vector512<float> a, Vector512<float> b) =>
        Avx512F.UnpackLow(a.AsDouble(), b.AsDouble()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> High64(Vector512<float> a, Vector512<float> b) =>
        Avx512F.UnpackHigh(a.AsDouble(), b.AsDouble()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Even(Vector512<float> a, Vector512<float> b) => Avx512F.Shuffle4x128(a, b, 0b10_00_10_00);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Odd(Vector512<float> a, Vector512<float> b) => Avx512F.Shuffle4x128(a, b, 0b11_01_11_01);

    // The portable twin: full blocks of 4 x 4 in 128-bit registers, single floats at the edges.
    private static void Block128(float* from, nint fromStride, float* to, nint toStride, int rows, int columns)
    {
        for (int k = 0; k < columns; k += 4)
        {
            for (int i = 0; i < rows; i += 4)
            {
                float* s = from + (i * fromStride) + k;
                float* d = to + (k * toStride) + i;
                if (rows - i >= 4 && columns - k >= 4)
                {
                    FourByFour(s, fromStride, d, toStride);
                    continue;
                }

                for (int c = 0; c < Math.Min(4, columns - k); c++)
                {
                    for (int r = 0; r < Math.Min(4, rows - i); r++)
                    {
                        d[(c * toStride) + r] = s[(r * fromStride) + c];
                    }
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FourByFour(float* from, nint fromStride, float* to, nint toStride)
    {
        Vector128<float> r0 = Vector128.Load(from), r1 = Vector128.Load(from + fromStride);
        Vector128<float> r2 = Vector128.Load(from + (2 * fromStride)), r3 = Vector128.Load(from + (3 * fromStride));

        if (Sse.IsSupported)
        {
            // Columns 0 and 1, then 2 and 3, of two rows, their floats alternating; then the halves of those of all four.
            Vector128<float> a = Sse.UnpackLow(r0, r1), b = Sse.UnpackLow(r2, r3), c = Sse.UnpackHigh(r0, r1), d = Sse.UnpackHigh(r2, r3);
            Sse.Shuffle(a, b, 0b01_00_01_00).Store(to);
            Sse.Shuffle(a, b, 0b11_10_11_10).Store(to + toStride);
            Sse.Shuffle(c, d, 0b01_00_01_00).Store(to + (2 * toStride));
            Sse.Shuffle(c, d, 0b11_10_11_10).Store(to + (3 * toStride));
            return;
        }

        // Halves of two rows, then their floats alternating: columns 0 and 1 of rows 0 and 1, and so on.
        Vector128<float> left01 = Alternate(Vector128.Create(r0.GetLower(), r1.GetLower()));
        Vector128<float> left23 = Alternate(Vector128.Create(r2.GetLower(), r3.GetLower()));
        Vector128<float> right01 = Alternate(Vector128.Create(r0.GetUpper(), r1.GetUpper()));
        Vector128<float> right23 = Alternate(Vector128.Create(r2.GetUpper(), r3.GetUpper()));

        Vector128.Create(left01.GetLower(), left23.GetLower()).Store(to);
        Vector128.Create(left01.GetUpper(), left23.GetUpper()).Store(to + toStride);
        Vector128.Create(right01.GetLower(), right23.GetLower()).Store(to + (2 * toStride));
        Vector128.Create(right01.GetUpper(), right23.GetUpper()).Store(to + (3 * toStride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Alternate(Vector128<float> v) => Vector128.Shuffle(v, Vector128.Create(0, 2, 1, 3));
}
