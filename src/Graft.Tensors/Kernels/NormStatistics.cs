using System.Runtime.CompilerServices;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Two sums for each channel over the rows of a dense matrix [rows, C]: what every normalization needs, forward and backward.</summary>
/// <remarks>
/// Moments: sum (x - k) and sum (x - k)², where k is a number of the channel itself (its first), so that a large mean does not drown the variance.
/// Gradients: sum g and sum g (x - k), where g is dy, or 0 where an activation clipped the output (<see cref="NormGate"/>).
/// Memory is read strictly as it lies, row after row: anything else, such as keeping sums of a few channels in registers over many rows, halves what it delivers.
/// So the sums of all channels stand in a short row of floats in the cache; after a few rows they are added in double precision, part after part.
/// The four kinds of loop differ in what they read; which it is, the JIT knows.
/// </remarks>
internal static unsafe class NormStatistics<V>
    where V : struct, IVec<V>
{
    // Rows that are summed in float before they join the double sums.
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
        // In whole registers: a masked store is not there yet when the next row reads it. A register of the one sum and a register of the other in turns: a load waits for a store
        // before it that differs by a multiple of 4 KB, and rows of sums of their own would keep step with rows of x over many registers.
        int padded = (channels + V.Width - 1) / V.Width * V.Width;
        float* sums = Workspace.Get(Workspace.Slot.Moments, 2 * (nint)padded);
        new Span<float>(sums, 2 * padded).Clear();
        for (nint row = 0; row < rows; row += ShortRun)
        {
            int run = (int)Math.Min(ShortRun, rows - row);
            nint at = row * channels;
            Run<Kind>(run, channels, x + at, dy + at, gate.Past(at, 0), shift, sums);
            Join(channels, sums, first, second);
        }
    }

    // Adds the sums in float to those in double and begins them anew. While this runs nothing is asked of memory, so it is done in registers.
    private static void Join(int channels, float* sums, double* first, double* second)
    {
        int c = 0;
        for (; c + V.Width <= channels; c += V.Width, sums += 2 * V.Width)
        {
            V.AddTo(first + c, V.Load(sums));
            V.AddTo(second + c, V.Load(sums + V.Width));
            V.Store(V.Zero, sums);
            V.Store(V.Zero, sums + V.Width);
        }

        for (int lane = 0; lane < channels - c; lane++)
        {
            first[c + lane] += sums[lane];
            second[c + lane] += sums[V.Width + lane];
            sums[lane] = sums[V.Width + lane] = 0;
        }
    }

    private static void Run<Kind>(int rows, int channels, float* x, float* dy, NormGate gate, float* shift, float* sums)
        where Kind : IConst
    {
        float* z = gate.Output, scale = gate.Scale, add = gate.Shift;
        V most = V.All(gate.Most);
        for (int r = 0; r < rows; r++)
        {
            int c = 0;
            for (; c + V.Width <= channels; c += V.Width)
            {
                Step<Kind, No>(x + c, dy + c, z + c, scale + c, add + c, most, shift + c, sums + (2 * (nint)c), V.Width);
            }

            if (c < channels)
            {
                Step<Kind, Yes>(x + c, dy + c, z + c, scale + c, add + c, most, shift + c, sums + (2 * (nint)c), channels - c);
            }

            x += channels;
            dy += channels;
            z += channels;
        }
    }

    // Pointers that a kind does not read may be anything.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<Kind, Partial>(
        float* x, float* dy, float* output, float* scale, float* add, V most, float* shift, float* sums, int count)
        where Kind : IConst
        where Partial : IConst
    {
        V value = Lanes<V>.Load<Partial>(x, count), v = value - Lanes<V>.Load<Partial>(shift, count), g = v;
        if (Kind.Value != Moments)
        {
            g = Lanes<V>.Load<Partial>(dy, count);
        }

        if (Kind.Value == Looked)
        {
            V z = Lanes<V>.Load<Partial>(output, count);
            g = V.And(V.And(V.Greater(z, V.Zero), V.Greater(most, z)), g);
            Lanes<V>.Store<Partial>(g, dy, count);
        }
        else if (Kind.Value == Computed)
        {
            V z = V.Fma(value, Lanes<V>.Load<Partial>(scale, count), Lanes<V>.Load<Partial>(add, count));
            g = V.And(V.And(V.Greater(z, V.Zero), V.Greater(most, z)), g);
        }

        // Lanes beyond the last channel are 0 in g and v.
        V.Store(V.Load(sums) + g, sums);
        V.Store(V.Fma(g, v, V.Load(sums + V.Width)), sums + V.Width);
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
