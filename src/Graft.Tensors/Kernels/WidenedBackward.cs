using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>The gradients of pictures widened, normalized, clipped and filtered, in one pass over them and a correction of the narrow ones; see <see cref="Widened"/>.</summary>
/// <remarks>A part is a run of image rows, or of pairs of rows where the filter moves by two, as many parts as the shape says. It goes through them in blocks that stay in the
/// cache: wide rows are computed again, their gradients come from those of the filter's results, are cleared where a wide number was clipped, and go into the gradients
/// of pictures and weights.</remarks>
internal static unsafe class WidenedBackward<V>
    where V : struct, IVec<V>
{
    private const int MostParts = 16;
    private const int Grain = 32 * 1024;

    // Of wide rows and their gradients.
    private const int BlockBytes = 256 * 1024;

    /// <summary>All gradients.</summary>
    /// <param name="s">Sizes.</param>
    /// <param name="p">Parts.</param>
    /// <param name="norm">The normalization behind the filter.</param>
    /// <param name="g">Where they go.</param>
    /// <param name="blockBytes">Limit of a block.</param>
    public static void Run(in InvertedShape s, in WidenedParts p, in NormSlope norm, in WidenedGradient g, int blockBytes = BlockBytes)
    {
        int cin = s.Cin, wide = s.Wide, units = DepthwiseBackwardRow<V, Yes, Yes, Yes>.Units(s.H, s.Stride, 1, out _);
        nint there = PackedProduct<V>.Size(cin, wide);
        float* packed = Workspace.Get(Workspace.Slot.Weights, there + PackedProduct<V>.Size(wide, cin)), folded = p.Folded(s);
        PackedProduct<V>.Pack(folded, cin, wide, packed);
        PackedProduct<V>.PackTransposed(folded, wide, cin, packed + there);
        long unitBytes = 2L * s.Stride * s.W * wide * sizeof(float);
        var job = new Job
        {
            Shape = s,
            Parts = p,
            Norm = norm,
            Dx = g.Dx,
            Units = units,
            Together = (int)Math.Clamp(blockBytes / unitBytes, 1, units),
            Count = Math.Min(MostParts, s.N * units),
            Widen = new PackedProduct<V> { Depth = cin, Stride = cin + 1, Columns = wide, Packed = packed, Bias = p.Beta, Activation = p.Activation },
            Back = new PackedProduct<V> { Depth = wide, Columns = cin, Packed = packed + there, Accumulate = g.AddX, Fetch = true },
        };
        nint weights = (cin + 1) * (nint)wide, filter = 9 * (nint)wide;
        job.Weights = Workspace.Get(Workspace.Slot.Partial, job.Count * (weights + filter));
        job.Filter = job.Weights + (job.Count * weights);
        Team.For(job.Count, ref job);

        if (g.Dfilter != null)
        {
            PartialSums.Add<V>(job.Filter, job.Count, filter, g.Dfilter, g.AddFilter);
        }

        float* products = Workspace.Get(Workspace.Slot.Gradient, weights);
        PartialSums.Add<V>(job.Weights, job.Count, weights, products, accumulate: false);
        Finish(s, p, g, products);
    }

    /// <summary>What follows from the sums over all pixels: (x - m)ᵀ · g, and in a last row those of g.</summary>
    private static void Finish(in InvertedShape s, in WidenedParts p, in WidenedGradient g, float* products)
    {
        int cin = s.Cin, wide = s.Wide;
        float* sums = products + ((nint)cin * wide);
        double count = (double)s.N * s.H * s.W;
        double* scale = (double*)Workspace.Get(Workspace.Slot.Moments, 2 * (4 * (nint)wide)), slope = scale + wide, shift = slope + wide, row = shift + wide;
        for (int c = 0; c < wide; c++)
        {
            double dgamma = 0;
            for (int k = 0; k < cin; k++)
            {
                dgamma += (double)p.Widen[((nint)k * wide) + c] * products[((nint)k * wide) + c];
            }

            dgamma *= p.Inverse[c];
            scale[c] = (double)p.Gamma[c] * p.Inverse[c];
            slope[c] = -scale[c] * p.Inverse[c] * dgamma / count;
            shift[c] = -scale[c] * sums[c] / count;
            if (g.Dgamma != null)
            {
                g.Dgamma[c] = (float)((g.AddParameters ? g.Dgamma[c] : 0) + dgamma);
            }

            if (g.Dbeta != null)
            {
                g.Dbeta[c] = (float)((g.AddParameters ? g.Dbeta[c] : 0) + sums[c]);
            }
        }

        for (int k = 0; k < cin && g.Dwiden != null; k++)
        {
            new Span<double>(row, wide).Clear();
            for (int l = 0; l < cin; l++)
            {
                double covariance = p.Covariance[((nint)k * cin) + l] * count;
                for (int c = 0; c < wide; c++)
                {
                    row[c] += covariance * p.Widen[((nint)l * wide) + c];
                }
            }

            nint at = (nint)k * wide;
            for (int c = 0; c < wide; c++)
            {
                g.Dwiden[at + c] = (float)((g.AddWiden ? g.Dwiden[at + c] : 0) + (scale[c] * products[at + c]) + (slope[c] * row[c]));
            }
        }

        if (g.Dx != null)
        {
            Correct(s, p, g.Dx, slope, shift);
        }
    }

    /// <summary>dx += (x - m) · (w b wᵀ) + w d.</summary>
    private static void Correct(in InvertedShape s, in WidenedParts p, float* dx, double* slope, double* shift)
    {
        int cin = s.Cin, wide = s.Wide;
        float* matrix = Workspace.Get(Workspace.Slot.Folded, ((nint)cin * cin) + cin), add = matrix + ((nint)cin * cin);
        for (int k = 0; k < cin; k++)
        {
            float* w = p.Widen + ((nint)k * wide);
            for (int l = 0; l <= k; l++)
            {
                matrix[(k * cin) + l] = matrix[(l * cin) + k] = (float)Dot(w, p.Widen + ((nint)l * wide), slope, wide);
            }

            double sum = 0;
            for (int c = 0; c < wide; c++)
            {
                sum += w[c] * shift[c];
            }

            add[k] = (float)sum;
        }

        float* packed = Workspace.Get(Workspace.Slot.Weights, PackedProduct<V>.Size(cin, cin));
        PackedProduct<V>.Pack(matrix, cin, cin, packed);
        int rows = s.N * s.H * s.W;
        var job = new CorrectionJob
        {
            Rows = rows,
            X = p.X,
            Middle = p.Middle,
            Dx = dx,
            Together = Lanes<V>.RowsPerTask(rows, cin, Grain),
            Product = new PackedProduct<V> { Depth = cin, Columns = cin, Packed = packed, Bias = add, Accumulate = true, Fetch = true },
        };
        Team.For((rows + job.Together - 1) / job.Together, ref job);
    }

    private static double Dot(float* a, float* b, double* weights, int count)
    {
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += (double)a[i] * b[i] * weights[i];
        }

        return sum;
    }

    private struct Job : IJob
    {
        public InvertedShape Shape;
        public WidenedParts Parts;
        public NormSlope Norm;
        public float* Dx;
        public int Units;

        /// <summary>Units in a block.</summary>
        public int Together;

        /// <summary>Parts.</summary>
        public int Count;
        public PackedProduct<V> Widen;
        public PackedProduct<V> Back;

        /// <summary>Of each part: (x - m)ᵀ · g, and in a last row the sums of g.</summary>
        public float* Weights;

        /// <summary>Of each part: the gradient of the filter.</summary>
        public float* Filter;

        public readonly void Run(int index)
        {
            InvertedShape s = Shape;
            int all = s.N * Units, last = (int)((long)all * (index + 1) / Count), cin = s.Cin, wide = s.Wide;
            float* filter = Filter + ((nint)index * 9 * wide);
            new Span<float>(filter, 9 * wide).Clear();
            nint pixelsTogether = (nint)Together * s.Stride * s.W;
            float* z = Workspace.Get(Workspace.Slot.Wide, (pixelsTogether * wide) + V.Width), g = Workspace.Get(Workspace.Slot.Gradient, (pixelsTogether * wide) + V.Width);
            float* centered = Workspace.Get(Workspace.Slot.Centered, (pixelsTogether * (cin + 1)) + V.Width);
            var results = new ResultRows<V>(s.Filter, null, Norm);
            var rows = new DepthwiseBackwardRow<V, Yes, Yes, Yes>
            {
                X = z,
                Dx = g,
                W = Parts.Filter,
                Channels = wide,
                Width = s.W,
                OutW = s.OutW,
                Pad = 1,
                Between = results.Between,
                Most = NormGate.MostOf(Parts.Activation),
            };
            var product = new GemmProduct
            {
                TransA = true,
                M = cin + 1,
                N = wide,
                A = centered,
                StrideA = cin + 1,
                B = g,
                StrideB = wide,
                C = Weights + ((nint)index * (cin + 1) * wide),
                StrideC = wide,
            };
            for (int unit = (int)((long)all * index / Count); unit < last;)
            {
                int image = unit / Units, row = unit % Units, count = Math.Min(Math.Min(Together, last - unit), Units - row);
                int top = row * s.Stride, pixels = (Math.Min(s.H, (row + count) * s.Stride) - top) * s.W;
                nint at = (((nint)image * s.H) + top) * s.W * cin;
                Covariance<V>.CenterBeforeOne(pixels, cin, Parts.X + at, Parts.Middle, centered);
                Widen.Run(pixels, centered, z);
                for (int i = 0; i < count; i++)
                {
                    Gradients(rows, ref results, image, row + i, i * s.Stride, filter);
                }

                if (Dx != null)
                {
                    Back.Run(pixels, g, Dx + at);
                }

                product.K = pixels;
                GemmTiles.Run<V>(product, GemmBlocks.Default);
                product.Accumulate = true;
                unit += count;
            }
        }

        /// <summary>Gradients of one wide row, or of two, that lie in a block from a row on.</summary>
        private readonly void Gradients(in DepthwiseBackwardRow<V, Yes, Yes, Yes> rows, ref ResultRows<V> results, int image, int unit, int place, float* filter)
        {
            nint wideRow = (nint)Shape.W * Shape.Wide, at = place * wideRow;
            if (Shape.Stride == 1)
            {
                float* d2 = results.Row(image, unit - 1), d1 = results.Row(image, unit), d0 = results.Row(image, unit + 1);
                rows.One(at, d0, d1, d2, results.Ahead(image, unit + 2, d0), filter);
            }
            else
            {
                float* d0 = results.Row(image, unit), d1 = results.Row(image, unit + 1);
                rows.Two(at, (2 * unit) + 1 < Shape.H ? at + wideRow : -1, d0, d1, results.Ahead(image, unit + 2, d1), filter);
            }
        }
    }

    private struct CorrectionJob : IJob
    {
        public int Rows;
        public float* X;
        public float* Middle;
        public float* Dx;
        public int Together;
        public PackedProduct<V> Product;

        public readonly void Run(int index)
        {
            int first = index * Together, count = Math.Min(Together, Rows - first), cin = Product.Columns;
            float* centered = Workspace.Get(Workspace.Slot.Centered, ((nint)Together * cin) + V.Width);
            Covariance<V>.Center(count, cin, X + ((nint)first * cin), Middle, centered);
            Product.Run(count, centered, Dx + ((nint)first * cin));
        }
    }
}
