using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>A convolution that sums up, on the way, what the normalization behind it needs: mean and variance of each channel, while the results are still in the cache.</summary>
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
    /// <param name="s">Sizes; <see cref="Fits"/>.</param>
    /// <param name="x">The image.</param>
    /// <param name="w">The weights.</param>
    /// <param name="y">The result.</param>
    /// <param name="mean">A number for each channel.</param>
    /// <param name="variance">Likewise.</param>
    /// <param name="blockBytes">Limit of a block.</param>
    /// <param name="through">A normalization and rectifier that the image of a 1 x 1 convolution goes through first, or none.</param>
    public static void Run(
        in ConvShape s, float* x, float* w, float* y, float* mean, float* variance, int blockBytes = BlockBytes, in NormGate through = default)
    {
        int channels = s.Cout, rows = s.IsDepthwise ? s.N * s.OutH : s.N * s.H * s.W, pixels = s.IsDepthwise ? s.OutW : 1;
        int together = Math.Max(1, blockBytes / (sizeof(float) * ((channels * pixels) + (through.Scale == null ? 0 : s.Cin))));
        var moments = new PartMoments<V>(y, rows, pixels, channels, Math.Clamp(rows / together, 1, MostParts));
        var job = new Job { Shape = s, X = x, W = w, Y = y, Together = together, Moments = moments, Through = through };
        if (s.IsPointwise)
        {
            job.W = Workspace.Get(Workspace.Slot.Weights, PackedProduct<V>.Size(s.Cin, s.Cout));
            PackedProduct<V>.Pack(w, s.Cin, s.Cout, job.W);
        }

        Team.For(moments.Parts, ref job);
        moments.Join(mean, variance);
    }

    /// <summary>A run of pixels, or of rows of pixels.</summary>
    private struct Job : IJob
    {
        public ConvShape Shape;
        public float* X;
        public float* W;
        public float* Y;
        public int Together;
        public PartMoments<V> Moments;
        public NormGate Through;

        public readonly void Run(int index)
        {
            int channels = Shape.Cout, last = Moments.First(index + 1);
            Moments.Clear(index);
            for (int row = Moments.First(index); row < last; row += Together)
            {
                int count = Math.Min(Together, last - row);
                if (Shape.IsDepthwise)
                {
                    Filter(row, count);
                }
                else
                {
                    var product = new PackedProduct<V> { Depth = Shape.Cin, Columns = channels, Packed = W, Fetch = true };
                    product.Run(count, Image(row, count), Y + ((nint)row * channels));
                }

                Moments.Add(index, row, count);
            }
        }

        private readonly float* Image(int row, int count)
        {
            float* x = X + ((nint)row * Shape.Cin);
            if (Through.Scale == null)
            {
                return x;
            }

            float* to = Workspace.Get(Workspace.Slot.Band, ((nint)Together * Shape.Cin) + V.Width);
            NormApply<V>.Forward(count, Shape.Cin, x, Through.Scale, Through.Shift, null, Through.Activation, to);
            return to;
        }

        private readonly void Filter(int row, int count)
        {
            ConvPhase phase = Conv.ForwardPhase(Shape);
            int outH = Shape.OutH, channels = Shape.Cout;
            for (int i = row; i < row + count; i++)
            {
                DepthwiseThree<V>.Row(
                    phase, i % outH, X + ((nint)(i / outH) * Shape.H * Shape.W * channels), Shape.H, Shape.W, channels, W, null, Activation.None,
                    Y + ((nint)i * Shape.OutW * channels));
            }
        }
    }
}
