using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>The way back through <see cref="MaxOverTime"/>, to the rows and to the weights, and its derivative in a direction.</summary>
/// <remarks>
/// <para>Each row and output has one place that counts. To the weights: a task is 16 outputs, each a sum over the rows, in order, of the windows at their places. To the
/// rows: a task is a row, to which each output adds its weights, in order. So nothing depends on how many threads there are, and B x O windows are read where
/// all results have B x O x T.</para>
/// <para>Layouts and lengths are those of the way there.</para>
/// </remarks>
internal static unsafe class MaxOverTimeGradient
{
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
