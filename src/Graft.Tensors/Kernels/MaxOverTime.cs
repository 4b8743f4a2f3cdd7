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

/// <summary>Convolutions over time of which only the greatest result of each row and output is wanted: forward, backward to the rows and to the weights.</summary>
/// <remarks>
/// <para>Rows [B, T, D], weights [w, D, O], results [B, O], all dense. What a place of the window sees is one run of w x D numbers, and the next place's run begins D further:
/// the left operand of a matrix product, without a copy. Its results live as one tile of the micro-kernel; behind it the greatest so far and their places are kept in registers.</para>
/// <para>Back, each row and output has one place that counts. To the weights: a task is 16 outputs, each a sum over the rows, in order, of the windows at their places. To the
/// rows: a task is a row, to which each output adds its weights, in order. So nothing depends on how many threads there are, and B x O windows are read where
/// all results have B x O x T.</para>
/// <para>Forward, most windows of 2 to 5 steps go through <see cref="MaxOverTimeTiles"/>; the shape decides.</para>
/// <para>A row may be shorter than T, and than the window: steps behind its end count as 0, which the loops say by ending sooner.</para>
/// </remarks>
internal static unsafe class MaxOverTime
{
    // Multiplications that a task is worth, forward; back a task is shorter anyway.
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

    /// <summary>dw[.., o] = sum over rows of dy[b, o] times the window at its place, with dw added where <paramref name="accumulate"/> is set.</summary>
    public static void BackwardWeight(in TimeShape s, float* x, int* lengths, float* dy, int* places, float* dw, bool accumulate)
    {
        if (Width.Is512)
        {
            BackwardWeight<W512>(s, x, lengths, dy, places, dw, accumulate);
        }
        else if (Width.Is256)
        {
            BackwardWeight<W256>(s, x, lengths, dy, places, dw, accumulate);
        }
        else
        {
            BackwardWeight<W128>(s, x, lengths, dy, places, dw, accumulate);
        }
    }

    /// <summary>dx = sum over outputs of dy[b, o] times the output's weights, at its place, with dx added where <paramref name="accumulate"/> is set.</summary>
    public static void BackwardData(in TimeShape s, float* w, int* lengths, float* dy, int* places, float* dx, bool accumulate)
    {
        if (Width.Is512)
        {
            BackwardData<W512>(s, w, lengths, dy, places, dx, accumulate);
        }
        else if (Width.Is256)
        {
            BackwardData<W256>(s, w, lengths, dy, places, dx, accumulate);
        }
        else
        {
            BackwardData<W128>(s, w, lengths, dy, places, dx, accumulate);
        }
    }

