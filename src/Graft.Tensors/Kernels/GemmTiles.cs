namespace Graft.Tensors.Kernels;

/// <summary>The blocked product on one thread: panels are packed where that pays, and the micro-kernel runs over their tiles.</summary>
/// <remarks>
/// Two orders. Where a block of B fits into the second cache and A lies row by row, the rows of a tile meet all panels of B before the next rows come (strips): they stay in the first
/// cache. Else each panel of B meets a block of A in the second cache. The sums are the same, bit for bit.
/// </remarks>
internal static unsafe class GemmTiles
{
    /// <summary>Floats beyond which an operand is likely to come from memory rather than from the cache.</summary>
    public const int FarAway = 128 * 1024;

    // Floats of a packed block of B that stay in the second cache while all rows of A pass by.
    private const int SecondCache = 256 * 1024;

    // Floats of a block of A that is read in place.
    private const int InPlace = 42 * 1024;

    // Floats between rows of an A that is read in place: more than that costs a look at the page tables for every row, several times.
    private const int NearRows = 2048;

    // The same for one that lies transposed.
    private const int CloseRows = 128;

    /// <summary>Computes the whole product.</summary>
    public static void Run<V>(in GemmProduct p, GemmBlocks blocks)
        where V : struct, IVec<V>
    {
        if (!blocks.AlwaysPack && GemmRow<V>.Fits(p))
        {
            GemmRow<V>.Run(p, DepthBlock(p.K, blocks));
            return;
        }

        Blocks<V>(p, blocks);
    }

    private static void Blocks<V>(in GemmProduct p, GemmBlocks blocks)
        where V : struct, IVec<V>
    {
        int depthBlock = DepthBlock(p.K, blocks), width = 2 * V.Width;
        bool packA = PacksA<V>(p, blocks), packB = PacksB<V>(p, blocks);
        int rowBlock = RowBlock<V>(p, blocks, packA);
        int columnBlock = Math.Min(blocks.Columns, p.N);
        float* packedA = packA ? Workspace.Get(Workspace.Slot.PackedA, ((nint)rowBlock * depthBlock) + V.Width) : null;
        float* packedB = packB ? Workspace.Get(Workspace.Slot.PackedB, (nint)(columnBlock + width) * depthBlock) : null;

        for (int n0 = 0; n0 < p.N; n0 += columnBlock)
        {
            int columns = Math.Min(columnBlock, p.N - n0);
            int k0 = 0;
            do
            {
                // At least once, so that a product without k gives C its bias.
                int depth = Math.Min(depthBlock, p.K - k0);
                if (packB)
                {
                    PackB<V>(p, n0, columns, k0, depth, packedB);
                }

                Rows<V>(p, rowBlock, n0, columns, k0, depth, packedA, packedB);
                k0 += depthBlock;
            }
            while (k0 < p.K);
        }
    }

    /// <summary>The same where B has been packed: block by block along k, all columns of each.</summary>
    /// <param name="p">The product, or a cell of it; k is not 0.</param>
    /// <param name="blocks">As for the packing.</param>
    /// <param name="packed">The panel of the first column in the first block; from <see cref="PackB"/>.</param>
    /// <param name="blockColumns">Columns of all panels of a block.</param>
    /// <param name="first">Columns of the panels before.</param>
    public static void RunPacked<V>(in GemmProduct p, GemmBlocks blocks, float* packed, nint blockColumns, int first)
        where V : struct, IVec<V>
    {
        int depthBlock = DepthBlock(p.K, blocks);
        bool packA = PacksA<V>(p, blocks);
        int rowBlock = RowBlock<V>(p, blocks, packA);
        float* packedA = packA ? Workspace.Get(Workspace.Slot.PackedA, ((nint)rowBlock * depthBlock) + V.Width) : null;
        for (int k0 = 0; k0 < p.K; k0 += depthBlock)
        {
            int depth = Math.Min(depthBlock, p.K - k0);
            Rows<V>(p, rowBlock, 0, p.N, k0, depth, packedA, packed + (k0 * blockColumns) + ((nint)first * depth));
        }
    }

    /// <summary>Steps of k in a block.</summary>
    public static int DepthBlock(int k, GemmBlocks blocks) => Even(k, blocks.Depth, 16);

