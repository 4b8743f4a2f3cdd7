using System.Runtime.CompilerServices;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Matrix products of any size and transposition, alone or in batches.</summary>
/// <remarks>
/// <para>An element of C is summed over k in an order that the shape alone decides: neither the cell of C that a thread was given nor the
/// tile within it changes a bit, so C may be cut to suit the number of threads.</para>
/// <para>Nothing is skipped: 0 times NaN or infinity is NaN. Operands may be read up to 60 bytes beyond their end.</para>
/// </remarks>
internal static unsafe class Gemm
{
    // Below this many operations a fork costs more than it saves; also the least that a task is given.
    private const double Grain = 1e6;

    // The same where B is read for one row alone, which takes far longer than multiplying.
    private const double RowGrain = 4e5;

    // Elements of C in a cell, from which more cells than threads are made.
    private const long Cell = 128 * 256;

    private enum Path
    {
        /// <summary>Tiles of C with its columns in the lanes.</summary>
        Tiles,

        /// <summary>Few columns: dot products of A's rows.</summary>
        DotsOfA,

        /// <summary>Few rows, B transposed: dot products of B's rows.</summary>
        DotsOfB,

        /// <summary>Few columns, which do not fill their registers, A transposed: tiles of Cᵀ, written back transposed.</summary>
        Swapped,
    }

    /// <summary>C [m, n] = act(bias + op(A) · op(B) + C + residual), where C counts only if <paramref name="accumulate"/> is set.</summary>
    /// <param name="transA">A is stored [k, m].</param>
    /// <param name="transB">B is stored [n, k].</param>
    /// <param name="m">Rows of C.</param>
    /// <param name="n">Columns of C.</param>
    /// <param name="k">Length of the sums; 0 gives sums of 0.</param>
    /// <param name="a">A, rows <paramref name="lda"/> floats apart.</param>
    /// <param name="lda">Stride of A.</param>
    /// <param name="b">B, rows <paramref name="ldb"/> floats apart.</param>
    /// <param name="ldb">Stride of B.</param>
    /// <param name="c">C, rows <paramref name="ldc"/> floats apart; apart from A and B.</param>
    /// <param name="ldc">Stride of C.</param>
    /// <param name="accumulate">Whether C is added to, or overwritten.</param>
    /// <param name="bias">n numbers added to each row, or null.</param>
    /// <param name="activation">Applied last.</param>
    /// <param name="residual">Added before the activation, laid out like C, or null. C itself where nothing is accumulated.</param>
    public static void Run(
        bool transA, bool transB, int m, int n, int k, float* a, nint lda, float* b, nint ldb, float* c, nint ldc,
        bool accumulate, float* bias = null, Activation activation = Activation.None, float* residual = null) =>
        Batch(1, transA, transB, m, n, k, a, lda, 0, b, ldb, 0, c, ldc, 0, accumulate, bias, activation, residual);

