namespace Graft.Tensors.Kernels;

/// <summary>c = act(a · b + bias + c + residual) on one thread, for a b that is packed once for many of them.</summary>
/// <remarks>For parts of larger kernels that keep a block of rows in the cache; k is not cut into blocks.</remarks>
internal unsafe struct PackedProduct<V>
    where V : struct, IVec<V>
{
    /// <summary>Columns of a.</summary>
    public int Depth;

    /// <summary>Floats from a row of a to the next; 0: its columns.</summary>
    public nint Stride;

    /// <summary>Columns of c.</summary>
    public int Columns;

    /// <summary>Floats from a row of c to the next; 0: its columns.</summary>
    public nint StrideC;

    /// <summary>b, from <see cref="Pack(float*, int, int, float*)"/> or <see cref="PackTransposed(float*, int, int, float*)"/>.</summary>
    public float* Packed;

    /// <summary>A number for each column, or null.</summary>
    public float* Bias;

    public Activation Activation;

    /// <summary>Whether c is added to; not with a residual.</summary>
    public bool Accumulate;

    /// <summary>Whether c is likely to be far away, in memory.</summary>
    public bool Fetch;

    /// <summary>What is wanted after this product, or null: asked for between its tiles.</summary>
    public FetchAhead* Ahead;

    /// <summary>Floats of a packed b.</summary>
    public static nint Size(int depth, int columns)
    {
        int width = 2 * V.Width;
        return (nint)depth * ((columns + width - 1) / width * width);
    }

    /// <summary>Packs b [depth, columns].</summary>
    public static void Pack(float* b, int depth, int columns, float* to) => Pack(b, columns, depth, columns, to, 0, depth);

    /// <summary>Packs rows of b.</summary>
    /// <param name="b">[depth, columns].</param>
    /// <param name="stride">From a row to the next.</param>
    /// <param name="depth">How many rows.</param>
    /// <param name="columns">Columns of b.</param>
    /// <param name="to">All of b, packed.</param>
    /// <param name="first">Which row of all of b is the first of these.</param>
    /// <param name="whole">Rows of all of b.</param>
    public static void Pack(float* b, nint stride, int depth, int columns, float* to, int first, int whole) =>
        Kernels.Pack.AllStraight<V>(b, stride, columns, depth, to, first, whole);

    /// <summary>Packs the transpose of b [columns, depth].</summary>
    public static void PackTransposed(float* b, int depth, int columns, float* to) => PackTransposed(b, depth, depth, columns, to, 0, depth);

    /// <summary>Packs columns of b, as rows of its transpose.</summary>
    /// <param name="b">[columns, depth].</param>
    /// <param name="stride">From a row to the next.</param>
    /// <param name="depth">How many columns.</param>
    /// <param name="columns">Rows of b.</param>
    /// <param name="to">All of the transpose, packed.</param>
    /// <param name="first">Which row of all of the transpose is the first of these.</param>
    /// <param name="whole">Rows of all of the transpose.</param>
    public static void PackTransposed(float* b, nint stride, int depth, int columns, float* to, int first, int whole)
    {
        int width = 2 * V.Width;
        for (int n = 0; n < columns; n += width)
        {
            int wide = Math.Min(width, columns - n), panel = Kernels.Pack.PanelWidth<V>(wide);
            Kernels.Pack.Transposed(b + (n * stride), stride, wide, panel, depth, to + ((nint)n * whole) + ((nint)first * panel));
        }
    }

    /// <summary>Into how many tiles a product of so many rows is cut.</summary>
    public readonly int Tiles(int rows) => (rows + MicroKernel<V>.MaxRows - 1) / MicroKernel<V>.MaxRows * ((Columns + (2 * V.Width) - 1) / (2 * V.Width));

    /// <summary>Computes so many rows.</summary>
    /// <param name="rows">Rows of a and c.</param>
    /// <param name="a">[rows, Depth].</param>
    /// <param name="c">[rows, Columns].</param>
    /// <param name="residual">Laid out like c, or null.</param>
    public readonly void Run(int rows, float* a, float* c, float* residual = null)
    {
        nint stride = Stride == 0 ? Depth : Stride, strideC = StrideC == 0 ? Columns : StrideC;
        int height = MicroKernel<V>.MaxRows, width = 2 * V.Width, tiles = (rows + height - 1) / height;
        Tile t = default;
        t.OuterCount = 1;
        t.InnerCount = Depth;
        t.StrideRowA = stride * sizeof(float);
        t.StrideA = sizeof(float);
        t.StrideRowC = strideC * sizeof(float);
        t.Activation = Activation;
        t.Accumulate = Accumulate;
        t.Fetch = Fetch;
        for (int n = 0; n < Columns; n += width)
        {
            t.Columns = Math.Min(width, Columns - n);
            int panel = Kernels.Pack.PanelWidth<V>(t.Columns);
            t.Masked = t.Columns != panel;
            t.B = (byte*)(Packed + ((nint)n * Depth));
            t.StrideB = panel * sizeof(float);
            t.Bias = Bias == null ? null : Bias + n;

            // Rows are shared out evenly, as in every product.
            int m = 0;
            for (int i = 1; i <= tiles; i++)
            {
                int next = (int)((long)rows * i / tiles);
                nint at = (m * strideC) + n;
                t.A = (byte*)(a + (m * stride));
                t.C = (byte*)(c + at);
                t.Residual = residual == null ? null : (byte*)(residual + at);
                if (Ahead != null)
                {
                    Ahead->Next();
                }

                MicroKernel<V>.Run(next - m, panel / V.Width, &t);
                m = next;
            }
        }
    }
}