    /// <summary>Whether B is packed. A panel that few tiles use is read in place.</summary>
    public static bool PacksB<V>(in GemmProduct p, GemmBlocks blocks)
        where V : struct, IVec<V> =>
        blocks.AlwaysPack || p.TransB || p.M > 3 * MicroKernel<V>.MaxRows;

    // The same for A. Rows that lie a multiple of 4 KB apart would evict each other from the cache; of a transposed A a tile reads one line in a row, so that rows must lie close to each other.
    private static bool PacksA<V>(in GemmProduct p, GemmBlocks blocks)
        where V : struct, IVec<V> =>
        blocks.AlwaysPack || (p.TransA ? p.N > 6 * V.Width && p.StrideA > CloseRows : ((p.N > 6 * V.Width && p.StrideA > NearRows) || p.StrideA % 1024 == 0) && p.M > 4 && p.K > 16);

    // Rows in place go in lower blocks: this one and the one to come share the second cache with the panels of B.
    private static int RowBlock<V>(in GemmProduct p, GemmBlocks blocks, bool packs)
        where V : struct, IVec<V>
    {
        if (p.TransA && !packs)
        {
            return p.M;
        }

        int most = packs ? blocks.Rows : Math.Clamp(InPlace / Math.Max(1, DepthBlock(p.K, blocks)), Math.Min(blocks.Rows, MicroKernel<V>.MaxRows), blocks.Rows);
        return Even(p.M, most, 1);
    }

    // Whether the rows of a tile meet all panels of packed B one after the other.
    private static bool InStrips<V>(in GemmProduct p, int columns, int depth, float* packedA, float* packedB)
        where V : struct, IVec<V> =>
        packedA == null && packedB != null && !p.TransA && columns > 2 * V.Width && (long)columns * depth <= SecondCache;

    private static void Rows<V>(in GemmProduct p, int rowBlock, int n0, int columns, int k0, int depth, float* packedA, float* packedB)
        where V : struct, IVec<V>
    {
        if (InStrips<V>(p, columns, depth, packedA, packedB))
        {
            Strips<V>(p, n0, columns, k0, depth, packedB);
            return;
        }

        for (int m0 = 0; m0 < p.M; m0 += rowBlock)
        {
            int rows = Math.Min(rowBlock, p.M - m0);
            if (packedA != null)
            {
                PackA<V>(p, m0, rows, k0, depth, packedA);
            }

            Block<V>(p, m0, rows, n0, columns, k0, depth, packedA, packedB);
        }
    }

    private static void Block<V>(
        in GemmProduct p, int m0, int rows, int n0, int columns, int k0, int depth, float* packedA, float* packedB)
        where V : struct, IVec<V>
    {
        int height = MicroKernel<V>.MaxRows, width = 2 * V.Width;
        int tiles = (rows + height - 1) / height;
        Tile t = Begin(p, k0, depth);
        bool last = k0 + depth >= p.K, gelu = last && p.Activation == Activation.Gelu, residual = last && p.Residual != null;
        bool far = IsFar(p, width);
        bool ahead = packedA == null && !p.TransA && m0 + rows < p.M;

        for (int n = 0; n < columns; n += width)
        {
            t.Columns = Math.Min(width, columns - n);
            int panel = Pack.PanelWidth<V>(t.Columns);
            t.Masked = t.Columns != panel;
            t.Bias = last && p.Bias != null ? p.Bias + n0 + n : null;
            if (packedB != null)
            {
                t.B = (byte*)(packedB + ((nint)n * depth));
                t.StrideB = panel * sizeof(float);
            }
            else
            {
                t.B = (byte*)(p.B + (k0 * p.StrideB) + n0 + n);
                t.StrideB = p.StrideB * sizeof(float);
            }

            // Rows are shared out evenly: 32 rows run as 11 + 11 + 10, not as 14 + 14 + 4.
            int m = 0;
            for (int i = 1; i <= tiles; i++)
            {
                int next = (int)((ulong)rows * (ulong)i / (ulong)tiles), tall = next - m;
                if (packedA != null)
                {
                    t.A = (byte*)(packedA + ((nint)m * depth));
                    t.StrideRowA = sizeof(float);
                    t.StrideA = tall * sizeof(float);
                }
                else if (p.TransA)
                {
                    t.A = (byte*)(p.A + (k0 * p.StrideA) + m0 + m);
                    t.StrideRowA = sizeof(float);
                    t.StrideA = p.StrideA * sizeof(float);
                }
                else
                {
                    t.A = (byte*)(p.A + ((m0 + m) * p.StrideA) + k0);
                    t.StrideRowA = p.StrideA * sizeof(float);
                    t.StrideA = sizeof(float);
                }

                nint at = ((m0 + m) * p.StrideC) + n0 + n;
                t.C = (byte*)(p.C + at);
                t.Residual = residual ? (byte*)(p.Residual + at) : null;
                if (ahead)
                {
                    int from = Share(depth, n, columns), to = Share(depth, n + width, columns);
                    Fetch(p.A + (Math.Min(m0 + rows + m, p.M - tall) * p.StrideA) + k0 + from, p.StrideA, tall, to - from);
                }

                if (far)
                {
                    FetchResult<V>(p, m0, rows, n0, columns, m + (2 * tall), n, tall);
                }

                MicroKernel<V>.Run(tall, panel / V.Width, &t);
                m = next;
            }

            if (gelu)
            {
                // The panel's columns are still in the first-level cache.
                nint at = (m0 * p.StrideC) + n0 + n;
                Gelu.Apply<V>(p.C + at, p.Slope == null ? null : p.Slope + at, p.StrideC, rows, t.Columns);
            }
        }
    }