    /// <summary>y[b, o] += the window of x at the place that counts, times the output's weights.</summary>
    public static void AddAtPlaces(in TimeShape s, float* x, int* lengths, float* w, int* places, float* y)
    {
        float* turned = Turned(s, w);
        var job = new ProductJob { S = s, X = x, Lengths = lengths, Weights = turned, Y = y, Places = places };
        Team.For(s.Rows, ref job);
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

    internal static void BackwardWeight<V>(in TimeShape s, float* x, int* lengths, float* dy, int* places, float* dw, bool accumulate)
        where V : struct, IVec<V>
    {
        var job = new WeightJob<V> { S = s, X = x, Lengths = lengths, Dy = dy, Places = places, Dw = dw, Accumulate = accumulate };
        Team.For((s.Outputs + TransposeBlock.Size - 1) / TransposeBlock.Size, ref job);
    }

    internal static void BackwardData<V>(in TimeShape s, float* w, int* lengths, float* dy, int* places, float* dx, bool accumulate)
        where V : struct, IVec<V>
    {
        var job = new DataJob<V> { S = s, Weights = Turned(s, w), Lengths = lengths, Dy = dy, Places = places, Dx = dx, Accumulate = accumulate };
        Team.For(s.Rows, ref job);
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

    // The weights of each output side by side.
    private static float* Turned(in TimeShape s, float* w)
    {
        float* turned = Workspace.Get(Workspace.Slot.Turned, (nint)s.Depth * s.Outputs);
        Transpose.Run(1, s.Depth, s.Outputs, w, turned);
        return turned;
    }

    // to += g · from.
    private static void AddTimes<V>(float g, float* from, float* to, int count)
        where V : struct, IVec<V>
    {
        V factor = V.All(g);
        int k = 0;
        for (; k + (4 * V.Width) <= count; k += 4 * V.Width)
        {
            V v0 = V.Fma(factor, from + k, V.Load(to + k)), v1 = V.Fma(factor, from + k + V.Width, V.Load(to + k + V.Width));
            V v2 = V.Fma(factor, from + k + (2 * V.Width), V.Load(to + k + (2 * V.Width))), v3 = V.Fma(factor, from + k + (3 * V.Width), V.Load(to + k + (3 * V.Width)));
            V.Store(v0, to + k);
            V.Store(v1, to + k + V.Width);
            V.Store(v2, to + k + (2 * V.Width));
            V.Store(v3, to + k + (3 * V.Width));
        }

        for (; k < count; k += V.Width)
        {
            int n = Math.Min(V.Width, count - k);
            V.StoreFirst(V.Fma(factor, V.LoadFirst(from + k, n), V.LoadFirst(to + k, n)), to + k, n);
        }
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

    // A window that has a share in an output's gradient.
    private struct Hit
    {
        public float* Window;
        public float Gradient;
    }

    // A task is 16 outputs: their gradients side by side, then turned.
    private struct WeightJob<V> : IJob
        where V : struct, IVec<V>
    {
        public TimeShape S;
        public float* X;
        public int* Lengths;
        public float* Dy;
        public int* Places;
        public float* Dw;
        public bool Accumulate;

        public readonly void Run(int index)
        {
            int first = index * TransposeBlock.Size, count = Math.Min(TransposeBlock.Size, S.Outputs - first);
            float* sums = Workspace.Get(Workspace.Slot.Gradient, 2 * (nint)TransposeBlock.Size * S.Depth);
            float* turned = sums + ((nint)TransposeBlock.Size * S.Depth);
            var hits = (Hit*)Workspace.Get(Workspace.Slot.Offsets, (nint)S.Rows * sizeof(Hit) / sizeof(float));
            for (int i = 0; i < count; i++)
            {
                Sum(first + i, hits, sums + ((nint)i * S.Depth));
            }

            TransposeBlock.All(sums, S.Depth, count, S.Depth, turned, TransposeBlock.Size);
            for (int k = 0; k < S.Depth; k++)
            {
                float* from = turned + (k * TransposeBlock.Size), to = Dw + ((nint)k * S.Outputs) + first;
                for (int i = 0; i < count; i += V.Width)
                {
                    int n = Math.Min(V.Width, count - i);
                    V v = V.LoadFirst(from + i, n);
                    V.StoreFirst(Accumulate ? V.LoadFirst(to + i, n) + v : v, to + i, n);
                }
            }
        }

        private readonly void Sum(int output, Hit* hits, float* sum)
        {
            int count = 0, shorter = 0;
            for (int row = 0; row < S.Rows; row++)
            {
                float g = Dy[((nint)row * S.Outputs) + output];
                if (g == 0)
                {
                    continue;
                }

                if (S.StepsOf(Lengths, row) < S.Window)
                {
                    shorter++;
                    continue;
                }

                hits[count].Gradient = g;
                hits[count++].Window = X + ((((nint)row * S.Steps) + Places[((nint)row * S.Outputs) + output]) * S.Width);
            }

            int k = 0;
            for (; k + (4 * V.Width) <= S.Depth; k += 4 * V.Width)
            {
                V v0 = V.Zero, v1 = v0, v2 = v0, v3 = v0;
                for (int i = 0; i < count; i++)
                {
                    float* x = hits[i].Window + k;
                    V g = V.All(hits[i].Gradient);
                    v0 = V.Fma(g, x, v0);
                    v1 = V.Fma(g, x + V.Width, v1);
                    v2 = V.Fma(g, x + (2 * V.Width), v2);
                    v3 = V.Fma(g, x + (3 * V.Width), v3);
                }

                V.Store(v0, sum + k);
                V.Store(v1, sum + k + V.Width);
                V.Store(v2, sum + k + (2 * V.Width));
                V.Store(v3, sum + k + (3 * V.Width));
            }

            for (; k < S.Depth; k += V.Width)
            {
                int n = Math.Min(V.Width, S.Depth - k);
                V v = V.Zero;
                for (int i = 0; i < count; i++)
                {
                    v = V.Fma(V.All(hits[i].Gradient), V.LoadFirst(hits[i].Window + k, n), v);
                }

                V.StoreFirst(v, sum + k, n);
            }

            if (shorter > 0)
            {
                AddShorter(output, sum);
            }
        }

        // Rows that end within the window.
        private readonly void AddShorter(int output, float* sum)
        {
            for (int row = 0; row < S.Rows; row++)
            {
                float g = Dy[((nint)row * S.Outputs) + output];
                int steps = S.StepsOf(Lengths, row);
                if (g != 0 && steps < S.Window)
                {
                    AddTimes<V>(g, X + ((nint)row * S.Steps * S.Width), sum, S.Within(steps));
                }
            }
        }
    }

    // A task is a row.
    private struct DataJob<V> : IJob
        where V : struct, IVec<V>
    {
        public TimeShape S;
        public float* Weights;
        public int* Lengths;
        public float* Dy;
        public int* Places;
        public float* Dx;
        public bool Accumulate;

        public readonly void Run(int index)
        {
            float* dx = Dx + ((nint)index * S.Steps * S.Width), dy = Dy + ((nint)index * S.Outputs);
            int* places = Places + ((nint)index * S.Outputs);
            int count = S.Within(S.StepsOf(Lengths, index));
            if (!Accumulate)
            {
                new Span<float>(dx, S.Steps * S.Width).Clear();
            }

            for (int o = 0; o < S.Outputs; o++)
            {
                if (dy[o] != 0)
                {
                    AddTimes<V>(dy[o], Weights + ((nint)o * S.Depth), dx + ((nint)places[o] * S.Width), count);
                }
            }
        }
    }

    // A task is a row.
    private struct ProductJob : IJob
    {
        public TimeShape S;
        public float* X;
        public int* Lengths;
        public float* Weights;
        public float* Y;
        public int* Places;

        public readonly void Run(int index)
        {
            float* x = X + ((nint)index * S.Steps * S.Width);
            nint at = (nint)index * S.Outputs;
            int count = S.Within(S.StepsOf(Lengths, index));
            for (int o = 0; o < S.Outputs; o++)
            {
                Y[at + o] += (float)RowProducts.Dot(x + ((nint)Places[at + o] * S.Width), Weights + ((nint)o * S.Depth), count);
            }
        }
    }
}
