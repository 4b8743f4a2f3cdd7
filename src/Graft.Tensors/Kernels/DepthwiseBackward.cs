using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>The gradients of a depthwise 3 x 3 convolution, one or both, in one pass over the image and the gradient of the result.</summary>
/// <remarks>
/// <para>Seen from the image, position i (counted from the padding's last row and column: i = position + pad - 1) meets result o through kernel
/// position i + 1 - 2 o at stride 2, and i + 1 - o at stride 1. At stride 1 an image row meets three result rows, whose 3 x 3 window slides along
/// the row in registers: nine products give dx, the same window times x nine terms of dw. At stride 2 two image rows meet two result rows: a
/// square of four image positions and one of four results make nine products, each kernel position once.</para>
/// <para>Channels are in the lanes, sums of dw in registers along a row. Lanes beyond the last channel hold what lies behind it and are never
/// stored. Result rows and columns that do not exist are zeros. Image rows are summed in parts fixed by the shape.</para>
/// </remarks>
internal static unsafe class DepthwiseBackward<V>
    where V : struct, IVec<V>
{
    // Operations worth a task.
    private const double Grain = 400e3;
    private const int MostParts = 16;

    /// <summary>Whether such a convolution can be done here.</summary>
    public static bool Fits(in ConvShape s) =>
        s.IsDepthwise && s.KH == 3 && s.KW == 3 && s.DilationH == 1 && s.DilationW == 1 && s.StrideH == s.StrideW && s.StrideH <= 2;

    /// <summary>Gradients of image and weights.</summary>
    /// <param name="s">Sizes; <see cref="Fits"/>.</param>
    /// <param name="x">The image; read for dw alone.</param>
    /// <param name="dy">The result's gradient.</param>
    /// <param name="w">[3, 3, 1, C]; read for dx alone.</param>
    /// <param name="dx">The image's gradient, or null.</param>
    /// <param name="addX">Whether dx is added to.</param>
    /// <param name="dw">The weights' gradient, or null.</param>
    /// <param name="addW">Whether dw is added to.</param>
    /// <param name="norm">The normalization behind the convolution, or none: then the gradient of its result is given, and dy, computed from that a few rows at a time, is not.</param>
    public static void Run(in ConvShape s, float* x, float* dy, float* w, float* dx, bool addX, float* dw, bool addW, in NormSlope norm = default)
    {
        if (dx == null)
        {
            Run<No, Yes>(s, x, dy, w, dx, addX, dw, addW, norm);
        }
        else if (dw == null)
        {
            Run<Yes, No>(s, x, dy, w, dx, addX, dw, addW, norm);
        }
        else
        {
            Run<Yes, Yes>(s, x, dy, w, dx, addX, dw, addW, norm);
        }
    }

    private static void Run<HasX, HasW>(
        in ConvShape s, float* x, float* dy, float* w, float* dx, bool addX, float* dw, bool addW, in NormSlope norm)
        where HasX : IConst
        where HasW : IConst
    {
        // Weights are loaded, though not used, where dx is not wanted: any nine times C numbers will do.
        var job = new Job<HasX, HasW>
        {
            Shape = s,
            X = x,
            Dy = dy,
            Norm = norm,
            W = HasX.Value == 1 ? w : dw,
            Dx = dx,
            Add = addX,

            // In whole lines: registers of 16 floats.
            Far = HasX.Value == 1 && !addX && V.Width == 16 && s.InputSize >= PastCache.Floats && PastCache.Fits<V>(dx, s.Cin),
            Units = DepthwiseBackwardRow<V, HasX, HasW, No>.Units(s.H, s.StrideH, s.PadH, out int first),
            First = first,
        };
        int units = s.N * job.Units;
        nint size = s.WeightSize;
        job.Parts = (int)Math.Clamp(2 * s.Work / Grain, 1, Math.Min(units, MostParts));
        job.Sums = HasW.Value == 0 ? null : Workspace.Get(Workspace.Slot.Partial, job.Parts * size);
        Team.For(job.Parts, ref job);
        if (HasW.Value == 1)
        {
            PartialSums.Add<V>(job.Sums, job.Parts, size, dw, addW);
        }
    }

    /// <summary>A run of image rows, or of pairs of rows.</summary>
    private struct Job<HasX, HasW> : IJob
        where HasX : IConst
        where HasW : IConst
    {
        public ConvShape Shape;
        public float* X;
        public float* Dy;
        public NormSlope Norm;
        public float* W;
        public float* Dx;
        public bool Add;

        /// <summary>Whether dx is written past the cache.</summary>
        public bool Far;
        public int Units;
        public int First;
        public int Parts;
        public float* Sums;

        public readonly void Run(int index)
        {
            int all = Shape.N * Units, last = (int)((long)all * (index + 1) / Parts);
            float* sums = Sums + (index * Shape.WeightSize);
            if (HasW.Value == 1)
            {
                new Span<float>(sums, (int)Shape.WeightSize).Clear();
            }

            var results = new ResultRows<V>(Shape, Dy, Norm);
            var rows = new DepthwiseBackwardRow<V, HasX, HasW, No>
            {
                X = X,
                Dx = Dx,
                W = W,
                Channels = Shape.Cin,
                Width = Shape.W,
                OutW = Shape.OutW,
                Pad = Shape.PadW,
                Add = Add,
                Far = Far,
                Between = results.Between,
            };
            for (int unit = (int)((long)all * index / Parts); unit < last; unit++)
            {
                int image = unit / Units, row = unit % Units;
                if (Shape.StrideH == 1)
                {
                    int o = row + Shape.PadH;
                    float* d2 = results.Row(image, o - 2), d1 = results.Row(image, o - 1), d0 = results.Row(image, o);
                    rows.One(At(image, row), d0, d1, d2, results.Ahead(image, o + 1, d0), sums);
                }
                else
                {
                    int o = First + row, h = (2 * o) - Shape.PadH + 1;
                    float* d0 = results.Row(image, o), d1 = results.Row(image, o + 1);
                    rows.Two(At(image, h), At(image, h + 1), d0, d1, results.Ahead(image, o + 2, d1), sums);
                }
            }

            if (Far)
            {
                PastCache.Arrived();
            }
        }

        /// <summary>Floats before an image row, or -1 where there is none.</summary>
        private readonly nint At(int image, int row) =>
            (uint)row < (uint)Shape.H ? (((nint)image * Shape.H) + row) * Shape.W * Shape.Cin : -1;
    }
}
