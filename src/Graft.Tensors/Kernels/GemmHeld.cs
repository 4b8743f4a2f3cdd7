using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Products with a right side that was packed once and is kept: weights of networks in use.</summary>
/// <remarks>
/// <para>Where pictures are small or few, packing a matrix takes a good part of the time of a product with it. B lies as <see cref="PackedProduct{V}"/> wants it, all k of a panel
/// together: k is not cut into blocks, and an element is the sum that a part of a larger kernel makes of it.</para>
/// <para>A task is a cell of C. It goes down in steps of rows that stay in the cache while all its panels are run over them.</para>
/// </remarks>
internal unsafe struct GemmHeld<V> : IJob
    where V : struct, IVec<V>
{
    // Operations of a task, at least.
    private const double Grain = 1e6;

    // Rows of a cell: fewer would read all of B for little work.
    private const int Low = 64;

    // Bytes of A that stay in the cache.
    private const int StepBytes = 256 * 1024;

    private int _m;
    private int _n;
    private int _k;
    private float* _a;
    private float* _packed;
    private float* _c;
    private float* _bias;
    private Activation _activation;
    private float* _residual;
    private int _down;
    private int _high;
    private int _wide;

    /// <summary>Whether a matrix of so many columns is worth it: few would leave most lanes idle, and products with them have other ways.</summary>
    public static bool Fits(int columns) => columns >= 8;

    /// <summary>C [m, n] = act(A · B + bias + residual).</summary>
    /// <param name="m">Rows.</param>
    /// <param name="n">Columns.</param>
    /// <param name="k">Length of the sums.</param>
    /// <param name="a">[m, k].</param>
    /// <param name="packed">B, from <see cref="PackedProduct{V}.Pack(float*, int, int, float*)"/>.</param>
    /// <param name="c">[m, n]; apart from the others but for <paramref name="residual"/>.</param>
    /// <param name="bias">n numbers, or null.</param>
    /// <param name="activation">Applied last.</param>
    /// <param name="residual">Laid out like C, or null.</param>
    public static void Run(int m, int n, int k, float* a, float* packed, float* c, float* bias, Activation activation, float* residual)
    {
        var job = new GemmHeld<V> { _m = m, _n = n, _k = k, _a = a, _packed = packed, _c = c, _bias = bias, _activation = activation, _residual = residual };
        double work = 2.0 * m * n * k;
        int threads = Team.Available, wanted = work > 2e8 ? 4 * threads : work > 2e7 ? 2 * threads : threads;
        Team.For(job.Cut(threads == 1 ? 1 : (int)Math.Min(wanted, work / Grain)), ref job);
    }

    /// <summary>Computes a cell.</summary>
    public readonly void Run(int index)
    {
        int m0 = index % _down * _high, n0 = index / _down * _wide;
        int m1 = Math.Min(_m, m0 + _high), n1 = Math.Min(_n, n0 + _wide);
        int step = (int)Math.Max(3 * MicroKernel<V>.MaxRows, StepBytes / sizeof(float) / Math.Max(1, _k));
        for (int m = m0; m < m1; m += step)
        {
            Rows(m, Math.Min(step, m1 - m), n0, n1);
        }
    }

    // Halves rows, as long as they are many, then columns; the number of cells.
    private int Cut(int wanted)
    {
        int width = 2 * V.Width, down = 1, across = 1;
        while (down * across < wanted)
        {
            if (_m / (2 * down) >= Low)
            {
                down *= 2;
            }
            else if (_n / (2 * across) >= 2 * width)
            {
                across *= 2;
            }
            else
            {
                break;
            }
        }

        _down = down;
        _high = (_m + down - 1) / down;
        _wide = ((_n + across - 1) / across + width - 1) / width * width;
        return down * across;
    }

    private readonly void Rows(int m0, int rows, int n0, int n1)
    {
        int height = MicroKernel<V>.MaxRows, width = 2 * V.Width, tiles = (rows + height - 1) / height;
        float* a = _a + ((nint)m0 * _k);
        float* panels = null;
        if (n1 - n0 > 6 * V.Width || (_k % 256 == 0 && rows > 4))
        {
            // Many columns pay for it; and rows that lie a multiple of 1 KB apart would evict each other from the cache.
            panels = Workspace.Get(Workspace.Slot.PackedA, ((nint)rows * _k) + V.Width);
            for (int i = 1, m = 0; i <= tiles; i++)
            {
                int next = (int)((long)rows * i / tiles);
                Pack.Transposed(a + ((nint)m * _k), _k, next - m, next - m, _k, panels + ((nint)m * _k));
                m = next;
            }
        }

        Tile t = default;
        t.OuterCount = 1;
        t.InnerCount = _k;
        t.StrideRowA = (panels == null ? _k : 1) * sizeof(float);
        t.StrideRowC = (nint)_n * sizeof(float);
        t.Activation = _activation;
        t.Fetch = (long)_m * _n > GemmTiles.FarAway;
        for (int n = n0; n < n1; n += width)
        {
            t.Columns = Math.Min(width, n1 - n);
            int panel = Pack.PanelWidth<V>(t.Columns);
            t.Masked = t.Columns != panel;
            t.B = (byte*)(_packed + ((nint)n * _k));
            t.StrideB = panel * sizeof(float);
            t.Bias = _bias == null ? null : _bias + n;

            // Rows are shared out evenly, as in every product.
            int m = 0;
            for (int i = 1; i <= tiles; i++)
            {
                int next = (int)((long)rows * i / tiles);
                nint at = ((nint)(m0 + m) * _n) + n;
                t.A = (byte*)((panels == null ? a : panels) + ((nint)m * _k));
                t.StrideA = (panels == null ? 1 : next - m) * sizeof(float);
                t.C = (byte*)(_c + at);
                t.Residual = _residual == null ? null : (byte*)(_residual + at);
                if (panels == null && n == n0 && m0 + next < _m && (long)_m * _k > GemmTiles.FarAway)
                {
                    GemmTiles.Fetch(a + ((nint)next * _k), _k, Math.Min(next - m, _m - m0 - next), _k);
                }

                MicroKernel<V>.Run(next - m, panel / V.Width, &t);
                m = next;
            }
        }
    }
}