    /// <summary>The same for <paramref name="count"/> products whose operands lie at fixed distances (0: shared by all; not for C).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Batch(
        int count, bool transA, bool transB, int m, int n, int k,
        float* a, nint lda, nint distanceA, float* b, nint ldb, nint distanceB, float* c, nint ldc, nint distanceC,
        bool accumulate, float* bias = null, Activation activation = Activation.None, float* residual = null, float* slope = null)
    {
        if (count > 1 && distanceB == 0 && !transA && distanceA == m * lda && distanceC == m * ldc)
        {
            // One tall product.
            m *= count;
            count = 1;
        }

        if (residual == c && !accumulate)
        {
            // Long sums come in parts, which would overwrite it.
            accumulate = true;
            residual = null;
        }

        var product = new GemmProduct
        {
            TransA = transA,
            TransB = transB,
            Accumulate = accumulate,
            M = m,
            N = n,
            K = k,
            A = a,
            StrideA = lda,
            B = b,
            StrideB = ldb,
            C = c,
            StrideC = ldc,
            Bias = bias,
            Residual = residual,
            Activation = activation,
            Slope = slope,
        };
        if (Width.Is512)
        {
            Share<W512>(product, count, distanceA, distanceB, distanceC, GemmBlocks.Default);
        }
        else if (Width.Is256)
        {
            Share<W256>(product, count, distanceA, distanceB, distanceC, GemmBlocks.Default);
        }
        else
        {
            Share<W128>(product, count, distanceA, distanceB, distanceC, GemmBlocks.Default);
        }
    }

    /// <summary>Runs on the team with registers and blocks of choice.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Share<V>(
        in GemmProduct p, int count, nint distanceA, nint distanceB, nint distanceC, GemmBlocks blocks)
        where V : struct, IVec<V>
    {
        if (p.M == 0 || p.N == 0 || count == 0)
        {
            return;
        }

        if (p.N >= V.Width && !blocks.AlwaysPack && GemmOuter.Fits(p))
        {
            for (int i = 0; i < count; i++)
            {
                GemmOuter.Run<V>(At(p, i, distanceA, distanceB, distanceC));
            }

            return;
        }

        Path path = Choose<V>(p, blocks);
        double work = 2.0 * p.M * p.N * Math.Max(1, p.K);
        double grain = path == Path.Tiles && count == 1 && GemmRow<V>.Fits(p) ? RowGrain : Grain;
        int threads = Team.Available;
        if (threads == 1 || work * count < grain)
        {
            for (int i = 0; i < count; i++)
            {
                Serial<V>(At(p, i, distanceA, distanceB, distanceC), path, blocks);
            }

            return;
        }

        // A few tasks a thread on large products, so that a disturbed core does not keep the others waiting.
        double total = work * count;
        int wanted = total > 2e8 ? 4 * threads : total > 2e7 ? 2 * threads : threads;
        if (count == 1)
        {
            // Small cells with long sums would pack each number of A and B for few others.
            wanted = Math.Min(wanted, (int)Math.Max(threads, (long)p.M * p.N / Cell));
            if (path == Path.Tiles && GemmShared.Pays<V>(p, blocks))
            {
                GemmShared.Run<V>(p, blocks, wanted);
                return;
            }
        }

        var job = new Job<V>
        {
            Product = p,
            Path = path,
            Blocks = blocks,
            Count = count,
            DistanceA = distanceA,
            DistanceB = distanceB,
            DistanceC = distanceC,
            Together = (int)Math.Clamp(grain / work, 1, count),
            CellRows = 1,
            CellColumns = 1,
        };

        job.Product.IsFar |= (long)p.M * p.N > GemmTiles.FarAway;
        if (count < wanted)
        {
            job.Cut(Math.Min((wanted + count - 1) / count, (int)Math.Min(work / grain, 4096)), 2 * V.Width);
        }

        Team.For((count + job.Together - 1) / job.Together * job.CellRows * job.CellColumns, ref job);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static GemmProduct At(in GemmProduct p, int index, nint distanceA, nint distanceB, nint distanceC)
    {
        GemmProduct own = p;
        own.A += index * distanceA;
        own.B += index * distanceB;
        own.C += index * distanceC;
        own.Residual += own.Residual == null ? 0 : index * distanceC;
        own.Slope += own.Slope == null ? 0 : index * distanceC;
        return own;
    }

    /// <summary>The cheapest way for a narrow result, some lanes of whose tiles would be idle.</summary>
    /// <remarks>
    /// Cycles, as measured: a dot product takes 4 and 1.05 for each register of k; a row of a tile takes 1.05 for each k and register, but a tile of two
    /// registers no less than 4 for each k; turning B takes 0.4 a number, writing back transposed 1.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Path Choose<V>(in GemmProduct p, GemmBlocks blocks)
        where V : struct, IVec<V>
    {
        if (blocks.AlwaysPack || p.Activation == Activation.Gelu)
        {
            return Path.Tiles;
        }

        double k = p.K, dot = 4 + (1.05 * k / V.Width), wide = 2 * V.Width;
        if (p.N < 3 * V.Width)
        {
            // What is left beyond whole registers of 16 may go into one of 8.
            int lanes = V.Width == 16 ? 8 : V.Width;
            double row = k * 1.05 * ((p.N + lanes - 1) / lanes * lanes) / V.Width;
            if (!p.TransA && p.N <= GemmDots.MostColumns && p.N * dot < row)
            {
                return Path.DotsOfA;
            }

            if (p.TransA && p.M >= wide && (k * Math.Max(4, 2 * p.N) / wide) + p.N < row)
            {
                return Path.Swapped;
            }
        }

        return p.TransB && p.M < V.Width && p.M * dot < k * ((Math.Max(4, 2 * p.M) / wide) + 0.4) ? Path.DotsOfB : Path.Tiles;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Serial<V>(in GemmProduct p, Path path, GemmBlocks blocks)
        where V : struct, IVec<V>
    {
        switch (path)
        {
            case Path.DotsOfA:
                float* columns = Contiguous<V>(p.B, p.StrideB, p.TransB, p.N, p.K, out nint columnStride);
                GemmDots.Run<V>(p, p.A, p.StrideA, p.M, columns, columnStride, p.N, swapped: false);
                break;
            case Path.DotsOfB:
                float* rows = Contiguous<V>(p.A, p.StrideA, !p.TransA, p.M, p.K, out nint rowStride);
                GemmDots.Run<V>(p, p.B, p.StrideB, p.N, rows, rowStride, p.M, swapped: true);
                break;
            case Path.Swapped:
                Swap<V>(p, blocks);
                break;
            default:
                GemmTiles.Run<V>(p, blocks);
                break;
        }
    }

    /// <summary>The few vectors of length k of a narrow operand, each contiguous: in place where they are, else copied.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float* Contiguous<V>(float* x, nint stride, bool already, int count, int depth, out nint outStride)
        where V : struct, IVec<V>
    {
        outStride = stride;
        if (already || (count == 1 && stride == 1))
        {
            return x;
        }

        float* copy = Workspace.Get(Workspace.Slot.Narrow, (nint)count * depth);
        Pack.Transposed(x, stride, depth, depth, count, copy);
        outStride = depth;
        return copy;
    }

    /// <summary>Cᵀ = op(B)ᵀ · A, where A as stored is [k, m]: its columns fill the lanes. A block of it at a time, turned on its way to C.</summary>
    private static void Swap<V>(in GemmProduct p, GemmBlocks blocks)
        where V : struct, IVec<V>
    {
        const int most = 512;
        bool plain = p.Bias == null && p.Residual == null && !p.Accumulate && p.Activation == Activation.None;
        nint width = p.N + V.Width;
        float* sums = Workspace.Get(Workspace.Slot.Narrow, ((nint)p.N * most) + (plain ? 0 : width * most));
        float* rows = sums + ((nint)p.N * most);
        for (int m = 0; m < p.M; m += most)
        {
            int count = Math.Min(most, p.M - m);
            var turned = new GemmProduct
            {
                TransA = !p.TransB,
                M = p.N,
                N = count,
                K = p.K,
                A = p.B,
                StrideA = p.StrideB,
                B = p.A + m,
                StrideB = p.StrideA,
                C = sums,
                StrideC = most,
            };
            GemmTiles.Run<V>(turned, blocks);
            if (plain)
            {
                TransposeBlock.All(sums, most, p.N, count, p.C + (m * p.StrideC), p.StrideC);
                continue;
            }

            TransposeBlock.All(sums, most, p.N, count, rows, width);
            for (int i = 0; i < count; i++)
            {
                GemmDots.Finish<V>(p, m + i, 0, p.N, rows + (i * width));
            }
        }
    }

    private struct Job<V> : IJob
        where V : struct, IVec<V>
    {
        public GemmProduct Product;
        public Path Path;
        public GemmBlocks Blocks;
        public int Count;
        public nint DistanceA;
        public nint DistanceB;
        public nint DistanceC;

        /// <summary>Products a task computes one after the other, where they are small.</summary>
        public int Together;

        /// <summary>C of one product is a grid of so many cells, each a task, where it is large.</summary>
        public int CellRows;

        public int CellColumns;

        private int _high;
        private int _wide;

        /// <summary>Halves the longer side of the cells until there are enough of them.</summary>
        public void Cut(int wanted, int width)
        {
            int m = Product.M, n = Product.N;
            while (CellRows * CellColumns < wanted)
            {
                double high = (double)m / CellRows, wide = (double)n / CellColumns;
                if (high >= 16 && (high >= wide || wide < 2 * width))
                {
                    CellRows *= 2;
                }
                else if (wide >= 2 * width)
                {
                    CellColumns *= 2;
                }
                else
                {
                    break;
                }
            }

            _high = (m + CellRows - 1) / CellRows;
            _wide = ((n + CellColumns - 1) / CellColumns + width - 1) / width * width;
        }

        public readonly void Run(int index)
        {
            int cells = CellRows * CellColumns;
            int first = index / cells * Together, last = Math.Min(Count, first + Together);
            for (int i = first; i < last; i++)
            {
                GemmProduct own = At(Product, i, DistanceA, DistanceB, DistanceC);
                if (cells > 1)
                {
                    int m0 = index % cells % CellRows * _high, n0 = index % cells / CellRows * _wide;
                    int m1 = Math.Min(own.M, m0 + _high), n1 = Math.Min(own.N, n0 + _wide);
                    if (m0 >= m1 || n0 >= n1)
                    {
                        continue;
                    }

                    own = own.Cell(m0, m1, n0, n1);
                }

                Serial<V>(own, Path, Blocks);
            }
        }
    }
}
