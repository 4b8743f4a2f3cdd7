using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Convolutions in which every channel is on its own: channels in the lanes, one loop forward and backward to the image.</summary>
/// <remarks>These are bound by memory, not by arithmetic; weights stay [KH, KW, 1, C] and are used as they are.</remarks>
internal static unsafe class Depthwise<V>
    where V : struct, IVec<V>
{
    // Source floats of a task. Where results are written past the cache, its edges are read twice from memory.
    private const int BandFloats = 48 * 1024, FarBandFloats = 256 * 1024;

    /// <summary>Targets of all phases from their sources; see <see cref="ConvPhase"/>.</summary>
    public static void Run(
        in ConvShape s, ConvPhase* phases, int count, float* source, int sourceHeight, int sourceWidth, float* w,
        float* target, int targetHeight, int targetWidth, bool accumulate, float* bias, Activation activation, float* residual)
    {
        var job = new RowsJob
        {
            Shape = s,
            Phases = phases,
            PhaseCount = count,
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

        job.Far = !accumulate && residual == null && (long)s.N * targetHeight * targetWidth * s.Cin >= PastCache.Floats && PastCache.Fits<V>(target, s.Cin);
        job.Together = Lanes<V>.RowsPerTask(rows, (nint)sourceWidth * s.Cin, job.Far ? FarBandFloats : BandFloats);

        // Rows go in pairs.
        job.Together += job.Together % 2;
        Team.For((rows + job.Together - 1) / job.Together, ref job);
    }

    /// <summary>A run of target rows.</summary>
    private struct RowsJob : IJob
    {
        public ConvShape Shape;
        public ConvPhase* Phases;
        public int PhaseCount;
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
        public bool Far;

        private readonly int Channels => Shape.Cin;

        public readonly void Run(int index)
        {
            // All phases of a band together: they read the same source rows.
            for (int i = 0; i < PhaseCount; i++)
            {
                Band(Phases[i], index * Together);
            }

            if (Far)
            {
                PastCache.Arrived();
            }
        }

        private readonly void Band(in ConvPhase phase, int first)
        {
            int last = Math.Min(Shape.N * phase.Rows.Count, first + Together);
            bool three = DepthwiseThree<V>.Fits(phase) && !Accumulate && Residual == null, pairs = three && DepthwisePair<V>.Fits(phase);
            nint nextRow = (nint)phase.Rows.Step * TargetWidth * Channels;
            for (int row = first; row < last; row++)
            {
                int image = row / phase.Rows.Count, t = row % phase.Rows.Count;
                int high = phase.Rows.First + (t * phase.Rows.Step);
                nint target = ((((nint)image * TargetHeight) + high) * TargetWidth) + phase.Columns.First;
                float* source = Source + ((nint)image * SourceHeight * SourceWidth * Channels);
                if (pairs && row + 1 < last && t + 1 < phase.Rows.Count)
                {
                    DepthwisePair<V>.Rows(
                        phase, t, source, SourceHeight, SourceWidth, Channels, Weights, Bias, Activation, Target + (target * Channels), nextRow, Far);
                    row++;
                }
                else if (three)
                {
                    DepthwiseThree<V>.Row(phase, t, source, SourceHeight, SourceWidth, Channels, Weights, Bias, Activation, Target + (target * Channels), Far);
                }
                else
                {
                    Row(phase, t, source, target * Channels);
                }
            }
        }

        // The columns whose taps all exist go four at a time; those at the margins one by one with the taps they have.
        private readonly void Row(in ConvPhase phase, int t, float* image, nint target)
        {
            ConvAxis across = phase.Columns;
            var block = new Block
            {
                Rows = (nint*)Workspace.Get(Workspace.Slot.Offsets, 4 * (phase.Rows.Taps + 1)),
                NextTap = (nint)across.TapStep * Channels,
                NextWeight = (nint)across.KernelStep * Channels,
                Next = (nint)across.SourceStep * Channels,
                NextTarget = (nint)across.Step * Channels,
                RowsAhead = Math.Min(phase.Rows.SourceStep, phase.Rows.Taps),
                RowAhead = (nint)phase.Rows.TapStep * SourceWidth * Channels,
            };
            float* ahead = image
                + ((((nint)phase.Rows.Source(t + 1, phase.Rows.Taps - block.RowsAhead) * SourceWidth) + across.Origin) * Channels);


            // Where the first and last tap exist, all do: from here to there.
            int inner = across.Count, outer = 0;
            for (int u = 0; u < across.Count; u++)
            {
                if (Existing(across, u, SourceWidth) == (0, across.Taps))
                {
                    inner = Math.Min(inner, u);
                    outer = u + 1;
                }
            }

            for (int u = 0; u < across.Count;)
            {
                if (u <= inner || u >= outer)
                {
                    (int from, int to) = Existing(across, u, SourceWidth);
                    List(phase, t, from, to, ref block);
                }

                block.Source = image + (u * block.Next);
                block.Ahead = ahead + (u * block.Next);
                block.Target = target + (u * block.NextTarget);
                if (u < inner || u + 4 > outer)
                {
                    Pixels<C1>(block);
                    u++;
                    continue;
                }

                Pixels<C4>(block);
                u += 4;
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

        /// <summary>Source and weight offsets of the tap rows that exist, and the first of so many tap columns.</summary>
        private readonly void List(in ConvPhase phase, int t, int from, int to, ref Block block)
        {
            (int rowFrom, int rowTo) = Existing(phase.Rows, t, SourceHeight);
            nint* pair = block.Rows;
            for (int j = rowFrom; j < rowTo; j++)
            {
                int kernel = ((phase.Rows.Kernel + (j * phase.Rows.KernelStep)) * Shape.KW) + phase.Columns.Kernel + (from * phase.Columns.KernelStep);
                pair[0] = (((nint)phase.Rows.Source(t, j) * SourceWidth) + phase.Columns.Source(0, from)) * Channels;
                pair[1] = (nint)kernel * Channels;
                pair += 2;
            }

            block.RowsEnd = pair;
            block.Taps = to - from;
        }

        // No call may appear here: it would make the JIT keep the sums in memory.
        private readonly void Pixels<Count>(in Block block)
            where Count : IConst
        {
            nint next = block.Next, next3 = 3 * next, nextTap = block.NextTap, nextWeight = block.NextWeight;
            int channels = Channels;
            for (int c = 0; c < channels; c += V.Width)
            {
                // Sources and weights may be read beyond the last channel: those lanes are not stored.
                int lanes = Math.Min(V.Width, channels - c);
                V y0 = Bias == null ? V.Zero : V.LoadFirst(Bias + c, lanes);
                V y1 = y0, y2 = y0, y3 = y0;
                Fetch<Count>(block, c);
                for (nint* row = block.Rows; row < block.RowsEnd; row += 2)
                {
                    float* x = block.Source + row[0] + c;
                    float* w = Weights + row[1] + c;
                    for (int i = block.Taps; i > 0; i--)
                    {
                        V k = V.Load(w);
                        y0 = V.Fma(k, x, y0);
                        if (Count.Value > 1)
                        {
                            y1 = V.Fma(k, x + next, y1);
                            y2 = V.Fma(k, x + (2 * next), y2);
                            y3 = V.Fma(k, x + next3, y3);
                        }

                        x += nextTap;
                        w += nextWeight;
                    }
                }

                nint at = block.Target + c;
                Put(y0, at, lanes);
                if (Count.Value > 1)
                {
                    Put(y1, at + block.NextTarget, lanes);
                    Put(y2, at + (2 * block.NextTarget), lanes);
                    Put(y3, at + (3 * block.NextTarget), lanes);
                }
            }
        }

        /// <summary>Asks for what comes next and is too scattered for the hardware to foresee: new source rows, and the target pixels after these.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void Fetch<Count>(in Block block, int c)
            where Count : IConst
        {
            if (!Sse.IsSupported)
            {
                return;
            }

            float* p = block.Ahead + c;
            for (int row = 0; row < block.RowsAhead; row++, p += block.RowAhead)
            {
                for (nint i = 0; i < Count.Value * block.Next; i += Channels)
                {
                    Prefetch.Near(p + i);
                }
            }

            float* y = Target + block.Target + (Count.Value * block.NextTarget) + c;
            Prefetch.Near(y);
            if (Count.Value > 1)
            {
                Prefetch.Near(y + block.NextTarget);
                Prefetch.Near(y + (2 * block.NextTarget));
                Prefetch.Near(y + (3 * block.NextTarget));
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

        /// <summary>One or four target pixels in a row, and the taps they share.</summary>
        private struct Block
        {
            public float* Source;
            public nint Target;

            /// <summary>Floats from a pixel's source to the next pixel's.</summary>
            public nint Next;
            public nint NextTarget;

            /// <summary>A pair of offsets, of the source and of the weights, for each tap row.</summary>
            public nint* Rows;
            public nint* RowsEnd;

            /// <summary>Tap columns.</summary>
            public int Taps;
            public nint NextTap;
            public nint NextWeight;

            /// <summary>The source rows that the next target row brings into play.</summary>
            public float* Ahead;
            public int RowsAhead;
            public nint RowAhead;
        }
    }
}
