using System.Runtime.CompilerServices;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Sizes of a convolution over time: B sequences of T steps of D numbers, windows of w steps, O outputs.</summary>
internal readonly unsafe record struct TimeShape(int Rows, int Steps, int Width, int Window, int Outputs)
{
    /// <summary>Numbers in a window.</summary>
    public int Depth => Window * Width;

    /// <summary>Steps of a row that count.</summary>
    public int StepsOf(int* lengths, int row) => lengths == null ? Steps : Math.Clamp(lengths[row], 0, Steps);

    /// <summary>Places of the window in so many steps; at least the first.</summary>
    public int Places(int steps) => Math.Max(1, steps - Window + 1);

    /// <summary>Numbers of a window that lie within so many steps: all of them, but for rows shorter than the window.</summary>
    public int Within(int steps) => Math.Min(Window, steps) * Width;
}

/// <summary>Convolutions over time of which only the greatest result of each row and output is wanted, forward.</summary>
/// <remarks>
/// <para>Rows [B, T, D], weights [w, D, O], results [B, O], all dense. What a place of the window sees is one run of w x D numbers, and the next place's run begins D further:
/// the left operand of a matrix product, without a copy. Its results live as one tile of the micro-kernel; behind it the greatest so far and their places are kept in registers.</para>
/// <para>Most windows of 2 to 5 steps go through <see cref="MaxOverTimeTiles"/>; the shape decides.</para>
/// <para>A row may be shorter than T, and than the window: steps behind its end count as 0, which the loops say by ending sooner.</para>
/// </remarks>
internal static unsafe class MaxOverTime
{
    // Multiplications that a task is worth.
    private const long Grain = 1_000_000;

    private const int Enough = 16;

    /// <summary>y[b, o] = the greatest over all places p of bias[o] + sum of x[b, p + j, d] · w[j, d, o]; places[b, o] = the first p that has it, or one that is NaN.</summary>
    /// <param name="s">Sizes.</param>
    /// <param name="x">Rows.</param>
    /// <param name="lengths">Steps that count, for each row; or null: all.</param>
    /// <param name="w">Weights.</param>
    /// <param name="bias">A number for each output, or null; read in whole registers.</param>
    /// <param name="y">Results.</param>
    /// <param name="places">Where they are.</param>
    public static void Forward(in TimeShape s, float* x, int* lengths, float* w, float* bias, float* y, int* places)
    {
        if (Width.Is512)
        {
            AnyForward<W512>(s, x, lengths, w, bias, y, places);
        }
        else if (Width.Is256)
        {
            AnyForward<W256>(s, x, lengths, w, bias, y, places);
        }
        else
        {
            AnyForward<W128>(s, x, lengths, w, bias, y, places);
        }
    }

    private static void AnyForward<V>(in TimeShape s, float* x, int* lengths, float* w, float* bias, float* y, int* places)
        where V : struct, IVec<V>
    {
        if (MaxOverTimeTiles.Pays(s))
        {
            MaxOverTimeTiles.Forward<V>(s, x, lengths, w, bias, y, places);
        }
        else
        {
            Forward<V>(s, x, lengths, w, bias, y, places);
        }
    }

    /// <summary>The definition, for any shape, with registers of choice.</summary>
    internal static void Forward<V>(in TimeShape s, float* x, int* lengths, float* w, float* bias, float* y, int* places)
        where V : struct, IVec<V>
    {
        var shape = new ConvShape { W = Math.Max(s.Steps, s.Window), Cin = s.Width, Cout = s.Outputs, KW = s.Window };
        ConvPhase phase = Conv.ForwardPhase(shape);
        var pack = new ConvWeights<V> { Shape = shape, Phases = &phase, PhaseCount = 1, From = w };
        pack.To = Workspace.Get(Workspace.Slot.Weights, pack.Arrange());
        pack.Pack();

        long each = (long)s.Places(s.Steps) * s.Depth * s.Outputs;
        int panels = (s.Outputs + (2 * V.Width) - 1) / (2 * V.Width);
        var job = new ForwardJob<V>
        {
            S = s,
            X = x,
            Lengths = lengths,
            Packed = pack.To,
            Bias = bias,
            Y = y,
            Places = places,
            Panels = panels,
            Together = (int)Math.Clamp(Grain / Math.Max(1, each), 1, Math.Max(1, s.Rows)),
        };

        // Few rows are shared out by outputs as well.
        int groups = (s.Rows + job.Together - 1) / job.Together;
        job.Parts = groups >= Enough ? 1 : (int)Math.Clamp(each * job.Together * 4 / Grain, 1, panels);
        Team.For(groups * job.Parts, ref job);
    }

