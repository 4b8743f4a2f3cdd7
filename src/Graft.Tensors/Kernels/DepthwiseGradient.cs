using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>The gradient of depthwise weights [KH, KW, 1, C]: channels in the lanes, result rows in parts fixed by the shape.</summary>
internal static unsafe class DepthwiseGradient<V>
    where V : struct, IVec<V>
{
    // Operations worth a task.
    private const double Grain = 200e3;
    private const int MostParts = 16;

    /// <summary>dw = sum over images and positions of x * dy, in parts fixed by the shape.</summary>
    public static void Run(in ConvShape s, float* x, float* dy, float* dw, bool accumulate)
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
