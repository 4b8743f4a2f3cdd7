using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Sizes of an inverted bottleneck: a product that widens the channels, a depthwise 3 x 3 convolution, a product that narrows them.</summary>
internal readonly record struct InvertedShape(int N, int H, int W, int Cin, int Wide, int Cout, int Stride)
{
    public int OutH => ((H - 1) / Stride) + 1;

    public int OutW => ((W - 1) / Stride) + 1;

    /// <summary>The convolution in the middle: margins of 1.</summary>
    public ConvAxis Columns => ConvAxis.Forward(OutW, 3, Stride, 1, 1);

    /// <summary>The same with its rows.</summary>
    public ConvShape Filter => new() { N = N, H = H, W = W, Cin = Wide, Cout = Wide, Groups = Wide, KH = 3, KW = 3, StrideH = Stride, StrideW = Stride, PadH = 1, PadW = 1 };

    /// <summary>Bytes of the widened images.</summary>
    public long WideBytes => (long)N * H * W * Wide * sizeof(float);
}

/// <summary>An inverted bottleneck in one go: its wide images, most of its memory, exist a few rows at a time and never leave the cache.</summary>
/// <remarks>
/// <para>A task is a run of result rows of one image. It goes down in steps of some rows: the image rows that are new are widened into a ring of
/// rows, the window of three rows moves over the ring, and its results are narrowed into the target. Rows above and below the image are
/// zeros. Both products are tiles of the micro-kernel with weights packed once for all tasks.</para>
/// <para>Each number is that of the three operations one after the other, bit for bit where both products read held weights (<see cref="Conv.IsHeld"/>), else up to the order of long sums; how rows are cut changes none.</para>
/// </remarks>
internal static unsafe class InvertedBlock<V>
    where V : struct, IVec<V>
{
    /// <summary>Bytes of wide rows and of their filtered rows that a step shall not exceed.</summary>
    public const int StepBytes = 192 * 1024;

    /// <summary>y = narrow(act(filter(act(widen(x))))) + residual.</summary>
    /// <param name="s">Sizes.</param>
    /// <param name="parts">Weights and biases.</param>
    /// <param name="x">[N, H, W, Cin].</param>
    /// <param name="activation">Behind the first two.</param>
    /// <param name="residual">Laid out like y, or null.</param>
    /// <param name="y">[N, OutH, OutW, Cout].</param>
    /// <param name="stepBytes">Limit of a step.</param>
    public static void Run(in InvertedShape s, InvertedParts parts, float* x, Activation activation, float* residual, float* y, int stepBytes = StepBytes)
    {
        bool widens = parts.Widen != null && !parts.WidenIsPacked;
        nint first = widens ? PackedProduct<V>.Size(s.Cin, s.Wide) : 0;
        float* packed = Workspace.Get(Workspace.Slot.Weights, first + (parts.NarrowIsPacked ? 0 : PackedProduct<V>.Size(s.Wide, s.Cout)));
        if (widens)
        {
            PackedProduct<V>.Pack(parts.Widen, s.Cin, s.Wide, packed);
            parts.Widen = packed;
        }

        if (!parts.NarrowIsPacked)
        {
            PackedProduct<V>.Pack(parts.Narrow, s.Wide, s.Cout, packed + first);
            parts.Narrow = packed + first;
        }

        int bands = Math.Clamp((2 * Team.Threads + s.N - 1) / s.N, 1, s.OutH);
        long row = ((long)s.Stride * s.W * (parts.Widen == null ? 0 : 1) + s.OutW) * s.Wide * sizeof(float);
        var job = new Job
        {
            Shape = s,
            Parts = parts,
            X = x,
            Activation = activation,
            Residual = residual,
            Y = y,
            Bands = bands,
            Step = (int)Math.Clamp(stepBytes / Math.Max(1, row), 1, s.OutH),
        };
        Team.For(s.N * bands, ref job);
    }

    private struct Job : IJob
    {
        public InvertedShape Shape;
        public InvertedParts Parts;
        public float* X;
        public Activation Activation;
        public float* Residual;
        public float* Y;
        public int Bands;
        public int Step;

        private readonly nint WideRow => (nint)Shape.W * Shape.Wide;

        /// <summary>Wide rows that are kept: those of a step and the one or two that the step before shares with it.</summary>
        private readonly int Ring => (Step * Shape.Stride) + 2;

        public readonly void Run(int index)
        {
            InvertedShape s = Shape;
            int image = index / Bands, band = index % Bands, outH = s.OutH, outW = s.OutW;
            int first = (int)((long)outH * band / Bands), last = (int)((long)outH * (band + 1) / Bands);
            float* x = X + ((nint)image * s.H * s.W * s.Cin);
            float* ring = Parts.Widen == null ? x : Workspace.Get(Workspace.Slot.Band, Ring * WideRow);
            float* filtered = Workspace.Get(Workspace.Slot.Gradient, (nint)Step * outW * s.Wide);
            float* zeros = DepthwiseThree<V>.Zeros(WideRow);
            ConvAxis across = s.Columns;
            int done = Math.Max(0, (first * s.Stride) - 1);
            for (int row = first; row < last; row += Step)
            {
                int rows = Math.Min(Step, last - row), need = Math.Min(s.H, ((row + rows - 1) * s.Stride) + 2);
                if (Parts.Widen != null)
                {
                    Widen(x, done, need, ring);
                }

                done = Math.Max(done, need);
                for (int i = 0; i < rows; i++)
                {
                    int h = ((row + i) * s.Stride) - 1;
                    DepthwiseThree<V>.Row(
                        across, Row(ring, h, zeros), Row(ring, h + 1, zeros), Row(ring, h + 2, zeros), s.W, s.Wide, Parts.Filter, Parts.FilterBias, Activation,
                        filtered + ((nint)i * outW * s.Wide));
                }

                nint at = (((nint)image * outH) + row) * outW * s.Cout;
                var narrow = new PackedProduct<V> { Depth = s.Wide, Columns = s.Cout, Packed = Parts.Narrow, Bias = Parts.NarrowBias };
                narrow.Run(rows * outW, filtered, Y + at, Residual == null ? null : Residual + at);
            }
        }

        /// <summary>Widens image rows from .. to-1 into their places in the ring, in pieces that lie in one run there.</summary>
        private readonly void Widen(float* x, int from, int to, float* ring)
        {
            var widen = new PackedProduct<V> { Depth = Shape.Cin, Columns = Shape.Wide, Packed = Parts.Widen, Bias = Parts.WidenBias, Activation = Activation };
            while (from < to)
            {
                int place = from % Ring, rows = Math.Min(to - from, Ring - place);
                widen.Run(rows * Shape.W, x + ((nint)from * Shape.W * Shape.Cin), ring + (place * WideRow));
                from += rows;
            }
        }

        /// <summary>A wide row: in the ring, or in the image itself where it is not widened.</summary>
        private readonly float* Row(float* ring, int h, float* zeros) =>
            (uint)h >= (uint)Shape.H ? zeros : ring + ((Parts.Widen == null ? h : h % Ring) * WideRow);
    }
}

