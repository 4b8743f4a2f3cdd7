using System.Runtime.CompilerServices;
using Graft.Tensors.Memory;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>The inner products of a few long rows: G = A Aᵀ.</summary>
/// <remarks>Products of a piece of columns are summed in single precision, one partial sum a lane; the pieces are summed in double precision, in an
/// order that the shape alone decides.</remarks>
internal static unsafe class RowProducts
{
    // A piece of 32 rows lies in the second-level cache.
    private const int Piece = 2048;

    private const int MostParts = 32;

    /// <summary>Adds ⟨row i, row j⟩ to all K² places of a matrix.</summary>
    /// <param name="rows">The first row.</param>
    /// <param name="distance">Floats from one row to the next.</param>
    /// <param name="count">K, the rows.</param>
    /// <param name="length">Numbers in a row.</param>
    /// <param name="gram">K by K, row by row.</param>
    public static void Add(float* rows, nint distance, int count, int length, double* gram)
    {
        if (length == 0 || count == 0)
        {
            return;
        }

        int pieces = (length + Piece - 1) / Piece, parts = Math.Min(pieces, MostParts), size = count * count;
        using var sums = new Scratch(2L * parts * size);
        new Span<float>(sums.Data, 2 * parts * size).Clear();
        var job = new Job { Rows = rows, Distance = distance, Count = count, Length = length, Pieces = pieces, Parts = parts, Sums = (double*)sums.Data };
        if ((long)length * size < 100_000)
        {
            for (int i = 0; i < parts; i++)
            {
                job.Run(i);
            }
        }
        else
        {
            Team.For(parts, ref job);
        }

        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double sum = 0;
                for (int part = 0; part < parts; part++)
                {
                    sum += job.Sums[((nint)part * size) + (i * count) + j];
                }

                gram[(i * count) + j] += sum;
                if (j < i)
                {
                    gram[(j * count) + i] += sum;
                }
            }
        }
    }

    /// <summary>One inner product.</summary>
    public static double Dot(float* a, float* b, int n)
    {
        double sum = 0;
        for (int from = 0; from < n; from += Piece)
        {
            int count = Math.Min(Piece, n - from);
            sum += Width.Is512 ? Dot<W512>(a + from, b + from, count) : Width.Is256 ? Dot<W256>(a + from, b + from, count) : Dot<W128>(a + from, b + from, count);
        }

        return sum;
    }

    private static float Dot<V>(float* a, float* b, int n)
        where V : struct, IVec<V>
    {
        V first = V.Zero, second = V.Zero, third = V.Zero, fourth = V.Zero;
        int i = 0;
        for (; i <= n - (4 * V.Width); i += 4 * V.Width)
        {
            first = V.Fma(V.Load(a + i), b + i, first);
            second = V.Fma(V.Load(a + i + V.Width), b + i + V.Width, second);
            third = V.Fma(V.Load(a + i + (2 * V.Width)), b + i + (2 * V.Width), third);
            fourth = V.Fma(V.Load(a + i + (3 * V.Width)), b + i + (3 * V.Width), fourth);
        }

        for (; i < n; i += V.Width)
        {
            int rest = Math.Min(V.Width, n - i);
            first = V.Fma(V.LoadFirst(a + i, rest), V.LoadFirst(b + i, rest), first);
        }

        return V.Sum((first + second) + (third + fourth));
    }

    private struct Job : IJob
    {
        public float* Rows;
        public nint Distance;
        public int Count;
        public int Length;
        public int Pieces;
        public int Parts;
        public double* Sums;

        public readonly void Run(int index)
        {
            int first = (int)((long)Pieces * index / Parts), last = (int)((long)Pieces * (index + 1) / Parts);
            double* sums = Sums + ((nint)index * Count * Count);
            for (int piece = first; piece < last; piece++)
            {
                int from = piece * Piece, n = Math.Min(Piece, Length - from);
                for (int i = 0; i < Count; i += 4)
                {
                    for (int j = 0; j <= i; j += 4)
                    {
                        Block(from, n, i, j, sums);
                    }
                }
            }
        }

        // Four rows times four rows; the last row stands in where there are fewer.
        private readonly void Block(int from, int n, int i, int j, double* sums)
        {
            float* found = stackalloc float[16];
            if (Width.Is512)
            {
                Block<W512>(from, n, i, j, found);
            }
            else if (Width.Is256)
            {
                Block<W256>(from, n, i, j, found);
            }
            else
            {
                Block<W128>(from, n, i, j, found);
            }

            for (int r = 0; r < 4 && i + r < Count; r++)
            {
                for (int c = 0; c < 4 && j + c <= i + r; c++)
                {
                    sums[((i + r) * Count) + j + c] += found[(r * 4) + c];
                }
            }
        }

        private readonly void Block<V>(int from, int n, int i, int j, float* found)
            where V : struct, IVec<V>
        {
            float* a0 = Row(i, from), a1 = Row(i + 1, from), a2 = Row(i + 2, from), a3 = Row(i + 3, from);
            if (i == j)
            {
                OwnProducts<V>(a0, a1, a2, a3, n, found);
            }
            else
            {
                Products<V>(a0, a1, a2, a3, Row(j, from), Row(j + 1, from), Row(j + 2, from), Row(j + 3, from), n, found);
            }
        }

        private readonly float* Row(int row, int from) => Rows + (Math.Min(row, Count - 1) * Distance) + from;
    }

    // Four rows with each other, each pair once.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OwnProducts<V>(float* a0, float* a1, float* a2, float* a3, int n, float* found)
        where V : struct, IVec<V>
    {
        V s00 = V.Zero, s10 = V.Zero, s11 = V.Zero, s20 = V.Zero, s21 = V.Zero, s22 = V.Zero, s30 = V.Zero, s31 = V.Zero, s32 = V.Zero, s33 = V.Zero;
        for (int k = 0; k < n; k += V.Width)
        {
            int lanes = Math.Min(V.Width, n - k);
            bool isWhole = lanes == V.Width;
            V x0 = isWhole ? V.Load(a0 + k) : V.LoadFirst(a0 + k, lanes), x1 = isWhole ? V.Load(a1 + k) : V.LoadFirst(a1 + k, lanes);
            V x2 = isWhole ? V.Load(a2 + k) : V.LoadFirst(a2 + k, lanes), x3 = isWhole ? V.Load(a3 + k) : V.LoadFirst(a3 + k, lanes);
            s00 = V.Fma(x0, x0, s00);
            s10 = V.Fma(x1, x0, s10);
            s11 = V.Fma(x1, x1, s11);
            s20 = V.Fma(x2, x0, s20);
            s21 = V.Fma(x2, x1, s21);
            s22 = V.Fma(x2, x2, s22);
            s30 = V.Fma(x3, x0, s30);
            s31 = V.Fma(x3, x1, s31);
            s32 = V.Fma(x3, x2, s32);
            s33 = V.Fma(x3, x3, s33);
        }

        found[0] = V.Sum(s00);
        found[4] = V.Sum(s10);
        found[5] = V.Sum(s11);
        found[8] = V.Sum(s20);
        found[9] = V.Sum(s21);
        found[10] = V.Sum(s22);
        found[12] = V.Sum(s30);
        found[13] = V.Sum(s31);
        found[14] = V.Sum(s32);
        found[15] = V.Sum(s33);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Products<V>(
        float* a0, float* a1, float* a2, float* a3, float* b0, float* b1, float* b2, float* b3, int n, float* found)
        where V : struct, IVec<V>
    {
        V s00 = V.Zero, s01 = V.Zero, s02 = V.Zero, s03 = V.Zero, s10 = V.Zero, s11 = V.Zero, s12 = V.Zero, s13 = V.Zero;
        V s20 = V.Zero, s21 = V.Zero, s22 = V.Zero, s23 = V.Zero, s30 = V.Zero, s31 = V.Zero, s32 = V.Zero, s33 = V.Zero;
        int k = 0;
        for (; k <= n - V.Width; k += V.Width)
        {
            V x0 = V.Load(b0 + k), x1 = V.Load(b1 + k), x2 = V.Load(b2 + k), x3 = V.Load(b3 + k);
            V y = V.Load(a0 + k);
            s00 = V.Fma(y, x0, s00);
            s01 = V.Fma(y, x1, s01);
            s02 = V.Fma(y, x2, s02);
            s03 = V.Fma(y, x3, s03);
            y = V.Load(a1 + k);
            s10 = V.Fma(y, x0, s10);
            s11 = V.Fma(y, x1, s11);
            s12 = V.Fma(y, x2, s12);
            s13 = V.Fma(y, x3, s13);
            y = V.Load(a2 + k);
            s20 = V.Fma(y, x0, s20);
            s21 = V.Fma(y, x1, s21);
            s22 = V.Fma(y, x2, s22);
            s23 = V.Fma(y, x3, s23);
            y = V.Load(a3 + k);
            s30 = V.Fma(y, x0, s30);
            s31 = V.Fma(y, x1, s31);
            s32 = V.Fma(y, x2, s32);
            s33 = V.Fma(y, x3, s33);
        }

        if (k < n)
        {
            int rest = n - k;
            V x0 = V.LoadFirst(b0 + k, rest), x1 = V.LoadFirst(b1 + k, rest), x2 = V.LoadFirst(b2 + k, rest), x3 = V.LoadFirst(b3 + k, rest);
            V y = V.LoadFirst(a0 + k, rest);
            s00 = V.Fma(y, x0, s00);
            s01 = V.Fma(y, x1, s01);
            s02 = V.Fma(y, x2, s02);
            s03 = V.Fma(y, x3, s03);
            y = V.LoadFirst(a1 + k, rest);
            s10 = V.Fma(y, x0, s10);
            s11 = V.Fma(y, x1, s11);
            s12 = V.Fma(y, x2, s12);
            s13 = V.Fma(y, x3, s13);
            y = V.LoadFirst(a2 + k, rest);
            s20 = V.Fma(y, x0, s20);
            s21 = V.Fma(y, x1, s21);
            s22 = V.Fma(y, x2, s22);
            s23 = V.Fma(y, x3, s23);
            y = V.LoadFirst(a3 + k, rest);
            s30 = V.Fma(y, x0, s30);
            s31 = V.Fma(y, x1, s31);
            s32 = V.Fma(y, x2, s32);
            s33 = V.Fma(y, x3, s33);
        }

        found[0] = V.Sum(s00);
        found[1] = V.Sum(s01);
        found[2] = V.Sum(s02);
        found[3] = V.Sum(s03);
        found[4] = V.Sum(s10);
        found[5] = V.Sum(s11);
        found[6] = V.Sum(s12);
        found[7] = V.Sum(s13);
        found[8] = V.Sum(s20);
        found[9] = V.Sum(s21);
        found[10] = V.Sum(s22);
        found[11] = V.Sum(s23);
        found[12] = V.Sum(s30);
        found[13] = V.Sum(s31);
        found[14] = V.Sum(s32);
        found[15] = V.Sum(s33);
    }
}
