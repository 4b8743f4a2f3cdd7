using System.Runtime.CompilerServices;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Two sums for each channel over the rows of a dense matrix [rows, C]: what every normalization needs, forward and backward.</summary>
/// <remarks>
/// Moments: sum (x - k) and sum (x - k)², where k is a number of the channel itself (its first), so that a large mean does not drown the variance.
/// Gradients: sum g and sum g (x - k), where g is dy, or 0 where the output was clipped by a ReLU.
/// Lanes hold float sums over a few rows; these are added in double precision, part after part.
/// </remarks>
internal static unsafe class NormStatistics<V>
    where V : struct, IVec<V>
{
    // Rows that are summed in float before they join the double sums; few, and small enough to be in the cache for every block of channels.
    private const int ShortRun = 64;

    /// <summary>The sums over rows 0 .. rows-1, added to first[c] and second[c].</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="channels">C.</param>
    /// <param name="x">[rows, C].</param>
    /// <param name="dy">Null for moments, else [rows, C].</param>
    /// <param name="output">Null, or [rows, C]: where it is not above 0, dy counts as 0.</param>
    /// <param name="shift">k, C numbers.</param>
    /// <param name="first">C sums.</param>
    /// <param name="second">C sums.</param>
    public static void Add(nint rows, int channels, float* x, float* dy, float* output, float* shift, double* first, double* second)
    {
        for (nint row = 0; row < rows; row += ShortRun)
        {
            int run = (int)Math.Min(ShortRun, rows - row);
            nint at = row * channels;
            float* d = dy == null ? null : dy + at;
            float* z = output == null ? null : output + at;
            int c = 0;
            for (; c + (4 * V.Width) <= channels; c += 4 * V.Width)
            {
                Four(run, channels, x + at + c, Past(d, c), Past(z, c), shift + c, first + c, second + c);
            }

            for (; c + V.Width <= channels; c += V.Width)
            {
                One<No>(run, channels, x + at + c, Past(d, c), Past(z, c), shift + c, first + c, second + c, V.Width);
            }

            if (c < channels)
            {
                One<Yes>(run, channels, x + at + c, Past(d, c), Past(z, c), shift + c, first + c, second + c, channels - c);
            }
        }
    }

    /// <summary>The same over all rows on the team, in parts fixed by the shape; the sums are written, not added to.</summary>
    public static void Share(nint rows, int channels, float* x, float* dy, float* output, float* shift, double* first, double* second)
    {
        const int mostParts = 32;
        const int grain = 32 * 1024;
        int parts = (int)Math.Clamp(rows * channels / grain, 1, Math.Min(mostParts, Math.Max(1, rows)));
        var sums = (double*)Workspace.Get(Workspace.Slot.Partial, (nint)parts * channels * 4);
        var job = new Job
        {
            Rows = rows,
            Channels = channels,
            X = x,
            Dy = dy,
            Output = output,
            Shift = shift,
            Parts = parts,
            Sums = sums,
        };
        Team.For(parts, ref job);
        for (int c = 0; c < channels; c++)
        {
            double a = 0, b = 0;
            for (int p = 0; p < parts; p++)
            {
                a += sums[((nint)p * 2 * channels) + c];
                b += sums[((((nint)p * 2) + 1) * channels) + c];
            }

            first[c] = a;
            second[c] = b;
        }
    }

    private static float* Past(float* p, int offset) => p == null ? null : p + offset;

    // Four registers side by side: long enough a piece of each row for the memory to deliver it in one go.
    [SkipLocalsInit]
    private static void Four(int run, int stride, float* x, float* dy, float* output, float* shift, double* first, double* second)
    {
        V k0 = V.Load(shift), k1 = V.Load(shift + V.Width), k2 = V.Load(shift + (2 * V.Width)), k3 = V.Load(shift + (3 * V.Width));
        V s0 = V.Zero, s1 = V.Zero, s2 = V.Zero, s3 = V.Zero, q0 = V.Zero, q1 = V.Zero, q2 = V.Zero, q3 = V.Zero;
        for (int r = 0; r < run; r++)
        {
            Step<No>(x, dy, output, 0, k0, ref s0, ref q0, V.Width);
            Step<No>(x, dy, output, V.Width, k1, ref s1, ref q1, V.Width);
            Step<No>(x, dy, output, 2 * V.Width, k2, ref s2, ref q2, V.Width);
            Step<No>(x, dy, output, 3 * V.Width, k3, ref s3, ref q3, V.Width);
            x += stride;
            dy += dy == null ? 0 : stride;
            output += output == null ? 0 : stride;
        }

        // No call in this method: it would make the JIT keep the sums in memory.
        float* lanes = stackalloc float[8 * V.Width];
        V.Store(s0, lanes);
        V.Store(s1, lanes + V.Width);
        V.Store(s2, lanes + (2 * V.Width));
        V.Store(s3, lanes + (3 * V.Width));
        float* products = lanes + (4 * V.Width);
        V.Store(q0, products);
        V.Store(q1, products + V.Width);
        V.Store(q2, products + (2 * V.Width));
        V.Store(q3, products + (3 * V.Width));
        for (int i = 0; i < 4 * V.Width; i++)
        {
            first[i] += lanes[i];
            second[i] += products[i];
        }
    }

    [SkipLocalsInit]
    private static void One<Partial>(
        int run, int stride, float* x, float* dy, float* output, float* shift, double* first, double* second, int count)
        where Partial : IConst
    {
        V k = Lanes<V>.Load<Partial>(shift, count), s = V.Zero, q = V.Zero;
        for (int r = 0; r < run; r++)
        {
            Step<Partial>(x, dy, output, 0, k, ref s, ref q, count);
            x += stride;
            dy += dy == null ? 0 : stride;
            output += output == null ? 0 : stride;
        }

        float* lanes = stackalloc float[2 * V.Width];
        V.Store(s, lanes);
        V.Store(q, lanes + V.Width);
        for (int i = 0; i < count; i++)
        {
            first[i] += lanes[i];
            second[i] += lanes[V.Width + i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<Partial>(float* x, float* dy, float* output, int at, V k, ref V sum, ref V product, int count)
        where Partial : IConst
    {
        V v = Lanes<V>.Load<Partial>(x + at, count) - k, g = v;
        if (dy != null)
        {
            g = Lanes<V>.Load<Partial>(dy + at, count);
            if (output != null)
            {
                g = V.And(V.Greater(Lanes<V>.Load<Partial>(output + at, count), V.Zero), g);
            }
        }

        sum += g;
        product = V.Fma(g, v, product);
    }

    private struct Job : IJob
    {
        public nint Rows;
        public int Channels;
        public float* X;
        public float* Dy;
        public float* Output;
        public float* Shift;
        public int Parts;
        public double* Sums;

        public readonly void Run(int index)
        {
            nint from = Rows * index / Parts, to = Rows * (index + 1) / Parts, at = from * Channels;
            double* first = Sums + ((nint)index * 2 * Channels);
            new Span<double>(first, 2 * Channels).Clear();
            Add(to - from, Channels, X + at, Past(Dy, at), Past(Output, at), Shift, first, first + Channels);
        }

        private static float* Past(float* p, nint offset) => p == null ? null : p + offset;
    }
}

/// <summary>y = act(x · scale[c] + shift[c] + residual) over rows [rows, C]: the last step of batch and group normalization.</summary>
internal static unsafe class NormApply<V>
    where V : struct, IVec<V>
{
    /// <summary>Forward; in place allowed.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="channels">C.</param>
    /// <param name="x">[rows, C].</param>
    /// <param name="scale">C numbers.</param>
    /// <param name="shift">C numbers.</param>
    /// <param name="residual">[rows, C] or null.</param>
    /// <param name="relu">Whether negative results become 0.</param>
    /// <param name="y">[rows, C].</param>
    public static void Forward(nint rows, int channels, float* x, float* scale, float* shift, float* residual, bool relu, float* y)
    {
        V least = V.All(relu ? 0 : float.NegativeInfinity);
        for (nint row = 0; row < rows; row++)
        {
            int c = 0;
            for (; c + V.Width <= channels; c += V.Width)
            {
                Affine<No>(x + c, scale + c, shift + c, residual == null ? null : residual + c, least, y + c, V.Width);
            }

            if (c < channels)
            {
                Affine<Yes>(x + c, scale + c, shift + c, residual == null ? null : residual + c, least, y + c, channels - c);
            }

            x += channels;
            y += channels;
            residual += residual == null ? 0 : channels;
        }
    }

    /// <summary>dx = a[c] · g + b[c] · (x - k[c]) + d[c], g being dy, or 0 where the output is not above 0; dx may be dy.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="channels">C.</param>
    /// <param name="x">[rows, C].</param>
    /// <param name="dy">[rows, C].</param>
    /// <param name="output">[rows, C] or null.</param>
    /// <param name="k">C numbers.</param>
    /// <param name="abd">a, b and d: 3 C numbers.</param>
    /// <param name="dx">[rows, C].</param>
    /// <param name="accumulate">Whether dx is added to.</param>
    public static void Backward(
        nint rows, int channels, float* x, float* dy, float* output, float* k, float* abd, float* dx, bool accumulate)
    {
        for (nint row = 0; row < rows; row++)
        {
            nint at = row * channels;
            float* z = output == null ? null : output + at;
            int c = 0;
            for (; c + V.Width <= channels; c += V.Width)
            {
                Gradient<No>(x + at + c, dy + at + c, z == null ? null : z + c, k + c, abd + c, channels, dx + at + c, accumulate, V.Width);
            }

            if (c < channels)
            {
                Gradient<Yes>(x + at + c, dy + at + c, z == null ? null : z + c, k + c, abd + c, channels, dx + at + c, accumulate, channels - c);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Affine<Partial>(float* x, float* scale, float* shift, float* residual, V least, float* y, int count)
        where Partial : IConst
    {
        V v = V.Fma(Lanes<V>.Load<Partial>(x, count), Lanes<V>.Load<Partial>(scale, count), Lanes<V>.Load<Partial>(shift, count));
        if (residual != null)
        {
            v += Lanes<V>.Load<Partial>(residual, count);
        }

        Lanes<V>.Store<Partial>(V.AtLeast(v, least), y, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Gradient<Partial>(
        float* x, float* dy, float* output, float* k, float* abd, int channels, float* dx, bool accumulate, int count)
        where Partial : IConst
    {
        V g = Lanes<V>.Load<Partial>(dy, count);
        if (output != null)
        {
            g = V.And(V.Greater(Lanes<V>.Load<Partial>(output, count), V.Zero), g);
        }

        V v = V.Fma(Lanes<V>.Load<Partial>(abd, count), g, Lanes<V>.Load<Partial>(abd + (2 * channels), count));
        v = V.Fma(Lanes<V>.Load<Partial>(abd + channels, count), Lanes<V>.Load<Partial>(x, count) - Lanes<V>.Load<Partial>(k, count), v);
        Lanes<V>.Store<Partial>(accumulate ? v + Lanes<V>.Load<Partial>(dx, count) : v, dx, count);
    }
}