    // What all tiles of a block have in common.
    private static Tile Begin(in GemmProduct p, int k0, int depth)
    {
        Tile t = default;
        t.OuterCount = 1;
        t.InnerCount = depth;
        t.StrideRowC = p.StrideC * sizeof(float);
        t.Accumulate = p.Accumulate || k0 > 0;
        t.Fetch = t.Accumulate;
        t.Activation = k0 + depth >= p.K && p.Activation != Activation.Gelu ? p.Activation : Activation.None;
        return t;
    }

    private static bool IsFar(in GemmProduct p, int width) => (p.IsFar || (long)p.M * p.N > FarAway) && p.N > width;

    private static void Strips<V>(in GemmProduct p, int n0, int columns, int k0, int depth, float* packedB)
        where V : struct, IVec<V>
    {
        int height = MicroKernel<V>.MaxRows, width = 2 * V.Width, panels = (columns + width - 1) / width;
        int tiles = (p.M + height - 1) / height, each = (height + panels - 1) / panels;
        Tile t = Begin(p, k0, depth);
        t.StrideRowA = p.StrideA * sizeof(float);
        t.StrideA = sizeof(float);
        bool last = k0 + depth >= p.K, gelu = last && p.Activation == Activation.Gelu, residual = last && p.Residual != null;
        bool far = IsFar(p, width);
        int m = 0;
        for (int i = 1; i <= tiles; i++)
        {
            // Each panel brings some rows of the next tile.
            int next = (int)((ulong)p.M * (ulong)i / (ulong)tiles), tall = next - m, coming = Math.Min(height, p.M - next);
            float* a = p.A + (next * p.StrideA) + k0;
            t.A = (byte*)(p.A + (m * p.StrideA) + k0);
            for (int n = 0; n < columns; n += width)
            {
                t.Columns = Math.Min(width, columns - n);
                int panel = Pack.PanelWidth<V>(t.Columns);
                t.Masked = t.Columns != panel;
                t.Bias = last && p.Bias != null ? p.Bias + n0 + n : null;
                t.B = (byte*)(packedB + ((nint)n * depth));
                t.StrideB = panel * sizeof(float);
                nint at = (m * p.StrideC) + n0 + n;
                t.C = (byte*)(p.C + at);
                t.Residual = residual ? (byte*)(p.Residual + at) : null;
                int rows = Math.Min(each, coming);
                Fetch(a, p.StrideA, rows, depth);
                a += rows * p.StrideA;
                coming -= rows;
                if (far)
                {
                    // The tile after the next is two panels on, be it in the rows to come.
                    int over = n + (2 * width) - (panels * width);
                    FetchResult<V>(p, over < 0 ? m : next, n0 + (over < 0 ? n + (2 * width) : over), tall);
                }

                MicroKernel<V>.Run(tall, panel / V.Width, &t);
                if (gelu)
                {
                    Gelu.Apply<V>(p.C + at, p.Slope == null ? null : p.Slope + at, p.StrideC, tall, t.Columns);
                }
            }

            m = next;
        }
    }