    /// <summary>Keeps the greater and its place; NaN is greater than all.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Better<V>(V x, V here, ref V best, ref V where)
        where V : struct, IVec<V>
    {
        V better = V.Or(V.Greater(x, best), V.IsNaN(x));
        best = V.Select(better, x, best);
        where = V.Select(better, here, where);
    }

    // A task is a few rows and a share of the outputs.
    private struct ForwardJob<V> : IJob
        where V : struct, IVec<V>
    {
        public TimeShape S;
        public float* X;
        public int* Lengths;
        public float* Packed;
        public float* Bias;
        public float* Y;
        public int* Places;
        public int Panels;
        public int Together;
        public int Parts;

        public readonly void Run(int index)
        {
            int part = index % Parts, first = index / Parts * Together, last = Math.Min(S.Rows, first + Together);
            for (int panel = Panels * part / Parts; panel < Panels * (part + 1) / Parts; panel++)
            {
                for (int row = first; row < last; row++)
                {
                    Panel(row, panel * 2 * V.Width);
                }
            }
        }

        // The greatest of up to two registers of outputs. Lanes beyond the last output hold anything and are thrown away.
        [SkipLocalsInit]
        private readonly void Panel(int row, int n0)
        {
            float* sums = stackalloc float[14 * 2 * V.Width];
            int height = MicroKernel<V>.MaxRows, columns = Math.Min(2 * V.Width, S.Outputs - n0), panel = Pack.PanelWidth<V>(columns);
            int steps = S.StepsOf(Lengths, row), count = S.Places(steps), tiles = (count + height - 1) / height;
            float* x = X + ((nint)row * S.Steps * S.Width);
            Tile t = default;
            t.OuterCount = 1;
            t.InnerCount = S.Within(steps);
            t.StrideRowA = (nint)S.Width * sizeof(float);
            t.StrideA = sizeof(float);
            t.B = (byte*)(Packed + ((nint)n0 * S.Depth));
            t.StrideB = panel * sizeof(float);
            t.C = (byte*)sums;
            t.StrideRowC = 2 * V.Width * sizeof(float);
            t.Columns = columns;
            t.Masked = columns != panel;
            t.Bias = Bias == null ? null : Bias + n0;
            V best0 = V.All(float.NegativeInfinity), best1 = best0, where0 = V.AllBits(0), where1 = where0;

            // Places are shared out evenly, as in every product.
            int from = 0;
            for (int i = 1; i <= tiles; i++)
            {
                int next = (int)((long)count * i / tiles);
                t.A = (byte*)(x + ((nint)from * S.Width));
                MicroKernel<V>.Run(next - from, panel / V.Width, &t);
                float* sum = sums;
                for (; from < next; from++, sum += 2 * V.Width)
                {
                    V here = V.AllBits(from);
                    Better(V.Load(sum), here, ref best0, ref where0);
                    if (panel > V.Width)
                    {
                        Better(V.Load(sum + V.Width), here, ref best1, ref where1);
                    }
                }
            }

            nint at = ((nint)row * S.Outputs) + n0;
            Put(best0, where0, at, Math.Min(V.Width, columns));
            if (columns > V.Width)
            {
                Put(best1, where1, at + V.Width, columns - V.Width);
            }
        }

        private readonly void Put(V best, V where, nint at, int count)
        {
            V.StoreFirst(best, Y + at, count);
            V.StoreFirst(where, (float*)Places + at, count);
        }
    }
}
