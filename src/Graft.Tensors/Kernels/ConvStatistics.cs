using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>A convolution that sums up, on the way, what the normalization behind it needs: mean and variance of each channel, while the results are still in the cache.</summary>
/// <remarks>Each part, fixed by the shape, sums distances from its own first result, so that a large mean does not drown the variance; parts are joined in
/// order and in double precision: the mean of all from the means, the squares from the squares and the distances of the means.</remarks>
internal static unsafe class ConvStatistics<V>
    where V : struct, IVec<V>
{
    private const int MostParts = 32;
    private const int BlockBytes = 192 * 1024;

    // Floats of a result below which a pass of its own costs no more.
    private const int FarAway = 4 << 20;

    /// <summary>Whether it pays.</summary>
    public static bool Pays(in ConvShape s) => s.OutputSize >= FarAway && Fits(s);

    /// <summary>Whether such a convolution can be done here.</summary>
    public static bool Fits(in ConvShape s) => s.OutputSize > 0 && (s.IsPointwise || (s.IsDepthwise && DepthwiseThree<V>.Fits(Conv.ForwardPhase(s))));

    /// <summary>y = x * w, and for each channel its mean and variance (divided by the number of pixels).</summary>
    public static void Run(in ConvShape s, float* x, float* w, float* y, float* mean, float* variance, int blockBytes = BlockBytes)
    {
        int channels = s.Cout, rows = s.IsDepthwise ? s.N * s.OutH : s.N * s.H * s.W, pixels = s.IsDepthwise ? s.OutW : 1;
        var job = new Job { Shape = s, X = x, W = w, Y = y, Rows = rows, Pixels = pixels };
        job.Together = Math.Max(1, blockBytes / (sizeof(float) * channels * pixels));
        job.Parts = Math.Clamp(rows / job.Together, 1, MostParts);
        job.Sums = (double*)Workspace.Get(Workspace.Slot.Partial, (nint)job.Parts * channels * 4);
        if (s.IsPointwise)
        {
            job.W = Workspace.Get(Workspace.Slot.Weights, PackedProduct<V>.Size(s.Cin, s.Cout));
            PackedProduct<V>.Pack(w, s.Cin, s.Cout, job.W);
        }

        Team.For(job.Parts, ref job);
        job.Join(mean, variance);
    }

    /// <summary>A run of pixels, or of rows of pixels.</summary>
    private struct Job : IJob
    {
        public ConvShape Shape;
        public float* X;
        public float* W;
        public float* Y;
        public int Rows;

        /// <summary>Pixels in a row.</summary>
        public int Pixels;
        public int Together;
        public int Parts;
        public double* Sums;

        public readonly void Run(int index)
        {
            int channels = Shape.Cout, last = First(index + 1), first = First(index);
            double* sums = Sums + ((nint)index * 2 * channels);
            new Span<double>(sums, 2 * channels).Clear();
            float* shift = Y + ((nint)first * Pixels * channels);
            for (int row = first; row < last; row += Together)
            {
                int count = Math.Min(Together, last - row);
                if (Shape.IsDepthwise)
                {
                    Filter(row, count);
                }
                else
                {
                    var product = new PackedProduct<V> { Depth = Shape.Cin, Columns = channels, Packed = W, Fetch = true };
                    product.Run(count, X + ((nint)row * Shape.Cin), Y + ((nint)row * channels));
                }

                NormStatistics<V>.Add((nint)count * Pixels, channels, Y + ((nint)row * Pixels * channels), null, default, shift, sums, sums + channels);
            }
        }

        /// <summary>Mean and variance of all parts together.</summary>
        public readonly void Join(float* mean, float* variance)
        {
            int channels = Shape.Cout;
            double all = (double)Rows * Pixels;
            for (int c = 0; c < channels; c++)
            {
                double middle = 0, squares = 0;
                for (int p = 0; p < Parts; p++)
                {
                    middle += Count(p) * Mean(p, c);
                }

                middle /= all;
                for (int p = 0; p < Parts; p++)
                {
                    double sum = Sums[((nint)p * 2 * channels) + c], square = Sums[((((nint)p * 2) + 1) * channels) + c], distance = Mean(p, c) - middle;
                    squares += Math.Max(0, square - (sum * sum / Count(p))) + (Count(p) * distance * distance);
                }

                mean[c] = (float)middle;
                variance[c] = (float)(squares / all);
            }
        }

        private readonly int First(int part) => (int)((long)Rows * part / Parts);

        private readonly double Count(int part) => (double)(First(part + 1) - First(part)) * Pixels;

        private readonly double Mean(int part, int c) =>
            Y[((nint)First(part) * Pixels * Shape.Cout) + c] + (Sums[((nint)part * 2 * Shape.Cout) + c] / Count(part));

        private readonly void Filter(int row, int count)
        {
            ConvPhase phase = Conv.ForwardPhase(Shape);
            int outH = Shape.OutH, channels = Shape.Cout;
            for (int i = row; i < row + count; i++)
            {
                DepthwiseThree<V>.Row(
                    phase, i % outH, X + ((nint)(i / outH) * Shape.H * Shape.W * channels), Shape.H, Shape.W, channels, W, null, Activation.None,
                    Y + ((nint)i * Pixels * channels));
            }
        }
    }
}
