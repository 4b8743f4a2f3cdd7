using System.Runtime.CompilerServices;
using Graft.Tensors.Memory;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Large products on several threads: all of them pack B, once, then each computes rows of C.</summary>
/// <remarks>
/// <para>Cells that pack for themselves pack each number of B once for every cell along the rows, and each of A once for every cell along the columns. Here each is packed once, for a
/// second fork; where B is long, once for each stripe of its columns, so that the memory it takes is bounded.</para>
/// <para>An element is summed in the same order as by <see cref="GemmTiles"/> alone: neither cells nor stripes change a bit.</para>
/// </remarks>
internal static unsafe class GemmShared
{
    // Operations from which a second fork is nothing; more where rows are few, for each of which B comes from another core's cache.
    private const double Least = 2e7;
    private const double LeastOfFew = 1e8;
    private const int FewRows = 512;

    // Floats of B that are packed at once: 16 MB.
    private const long Most = 4 << 20;

    // Rows of a cell: fewer would read all of B, from the third cache, for little work.
    private const int Low = 64;

    /// <summary>Whether it is faster than cells that pack for themselves.</summary>
    /// <remarks>Much wider products than high ones are cut into cells beside each other, none of which packs what another one does, and which use what they pack while it is in the cache.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool Pays<V>(in GemmProduct p, GemmBlocks blocks)
        where V : struct, IVec<V> =>
        p.M >= 2 * Low && p.N < 8L * p.M && 2.0 * p.M * p.N * p.K >= (p.M < FewRows ? LeastOfFew : Least) && GemmTiles.PacksB<V>(p, blocks) && Most / p.K >= Math.Min(p.N, 512);

    /// <summary>Computes the product; its sums have terms.</summary>
    /// <param name="p">The product.</param>
    /// <param name="blocks">Its blocks.</param>
    /// <param name="wanted">So many cells, if it can be cut into as many.</param>
    /// <param name="low">Rows of a cell, at least.</param>
    /// <param name="most">Floats of B that are packed at once, at most, but for a register pair of columns.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<V>(in GemmProduct p, GemmBlocks blocks, int wanted, int low = Low, long most = Most)
        where V : struct, IVec<V>
    {
        int width = 2 * V.Width, stripe = GemmTiles.Even(p.N, Math.Max(1, (int)(most / p.K) / width) * width, width);
        using var packed = new Scratch(((long)(stripe + width) * p.K) + width);
        for (int n0 = 0; n0 < p.N; n0 += stripe)
        {
            GemmProduct own = p.Cell(0, p.M, n0, Math.Min(p.N, n0 + stripe));
            own.IsFar = (long)p.M * p.N > GemmTiles.FarAway;
            var packing = new Packing<V> { Product = own, Blocks = blocks, Packed = packed.Data };
            Team.For(packing.Cut(), ref packing);
            var cells = new Cells<V> { Product = own, Blocks = blocks, Packed = packed.Data };
            Team.For(cells.Cut(wanted, low), ref cells);
        }
    }

    // Of all panels of a block.
    private static nint PaddedColumns<V>(int columns)
        where V : struct, IVec<V> =>
        (columns + V.Width - 1) / V.Width * V.Width;

    /// <summary>A task packs a part of a block along k: whole rows of B as it lies, so that memory is read in its order.</summary>
    private struct Packing<V> : IJob
        where V : struct, IVec<V>
    {
        // Numbers of a task, about.
        private const int Grain = 64 * 1024;

        public GemmProduct Product;
        public GemmBlocks Blocks;
        public float* Packed;
        private int _depth;
        private int _each;
        private int _parts;

        /// <summary>The number of tasks.</summary>
        public int Cut()
        {
            int panel = 2 * V.Width;
            _depth = GemmTiles.DepthBlock(Product.K, Blocks);
            int rows = Product.TransB ? Product.N : _depth, length = Product.TransB ? _depth : Product.N;
            _each = Math.Max(1, Grain / length / panel) * panel;
            _parts = (rows + _each - 1) / _each;
            return _parts * ((Product.K + _depth - 1) / _depth);
        }

        public readonly void Run(int index)
        {
            int k0 = index / _parts * _depth, first = index % _parts * _each, depth = Math.Min(_depth, Product.K - k0);
            float* to = Packed + (k0 * PaddedColumns<V>(Product.N));
            if (Product.TransB)
            {
                GemmTiles.PackB<V>(Product, first, Math.Min(_each, Product.N - first), k0, depth, to + ((nint)first * depth));
            }
            else if (first < depth)
            {
                Pack.AllStraight<V>(Product.B + ((k0 + first) * Product.StrideB), Product.StrideB, Product.N, Math.Min(_each, depth - first), to, first, depth);
            }
        }
    }

    /// <summary>A task computes a cell of C.</summary>
    private struct Cells<V> : IJob
        where V : struct, IVec<V>
    {
        public GemmProduct Product;
        public GemmBlocks Blocks;
        public float* Packed;
        private int _down;
        private int _high;
        private int _wide;

        /// <summary>Halves rows, as long as they are many, then columns; the number of cells.</summary>
        public int Cut(int wanted, int low)
        {
            int width = 2 * V.Width, down = 1, across = 1;
            while (down * across < wanted)
            {
                if (Product.M / (2 * down) >= low)
                {
                    down *= 2;
                }
                else if (Product.N / (2 * across) >= 2 * width)
                {
                    across *= 2;
                }
                else
                {
                    break;
                }
            }

            _down = down;
            _high = (Product.M + down - 1) / down;
            _wide = ((Product.N + across - 1) / across + width - 1) / width * width;
            return down * across;
        }

        public readonly void Run(int index)
        {
            int m0 = index % _down * _high, n0 = index / _down * _wide;
            int m1 = Math.Min(Product.M, m0 + _high), n1 = Math.Min(Product.N, n0 + _wide);
            if (m0 < m1 && n0 < n1)
            {
                GemmTiles.RunPacked<V>(Product.Cell(m0, m1, n0, n1), Blocks, Packed, PaddedColumns<V>(Product.N), n0);
            }
        }
    }
}