/// <summary>Weights and biases of an inverted bottleneck.</summary>
internal unsafe struct InvertedParts
{
    /// <summary>[Cin, Wide], or null where the image is wide as it is (Cin = Wide).</summary>
    public float* Widen;

    /// <summary>Wide numbers.</summary>
    public float* WidenBias;

    /// <summary>[3, 3, 1, Wide].</summary>
    public float* Filter;

    /// <summary>Wide numbers.</summary>
    public float* FilterBias;

    /// <summary>[Wide, Cout].</summary>
    public float* Narrow;

    /// <summary>Cout numbers.</summary>
    public float* NarrowBias;

    /// <summary>Whether <see cref="Widen"/> comes from <see cref="PackedProduct{V}.Pack(float*, int, int, float*)"/>.</summary>
    public bool WidenIsPacked;

    /// <summary>The same of <see cref="Narrow"/>.</summary>
    public bool NarrowIsPacked;
}

/// <summary>The inverted bottleneck on registers of this machine's width.</summary>
internal static unsafe class InvertedBlock
{
    // Wide images of fewer bytes stay in the cache anyway.
    private const long WorthBytes = 1 << 18;

    /// <summary>Whether it pays.</summary>
    public static bool Pays(in InvertedShape s) => s.WideBytes >= WorthBytes;

    /// <summary>See <see cref="InvertedBlock{V}.Run"/>.</summary>
    public static void Run(in InvertedShape s, InvertedParts parts, float* x, Activation activation, float* residual, float* y)
    {
        if (Width.Is512)
        {
            InvertedBlock<W512>.Run(s, parts, x, activation, residual, y);
        }
        else if (Width.Is256)
        {
            InvertedBlock<W256>.Run(s, parts, x, activation, residual, y);
        }
        else
        {
            InvertedBlock<W128>.Run(s, parts, x, activation, residual, y);
        }
    }
}