    /// <summary>Asks for parts of rows: those of the block to come, a share of them with each panel of columns, so that requests never come in crowds that what is needed now has to wait behind.</summary>
    public static void Fetch(float* a, nint stride, int rows, int depth)
    {
        for (int r = 0; r < rows; r++)
        {
            for (int k = 0; k < depth; k += 16)
            {
                Prefetch.Far(a + k);
            }

            a += stride;
        }
    }

    // The part of a depth that belongs to the panels before a column: whole lines.
    private static int Share(int depth, int column, int columns) => column >= columns ? depth : (int)((long)depth * column / columns) / 16 * 16;

    // The same, where the tiles below each other follow each other.
    private static void FetchResult<V>(in GemmProduct p, int m0, int rows, int n0, int columns, int m, int n, int tall)
        where V : struct, IVec<V>
    {
        if (m >= rows)
        {
            m -= rows;
            n += 2 * V.Width;
            if (n >= columns)
            {
                n = 0;
                m0 += rows;
            }
        }

        FetchResult<V>(p, m0 + m, n0 + n, tall);
    }

    /// <summary>Asks for where the results of the tile after the next go: they come from memory, and the tile to come would wait for as many lines at once.</summary>
    private static void FetchResult<V>(in GemmProduct p, int m, int n, int tall)
        where V : struct, IVec<V>
    {
        nint at = (m * p.StrideC) + n;
        for (int last = Math.Min(tall, p.M - m); last > 0; last--, at += p.StrideC)
        {
            Prefetch.Far(p.C + at);
            Prefetch.Far(p.C + at + V.Width);
            if (p.Slope != null)
            {
                Prefetch.Far(p.Slope + at);
                Prefetch.Far(p.Slope + at + V.Width);
            }
        }
    }

    private static void PackA<V>(in GemmProduct p, int m0, int rows, int k0, int depth, float* to)
        where V : struct, IVec<V>
    {
        int height = MicroKernel<V>.MaxRows, tiles = (rows + height - 1) / height, m = 0;
        for (int i = 1; i <= tiles; i++)
        {
            int next = (int)((ulong)rows * (ulong)i / (ulong)tiles), tall = next - m;
            float* panel = to + ((nint)m * depth);
            if (p.TransA)
            {
                Pack.Straight<V>(p.A + (k0 * p.StrideA) + m0 + m, p.StrideA, tall, tall, depth, panel);
            }
            else
            {
                Pack.Transposed(p.A + ((m0 + m) * p.StrideA) + k0, p.StrideA, tall, tall, depth, panel);
            }

            m = next;
        }
    }

    /// <summary>Packs so many columns of B and steps of k: panels one behind the other, each with all these steps.</summary>
    public static void PackB<V>(in GemmProduct p, int n0, int columns, int k0, int depth, float* to)
        where V : struct, IVec<V>
    {
        if (!p.TransB)
        {
            Pack.AllStraight<V>(p.B + (k0 * p.StrideB) + n0, p.StrideB, columns, depth, to, 0, depth);
            return;
        }

        int width = 2 * V.Width;
        for (int n = 0; n < columns; n += width)
        {
            int wide = Math.Min(width, columns - n);
            Pack.Transposed(
                p.B + ((n0 + n) * p.StrideB) + k0, p.StrideB, wide, Pack.PanelWidth<V>(wide), depth, to + ((nint)n * depth));
        }
    }

    /// <summary>The smallest block that cuts a length into as few pieces as blocks of <paramref name="most"/> would.</summary>
    public static int Even(int length, int most, int unit)
    {
        if (length <= most)
        {
            return length;
        }

        int pieces = (length + most - 1) / most;
        int even = (length + pieces - 1) / pieces;
        return (even + unit - 1) / unit * unit;
    }
}
