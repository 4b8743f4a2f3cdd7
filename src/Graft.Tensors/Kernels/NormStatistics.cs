using System.Runtime.CompilerServices;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Two sums for each channel over the rows of a dense matrix [rows, C]: what every normalization needs, forward and backward.</summary>
/// <remarks>
/// Moments: sum (x - k) and sum (x - k)², where k is a number of the channel itself (its first), so that a large mean does not drown the variance.
/// Gradients: sum g and sum g (x - k), where g is dy, or 0 where an activation clipped the output (<see cref="NormGate"/>).
/// Lanes hold float sums over a few rows; these are added in double precision, part after part.
/// The four kinds of loop differ in what they read; which it is, the JIT knows.
/// </remarks>
internal static unsafe class NormStatistics<V>
    where V : struct, IVec<V>
{
    // Rows that are summed in float before they join the double sums; few, and small enough to be in the cache for every block of channels.
    private const int ShortRun = 64;

    // Kinds: moments of x; dy as it is; dy where the output counts, cleared elsewhere; dy where the output, computed again, counts.
    private const int Moments = 1, Plain = 2, Looked = 3, Computed = 4;

    /// <summary>The sums over rows 0 .. rows-1, added to first[c] and second[c].</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="channels">C.</param>
    /// <param name="x">[rows, C].</param>
    /// <param name="dy">Null for moments, else [rows, C].</param>
    /// <param name="gate">What of dy counts.</param>
    /// <param name="shift">k, C numbers.</param>
    /// <param name="first">C sums.</param>
    /// <param name="second">C sums.</param>
    public static void Add(nint rows, int channels, float* x, float* dy, in NormGate gate, float* shift, double* first, double* second)
    {
        if (dy == null)
        {
            Add<C1>(rows, channels, x, null, gate, shift, first, second);
        }
        else if (gate.Output != null)
        {
            Add<C3>(rows, channels, x, dy, gate, shift, first, second);
        }
        else if (gate.Scale != null)
        {
            Add<C4>(rows, channels, x, dy, gate, shift, first, second);
        }
        else
        {
            Add<C2>(rows, channels, x, dy, gate, shift, first, second);
        }
    }

    /// <summary>The same over all rows on the team, in parts fixed by the shape; the sums are written, not added to.</summary>
    public static void Share(nint rows, int channels, float* x, float* dy, in NormGate gate, float* shift, double* first, double* second)
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
            Gate = gate,
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

    private static void Add<Kind>(nint rows, int channels, float* x, float* dy, in NormGate gate, float* shift, double* first, double* second)
        where Kind : IConst
    {
        for (nint row = 0; row < rows; row += ShortRun)
        {
            int run = (int)Math.Min(ShortRun, rows - row);
            nint at = row * channels;
            int c = 0;
            for (; c + (4 * V.Width) <= channels; c += 4 * V.Width)
            {
                Four<Kind>(run, channels, x + at + c, dy + at + c, gate.Past(at + c, c), shift + c, first + c, second + c);
            }

            for (; c + V.Width <= channels; c += V.Width)
            {
                One<Kind, No>(run, channels, x + at + c, dy + at + c, gate.Past(at + c, c), shift + c, first + c, second + c, V.Width);
            }

            if (c < channels)
            {
                One<Kind, Yes>(run, channels, x + at + c, dy + at + c, gate.Past(at + c, c), shift + c, first + c, second + c, channels - c);
            }
        }
    }

    // Four registers side by side: long enough a piece of each row for the memory to deliver it in one go.
    [SkipLocalsInit]
    private static void Four<Kind>(int run, int stride, float* x, float* dy, NormGate gate, float* shift, double* first, double* second)
        where Kind : IConst
    {
        V k0 = V.Load(shift), k1 = V.Load(shift + V.Width), k2 = V.Load(shift + (2 * V.Width)), k3 = V.Load(shift + (3 * V.Width)), most = V.All(gate.Most);
        V s0 = V.Zero, s1 = V.Zero, s2 = V.Zero, s3 = V.Zero, q0 = V.Zero, q1 = V.Zero, q2 = V.Zero, q3 = V.Zero;
        float* z = gate.Output, scale = gate.Scale, add = gate.Shift;
        for (int r = 0; r < run; r++)
        {
            Step<Kind, No>(x, dy, z, scale, add, most, 0, k0, ref s0, ref q0, V.Width);
            Step<Kind, No>(x, dy, z, scale, add, most, V.Width, k1, ref s1, ref q1, V.Width);
            Step<Kind, No>(x, dy, z, scale, add, most, 2 * V.Width, k2, ref s2, ref q2, V.Width);
            Step<Kind, No>(x, dy, z, scale, add, most, 3 * V.Width, k3, ref s3, ref q3, V.Width);
            x += stride;
            dy += stride;
            z += stride;
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
    private static void One<Kind, Partial>(int run, int stride, float* x, float* dy, NormGate gate, float* shift, double* first, double* second, int count)
        where Kind : IConst
        where Partial : IConst
    {
        V k = Lanes<V>.Load<Partial>(shift, count), s = V.Zero, q = V.Zero, most = V.All(gate.Most);
        float* z = gate.Output;
        for (int r = 0; r < run; r++)
        {
            Step<Kind, Partial>(x, dy, z, gate.Scale, gate.Shift, most, 0, k, ref s, ref q, count);
            x += stride;
            dy += stride;
            z += stride;
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

    // Pointers that a kind does not read may be anything.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<Kind, Partial>(float* x, float* dy, float* output, float* scale, float* add, V most, int at, V k, ref V sum, ref V product, int count)
        where Kind : IConst
        where Partial : IConst
    {
        V value = Lanes<V>.Load<Partial>(x + at, count), v = value - k, g = v;
        if (Kind.Value != Moments)
        {
            g = Lanes<V>.Load<Partial>(dy + at, count);
        }

        if (Kind.Value == Looked)
        {
            V z = Lanes<V>.Load<Partial>(output + at, count);
            g = V.And(V.And(V.Greater(z, V.Zero), V.Greater(most, z)), g);
            Lanes<V>.Store<Partial>(g, dy + at, count);
        }
        else if (Kind.Value == Computed)
        {
            V z = V.Fma(value, Lanes<V>.Load<Partial>(scale + at, count), Lanes<V>.Load<Partial>(add + at, count));
            g = V.And(V.And(V.Greater(z, V.Zero), V.Greater(most, z)), g);
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
        public NormGate Gate;
        public float* Shift;
        public int Parts;
        public double* Sums;

        public readonly void Run(int index)
        {
            nint from = Rows * index / Parts, to = Rows * (index + 1) / Parts, at = from * Channels;
            double* first = Sums + ((nint)index * 2 * Channels);
            new Span<double>(first, 2 * Channels).Clear();
            Add(to - from, Channels, X + at, Dy == null ? null : Dy + at, Gate.Past(at, 0), Shift, first, first + Channels);
        }
    }
}
