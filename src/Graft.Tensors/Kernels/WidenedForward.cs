using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Pictures widened, normalized, clipped and filtered a few rows at a time; see <see cref="Widened"/>.</summary>
/// <remarks>A task is a run of result rows of one image. It goes down in steps of some rows: the image rows that are new are widened into a ring of rows, the window of three
/// rows moves over the ring, and its results are summed up for their moments. Rows above and below the image are zeros.</remarks>
internal static unsafe class WidenedForward<V>
    where V : struct, IVec<V>
{
    private const int MostParts = 32;

    /// <summary>Bytes of wide rows and of their filtered rows that a step shall not exceed.</summary>
    private const int StepBytes = 192 * 1024;

    /// <summary>See <see cref="Widened.Moments"/>.</summary>
    public static void Moments(in InvertedShape s, in WidenedParts p, float* mean, float* variance)
    {
        int cin = s.Cin, wide = s.Wide;
        double* middle = (double*)Workspace.Get(Workspace.Slot.Folded, 2 * (cin + ((nint)cin * cin) + (3 * wide))), covariance = middle + cin;
        double* means = covariance + ((nint)cin * cin), squares = means + wide, row = squares + wide;
        Covariance<V>.Run((nint)s.N * s.H * s.W, cin, p.X, middle, covariance);
        new Span<double>(means, 2 * wide).Clear();
        for (int k = 0; k < cin; k++)
        {
            p.Middle[k] = (float)middle[k];
            float* w = p.Widen + ((nint)k * wide);
            Product(covariance + ((nint)k * cin), p.Covariance + ((nint)k * cin), s, p.Widen, row);
            for (int c = 0; c < wide; c++)
            {
                means[c] += middle[k] * w[c];
                squares[c] += w[c] * row[c];
            }
        }

        for (int c = 0; c < wide; c++)
        {
            mean[c] = (float)means[c];
            variance[c] = (float)Math.Max(0, squares[c]);
        }
    }

    /// <summary>See <see cref="Widened.Forward"/>.</summary>
    public static void Run(in InvertedShape s, in WidenedParts p, float* y, float* mean, float* variance, int stepBytes = StepBytes)
    {
        float* packed = Workspace.Get(Workspace.Slot.Weights, PackedProduct<V>.Size(s.Cin, s.Wide));
        PackedProduct<V>.Pack(p.Folded(s), s.Cin, s.Wide, packed);
        int bands = Math.Clamp((MostParts + s.N - 1) / s.N, 1, s.OutH);
        long row = (((long)s.Stride * s.W) + s.OutW) * s.Wide * sizeof(float);
        var job = new Job
        {
            Shape = s,
            Parts = p,
            Y = y,
            Bands = bands,
            Step = (int)Math.Clamp(stepBytes / Math.Max(1, row), 1, s.OutH),
            Widen = new PackedProduct<V> { Depth = s.Cin, Columns = s.Wide, Packed = packed, Bias = p.Beta, Activation = p.Activation },
            Moments = new PartMoments<V>(y, s.N * s.OutH, s.OutW, s.Wide, s.N * bands),
        };
        Team.For(s.N * bands, ref job);
        job.Moments.Join(mean, variance);
    }

    // A row of the covariances, kept in short, times the weights.
    private static void Product(double* from, float* kept, in InvertedShape s, float* w, double* to)
    {
        new Span<double>(to, s.Wide).Clear();
        for (int l = 0; l < s.Cin; l++, w += s.Wide)
        {
            kept[l] = (float)from[l];
            for (int c = 0; c < s.Wide; c++)
            {
                to[c] += from[l] * w[c];
            }
        }
    }

    private struct Job : IJob
    {
        public InvertedShape Shape;
        public WidenedParts Parts;
        public float* Y;
        public int Bands;
        public int Step;
        public PackedProduct<V> Widen;
        public PartMoments<V> Moments;

        private readonly nint WideRow => (nint)Shape.W * Shape.Wide;

        /// <summary>Wide rows that are kept: those of a step and the one or two that the step before shares with it.</summary>
        private readonly int Ring => (Step * Shape.Stride) + 2;

        public readonly void Run(int index)
        {
            InvertedShape s = Shape;
            int image = index / Bands, outH = s.OutH, outW = s.OutW;
            int first = Moments.First(index), last = Moments.First(index + 1);
            float* ring = Workspace.Get(Workspace.Slot.Band, (Ring * WideRow) + V.Width);
            float* zeros = DepthwiseThree<V>.Zeros(WideRow);
            ConvAxis across = s.Columns;
            int from = image * outH, done = Math.Max(0, ((first - from) * s.Stride) - 1);
            Moments.Clear(index);
            for (int row = first; row < last; row += Step)
            {
                int rows = Math.Min(Step, last - row), need = Math.Min(s.H, ((row - from + rows - 1) * s.Stride) + 2);
                Fill(image, done, need, ring);
                done = Math.Max(done, need);
                for (int i = row; i < row + rows; i++)
                {
                    int h = ((i - from) * s.Stride) - 1;
                    DepthwiseThree<V>.Row(
                        across, Row(ring, h, zeros), Row(ring, h + 1, zeros), Row(ring, h + 2, zeros), s.W, s.Wide, Parts.Filter, null, Activation.None,
                        Y + ((nint)i * outW * s.Wide));
                }

                Moments.Add(index, row, rows);
            }
        }

        /// <summary>Widens image rows from .. to-1 into their places in the ring, in pieces that lie in one run there.</summary>
        private readonly void Fill(int image, int from, int to, float* ring)
        {
            int pixels = Shape.W, cin = Shape.Cin;
            float* centered = Workspace.Get(Workspace.Slot.Centered, ((nint)Ring * pixels * cin) + V.Width);
            while (from < to)
            {
                int place = from % Ring, rows = Math.Min(to - from, Ring - place);
                Covariance<V>.Center((nint)rows * pixels, cin, X(image, from), Parts.Middle, centered);
                Widen.Run(rows * pixels, centered, ring + (place * WideRow));
                from += rows;
            }
        }

        private readonly float* X(int image, int row) => Parts.X + ((((nint)image * Shape.H) + row) * Shape.W * Shape.Cin);

        private readonly float* Row(float* ring, int h, float* zeros) => (uint)h >= (uint)Shape.H ? zeros : ring + (h % Ring * WideRow);
    }
}
