using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Convolutions in which every channel is on its own: channels in the lanes, one loop forward and backward to the image.</summary>
/// <remarks>These are bound by memory, not by arithmetic; weights stay [KH, KW, 1, C] and are used as they are.</remarks>
internal static unsafe class Depthwise<V>
    where V : struct, IVec<V>
{
    // Operations worth a task.
    private const double Grain = 200e3;
    private const int MostParts = 16;

    /// <summary>Targets of all phases from their sources; see <see cref="ConvPhase"/>.</summary>
    public static void Run(
        in ConvShape s, ConvPhase* phases, int count, float* source, int sourceHeight, int sourceWidth, float* w,
        float* target, int targetHeight, int targetWidth, bool accumulate, float* bias, Activation activation, float* residual)
    {
        var job = new RowsJob
        {
            Shape = s,
            Phases = phases,
            Source = source,
            SourceHeight = sourceHeight,
            SourceWidth = sourceWidth,
            Weights = w,
            Target = target,
            TargetHeight = targetHeight,
            TargetWidth = targetWidth,
            Accumulate = accumulate,
            Bias = bias,
            Activation = activation,
            Residual = residual,
        };
        int rows = 0;
        for (int i = 0; i < count; i++)
        {
            rows = Math.Max(rows, s.N * phases[i].Rows.Count);
        }

        double perRow = Math.Max(1, s.Work / Math.Max(1, rows * count));
        job.Together = (int)Math.Clamp(Grain / perRow, 1, Math.Max(1, rows));
        job.Tasks = (rows + job.Together - 1) / job.Together;
        Team.For(count * job.Tasks, ref job);
    }

    /// <summary>dw = sum over images and positions of x * dy, in parts fixed by the shape.</summary>
    public static void BackwardWeight(in ConvShape s, float* x, float* dy, float* dw, bool accumulate)
    {
        int rows = s.N * s.OutH, parts = (int)Math.Clamp(s.Work / Grain, 1, Math.Min(rows, MostParts));
        nint size = s.WeightSize;
        var job = new GradientJob
        {
            Shape = s,
            X = x,
            Dy = dy,
            Parts = parts,
            Sums = Workspace.Get(Workspace.Slot.Partial, parts * size),
        };
        Team.For(parts, ref job);
        PartialSums.Add<V>(job.Sums, parts, size, dw, accumulate);
    }

    /// <summary>A run of target rows of one phase.</summary>
    private struct RowsJob : IJob
    {
        public ConvShape Shape;
        public ConvPhase* Phases;
        public float* Source;
        public int SourceHeight;
        public int SourceWidth;
        public float* Weights;
        public float* Target;
        public int TargetHeight;
        public int TargetWidth;
        public bool Accumulate;
        public float* Bias;
        public Activation Activation;
        public float* Residual;
        public int Together;
        public int Tasks;

        private readonly int Channels => Shape.Cin;

        public readonly void Run(int index)
        {
            ref ConvPhase phase = ref Phases[index / Tasks];
            int first = index % Tasks * Together, last = Math.Min(Shape.N * phase.Rows.Count, first + Together);
            for (int row = first; row < last; row++)
            {
                int image = row / phase.Rows.Count, t = row % phase.Rows.Count;
                int high = phase.Rows.First + (t * phase.Rows.Step);
                nint target = ((((nint)image * TargetHeight) + high) * TargetWidth) + phase.Columns.First;
                Row(phase, t, Source + ((nint)image * SourceHeight * SourceWidth * Channels), target * Channels);
            }
        }

        // The columns whose taps all exist go four at a time; those at the margins one by one with the taps they have.
        private readonly void Row(in ConvPhase phase, int t, float* image, nint target)
        {
            ConvAxis across = phase.Columns;
            nint* taps = (nint*)Workspace.Get(Workspace.Slot.Offsets, 4 * Math.Max(1, phase.Taps));
            int have = -1, count = 0;
            for (int u = 0; u < across.Count;)
            {
                (int from, int to) = Existing(across, u, SourceWidth);
                bool all = to - from == across.Taps;
                if (have != (from * across.Taps) + to)
                {
                    have = (from * across.Taps) + to;
                    count = List(phase, t, from, to, taps);
                }

                float* x = image + ((nint)u * across.SourceStep * Channels);
                nint ahead = (((nint)phase.Rows.Source(t + 1, phase.Rows.Taps - 1) * SourceWidth) + across.Source(0, across.Taps - 1)) * Channels;
                nint at = target + ((nint)u * across.Step * Channels);
                if (all && u + 3 < across.Count && Existing(across, u + 3, SourceWidth) == (from, to))
                {
                    Pixels<C4>(x, x + ahead, taps, count, (nint)across.SourceStep * Channels, at, (nint)across.Step * Channels);
                    u += 4;
                }
                else
                {
                    Pixels<C1>(x, x + ahead, taps, count, 0, at, 0);
                    u++;
                }
            }
        }

        /// <summary>The taps, as a half-open range, whose source exists.</summary>
        private static (int From, int To) Existing(in ConvAxis axis, int t, int size)
        {
            int from = 0, to = axis.Taps;
            while (from < to && axis.Source(t, from) < 0)
            {
                from++;
            }

            while (to > from && axis.Source(t, to - 1) >= size)
            {
                to--;
            }

            return (from, to);
        }

        /// <summary>Pairs of offsets, of the source and of the weights, for the taps of a target row and so many columns.</summary>
        private readonly int List(in ConvPhase phase, int t, int from, int to, nint* taps)
        {
            (int rowFrom, int rowTo) = Existing(phase.Rows, t, SourceHeight);
            int count = 0;
            for (int j = rowFrom; j < rowTo; j++)
            {
                for (int i = from; i < to; i++)
                {
                    int kernel = ((phase.Rows.Kernel + (j * phase.Rows.KernelStep)) * Shape.KW) + phase.Columns.Kernel + (i * phase.Columns.KernelStep);
                    taps[2 * count] = (((nint)phase.Rows.Source(t, j) * SourceWidth) + phase.Columns.Source(0, i)) * Channels;
                    taps[(2 * count) + 1] = (nint)kernel * Channels;
                    count++;
                }
            }

            return count;
        }

        // No call may appear here: it would make the JIT keep the sums in memory.
        private readonly void Pixels<Count>(float* x, float* ahead, nint* taps, int count, nint next, nint target, nint nextTarget)
            where Count : IConst
        {
            float* weights = Weights;
            int channels = Channels;
            for (int c = 0; c < channels; c += V.Width)
            {
                // Sources and weights may be read beyond the last channel: those lanes are not stored.
                int lanes = Math.Min(V.Width, channels - c);
                V y0 = Bias == null ? V.Zero : V.LoadFirst(Bias + c, lanes);
                V y1 = y0, y2 = y0, y3 = y0;
                if (Sse.IsSupported)
                {
                    // The row that the next target row brings into play: too scattered for the hardware to foresee.
                    Sse.Prefetch0(ahead + c);
                    if (Count.Value > 1)
                    {
                        Sse.Prefetch0(ahead + next + c);
                        Sse.Prefetch0(ahead + (2 * next) + c);
                        Sse.Prefetch0(ahead + (3 * next) + c);
                    }
                }

                for (int i = 0; i < count; i++)
                {
                    float* p = x + taps[2 * i] + c;
                    V k = V.Load(weights + taps[(2 * i) + 1] + c);
                    y0 = V.Fma(V.Load(p), k, y0);
                    if (Count.Value > 1)
                    {
                        y1 = V.Fma(V.Load(p + next), k, y1);
                        y2 = V.Fma(V.Load(p + (2 * next)), k, y2);
                        y3 = V.Fma(V.Load(p + (3 * next)), k, y3);
                    }
                }

                Put(y0, target + c, lanes);
                if (Count.Value > 1)
                {
                    Put(y1, target + nextTarget + c, lanes);
                    Put(y2, target + (2 * nextTarget) + c, lanes);
                    Put(y3, target + (3 * nextTarget) + c, lanes);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void Put(V y, nint at, int lanes)
        {
            if (Accumulate)
            {
                y += V.LoadFirst(Target + at, lanes);
            }

            if (Residual != null)
            {
                y += V.LoadFirst(Residual + at, lanes);
            }

            if (Activation != Activation.None)
            {
                y = V.AtLeast(y, V.Zero);
                y = V.AtMost(y, V.All(Activation == Activation.Relu6 ? 6f : float.PositiveInfinity));
            }

            if (lanes == V.Width)
            {
                V.Store(y, Target + at);
            }
            else
            {
                V.StoreFirst(y, Target + at, lanes);
            }
        }
    }

    /// <summary>A fixed share of the result rows, summed into a gradient of its own.</summary>
    private struct GradientJob : IJob
    {
        public ConvShape Shape;
        public float* X;
        public float* Dy;
        public int Parts;
        public float* Sums;

        public readonly void Run(int index)
        {
            int outH = Shape.OutH, rows = Shape.N * outH;
            float* sums = Sums + (index * Shape.WeightSize);
            new Span<float>(sums, (int)Shape.WeightSize).Clear();
            int last = (int)((long)rows * (index + 1) / Parts);
            for (int row = (int)((long)rows * index / Parts); row < last; row++)
            {
                for (int k = 0; k < Shape.KH; k++)
                {
                    int h = (row % outH * Shape.StrideH) - Shape.PadH + (k * Shape.DilationH);
                    if ((uint)h < (uint)Shape.H)
                    {
                        Row(row, ((row / outH) * Shape.H) + h, sums + ((nint)k * Shape.KW * Shape.Cin));
                    }
                }
            }
        }

        private readonly void Row(int row, int imageRow, float* sums)
        {
            int channels = Shape.Cin, width = Shape.OutW;
            float* dy = Dy + ((nint)row * width * channels);
            float* x = X + ((nint)imageRow * Shape.W * channels);
            nint next = (nint)Shape.StrideW * channels;
            for (int k = 0; k < Shape.KW; k++, sums += channels)
            {
                // Result columns whose image column u * stride + shift exists.
                int shift = (k * Shape.DilationW) - Shape.PadW;
                int from = shift >= 0 ? 0 : (Shape.StrideW - 1 - shift) / Shape.StrideW;
                int to = Shape.W - 1 - shift < 0 ? 0 : Math.Min(width, ((Shape.W - 1 - shift) / Shape.StrideW) + 1);
                for (int c = 0; c < channels && from < to; c += V.Width)
                {
                    int lanes = Math.Min(V.Width, channels - c);
                    float* g = dy + ((nint)from * channels) + c;
                    float* a = x + (((nint)from * Shape.StrideW) + shift) * channels + c;
                    V s0 = V.LoadFirst(sums + c, lanes), s1 = V.Zero, s2 = V.Zero, s3 = V.Zero;
                    int u = from;
                    for (; u + 4 <= to; u += 4)
                    {
                        // Four sums at a time, so that none waits for the one before.
                        s0 = V.Fma(V.Load(a), V.Load(g), s0);
                        s1 = V.Fma(V.Load(a + next), V.Load(g + channels), s1);
                        s2 = V.Fma(V.Load(a + (2 * next)), V.Load(g + (2 * channels)), s2);
                        s3 = V.Fma(V.Load(a + (3 * next)), V.Load(g + (3 * channels)), s3);
                        a += 4 * next;
                        g += 4 * channels;
                    }

                    for (; u < to; u++)
                    {
                        s0 = V.Fma(V.Load(a), V.Load(g), s0);
                        a += next;
                        g += channels;
                    }

                    V.StoreFirst((s0 + s2) + (s1 + s3), sums + c, lanes);
                }
            }
        }
    }
}
