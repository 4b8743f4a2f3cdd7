using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
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
            Units = Units(s.H, s.StrideH, s.PadH, out int first),
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

    /// <summary>Image positions along an axis at stride 1, else pairs of them, and the number of the first.</summary>
    private static int Units(int size, int stride, int pad, out int first)
    {
        first = stride == 1 ? 0 : (pad - 1) >> 1;
        return stride == 1 ? size : ((size + pad - 2) >> 1) - first + 1;
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

        private readonly int Channels => Shape.Cin;

        public readonly void Run(int index)
        {
            int all = Shape.N * Units, last = (int)((long)all * (index + 1) / Parts), outW = Shape.OutW;
            float* sums = Sums + (index * Shape.WeightSize);
            if (HasW.Value == 1)
            {
                new Span<float>(sums, (int)Shape.WeightSize).Clear();
            }

            float* zeros = Workspace.Get(Workspace.Slot.Row, ((nint)outW * Channels) + V.Width);
            new Span<float>(zeros, outW * Channels).Clear();
            var rows = new ResultRows { Zeros = zeros };
            if (Norm.X != null)
            {
                rows.Ring = Workspace.Get(Workspace.Slot.Band, (ResultRows.Kept * (nint)outW * Channels) + V.Width);
                rows.Held0 = rows.Held1 = rows.Held2 = -1;
            }

            for (int unit = (int)((long)all * index / Parts); unit < last; unit++)
            {
                int image = unit / Units, row = unit % Units;
                if (Shape.StrideH == 1)
                {
                    int o = row + Shape.PadH;
                    float* d2 = Result(image, o - 2, ref rows), d1 = Result(image, o - 1, ref rows), d0 = Result(image, o, ref rows);
                    One(At(image, row), d0, d1, d2, Ahead(image, o + 1, d0), sums);
                }
                else
                {
                    int o = First + row, h = (2 * o) - Shape.PadH + 1;
                    float* d0 = Result(image, o, ref rows), d1 = Result(image, o + 1, ref rows);
                    Two(At(image, h), At(image, h + 1), d0, d1, Ahead(image, o + 2, d1), sums);
                }
            }

            if (Far)
            {
                PastCache.Arrived();
            }
        }

        /// <summary>Floats before an image row, or -1 where there is none.</summary>
        private readonly nint At(int image, int row) =>
            (uint)row < (uint)Shape.H ? (((nint)image * Shape.H) + row) * Shape.W * Channels : -1;

        /// <summary>Floats from the gradient behind the normalization to the normalization's input, both of which are read then; 0 without one.</summary>
        private readonly nint Between => Norm.X == null ? 0 : (nint)(Norm.X - Norm.Dy);

        /// <summary>Where in memory the result row lies that comes into play next.</summary>
        private readonly float* Ahead(int image, int row, float* current) => Norm.X == null
            ? current + ((nint)Shape.OutW * Channels)
            : Norm.Dy + ((((nint)image * Shape.OutH) + row) * Shape.OutW * Channels);

        /// <summary>A row of the result's gradient: zeros, as it lies in memory, or computed from that behind the normalization, unless it was just now.</summary>
        private readonly float* Result(int image, int row, ref ResultRows rows)
        {
            if ((uint)row >= (uint)Shape.OutH)
            {
                return rows.Zeros;
            }

            int number = (image * Shape.OutH) + row;
            nint floats = (nint)Shape.OutW * Channels;
            if (rows.Ring == null)
            {
                return Dy + (number * floats);
            }

            // Rows in use follow each other, so they have different places.
            int place = number % ResultRows.Kept;
            float* to = rows.Ring + (place * floats);
            ref int held = ref place == 0 ? ref rows.Held0 : ref place == 1 ? ref rows.Held1 : ref rows.Held2;
            if (held != number)
            {
                held = number;
                Norm.Run<V>((nint)number * Shape.OutW, Shape.OutW, to, accumulate: false);
            }

            return to;
        }

        /// <summary>One image row at stride 1: d0, d1 and d2 are the result rows that it meets through kernel rows 0, 1 and 2.</summary>
        private readonly void One(nint at, float* d0, float* d1, float* d2, float* nextDy, float* sums)
        {
            int channels = Channels, width = Shape.W, outW = Shape.OutW, pad = Shape.PadW;
            bool add = Add, far = Far;
            float* nextX = X + at + ((nint)width * channels);
            float* nextDx = Dx + at + ((nint)width * channels);
            nint between = Between;
            for (int c = 0; c < channels; c += V.Width)
            {
                int lanes = Math.Min(V.Width, channels - c);
                float* w = W + c;
                V k00 = V.Load(w), k01 = V.Load(w + channels), k02 = V.Load(w + (2 * channels));
                w += 3 * channels;
                V k10 = V.Load(w), k11 = V.Load(w + channels), k12 = V.Load(w + (2 * channels));
                w += 3 * channels;
                V k20 = V.Load(w), k21 = V.Load(w + channels), k22 = V.Load(w + (2 * channels));
                V s00 = V.Zero, s01 = V.Zero, s02 = V.Zero, s10 = V.Zero, s11 = V.Zero, s12 = V.Zero, s20 = V.Zero, s21 = V.Zero, s22 = V.Zero;
                int column = pad - 2;
                V a0 = Pixel(d0, column, outW, channels, c), a1 = Pixel(d1, column, outW, channels, c), a2 = Pixel(d2, column, outW, channels, c);
                column++;
                V b0 = Pixel(d0, column, outW, channels, c), b1 = Pixel(d1, column, outW, channels, c), b2 = Pixel(d2, column, outW, channels, c);
                float* x = X + at + c;
                float* dx = Dx + at + c;
                for (int j = width; j > 0; j--)
                {
                    column++;
                    V c0 = Pixel(d0, column, outW, channels, c), c1 = Pixel(d1, column, outW, channels, c), c2 = Pixel(d2, column, outW, channels, c);
                    Fetch(ref nextX, ref nextDx, ref nextDy, between, 1, far);
                    V y0 = V.Fma(a2, k22, V.Fma(a1, k12, a0 * k02));
                    V y1 = V.Fma(b2, k21, V.Fma(b1, k11, b0 * k01));
                    V y2 = V.Fma(c2, k20, V.Fma(c1, k10, c0 * k00));
                    Put(y0 + (y1 + y2), dx, lanes, add, far);
                    V v = Image(x);
                    s02 = V.Fma(a0, v, s02);
                    s01 = V.Fma(b0, v, s01);
                    s00 = V.Fma(c0, v, s00);
                    s12 = V.Fma(a1, v, s12);
                    s11 = V.Fma(b1, v, s11);
                    s10 = V.Fma(c1, v, s10);
                    s22 = V.Fma(a2, v, s22);
                    s21 = V.Fma(b2, v, s21);
                    s20 = V.Fma(c2, v, s20);
                    (a0, a1, a2, b0, b1, b2) = (b0, b1, b2, c0, c1, c2);
                    x += channels;
                    dx += channels;
                }

                float* s = sums + c;
                Sum(s00, s, lanes);
                Sum(s01, s + channels, lanes);
                Sum(s02, s + (2 * channels), lanes);
                s += 3 * channels;
                Sum(s10, s, lanes);
                Sum(s11, s + channels, lanes);
                Sum(s12, s + (2 * channels), lanes);
                s += 3 * channels;
                Sum(s20, s, lanes);
                Sum(s21, s + channels, lanes);
                Sum(s22, s + (2 * channels), lanes);
            }
        }

        /// <summary>Two image rows at stride 2, top and bottom, either of which may not exist; d0 and d1 are the result rows they meet.</summary>
        private readonly void Two(nint top, nint bottom, float* d0, float* d1, float* nextDy, float* sums)
        {
            int channels = Channels, width = Shape.W, outW = Shape.OutW, count = Units(width, 2, Shape.PadW, out int first);
            bool add = Add, far = Far;
            nint two = 2 * (nint)width * channels, nextAt = (top < 0 ? bottom - (two / 2) : top) + two;
            float* nextX = X + nextAt;
            float* nextDx = Dx + nextAt;
            nint between = Between;
            for (int c = 0; c < channels; c += V.Width)
            {
                int lanes = Math.Min(V.Width, channels - c);
                float* w = W + c;
                V k00 = V.Load(w), k01 = V.Load(w + channels), k02 = V.Load(w + (2 * channels));
                w += 3 * channels;
                V k10 = V.Load(w), k11 = V.Load(w + channels), k12 = V.Load(w + (2 * channels));
                w += 3 * channels;
                V k20 = V.Load(w), k21 = V.Load(w + channels), k22 = V.Load(w + (2 * channels));
                V s00 = V.Zero, s01 = V.Zero, s02 = V.Zero, s10 = V.Zero, s11 = V.Zero, s12 = V.Zero, s20 = V.Zero, s21 = V.Zero, s22 = V.Zero;
                int u = first, left = (2 * first) - Shape.PadW + 1;
                V a0 = Pixel(d0, u, outW, channels, c), a1 = Pixel(d1, u, outW, channels, c);
                for (int i = count; i > 0; i--, left += 2)
                {
                    u++;
                    V b0 = Pixel(d0, u, outW, channels, c), b1 = Pixel(d1, u, outW, channels, c);
                    Fetch(ref nextX, ref nextDx, ref nextDy, between, 4, far);
                    nint at = ((nint)left * channels) + c;
                    bool hasLeft = (uint)left < (uint)width, hasRight = (uint)(left + 1) < (uint)width;
                    if (top >= 0)
                    {
                        if (hasLeft)
                        {
                            s11 = V.Fma(Image(X + top + at), a0, s11);
                            Put(a0 * k11, Dx + top + at, lanes, add, far);
                        }

                        if (hasRight)
                        {
                            V v = Image(X + top + at + channels);
                            s10 = V.Fma(v, b0, s10);
                            s12 = V.Fma(v, a0, s12);
                            Put(V.Fma(b0, k10, a0 * k12), Dx + top + at + channels, lanes, add, far);
                        }
                    }

                    if (bottom >= 0)
                    {
                        if (hasLeft)
                        {
                            V v = Image(X + bottom + at);
                            s01 = V.Fma(v, a1, s01);
                            s21 = V.Fma(v, a0, s21);
                            Put(V.Fma(a1, k01, a0 * k21), Dx + bottom + at, lanes, add, far);
                        }

                        if (hasRight)
                        {
                            V v = Image(X + bottom + at + channels);
                            s00 = V.Fma(v, b1, s00);
                            s02 = V.Fma(v, a1, s02);
                            s20 = V.Fma(v, b0, s20);
                            s22 = V.Fma(v, a0, s22);
                            Put(V.Fma(b1, k00, a1 * k02) + V.Fma(b0, k20, a0 * k22), Dx + bottom + at + channels, lanes, add, far);
                        }
                    }

                    (a0, a1) = (b0, b1);
                }

                float* s = sums + c;
                Sum(s00, s, lanes);
                Sum(s01, s + channels, lanes);
                Sum(s02, s + (2 * channels), lanes);
                s += 3 * channels;
                Sum(s10, s, lanes);
                Sum(s11, s + channels, lanes);
                Sum(s12, s + (2 * channels), lanes);
                s += 3 * channels;
                Sum(s20, s, lanes);
                Sum(s21, s + channels, lanes);
                Sum(s22, s + (2 * channels), lanes);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static V Pixel(float* row, int column, int width, int channels, int c) =>
            (uint)column < (uint)width ? V.Load(row + ((nint)column * channels) + c) : V.Zero;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static V Image(float* x) => HasW.Value == 1 ? V.Load(x) : V.Zero;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Sum(V v, float* to, int lanes)
        {
            if (HasW.Value == 1)
            {
                V.StoreFirst(v + V.LoadFirst(to, lanes), to, lanes);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Put(V v, float* to, int lanes, bool add, bool far)
        {
            if (HasX.Value == 0)
            {
                return;
            }

            if (add)
            {
                v += V.LoadFirst(to, lanes);
            }

            if (far)
            {
                V.StoreFar(v, to);
            }
            else if (lanes == V.Width)
            {
                V.Store(v, to);
            }
            else
            {
                V.StoreFirst(v, to, lanes);
            }
        }

        /// <summary>Asks for a step's share of the rows that come next, line by line in order: the loop touches them too scattered for the hardware to foresee.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Fetch(ref float* x, ref float* dx, ref float* dy, nint between, int lines, bool far)
        {
            if (!Sse.IsSupported)
            {
                return;
            }

            Prefetch.Near(dy);
            if (between != 0)
            {
                Prefetch.Near(dy + between);
            }

            dy += V.Width;
            for (int i = 0; i < lines; i++)
            {
                if (HasW.Value == 1)
                {
                    Prefetch.Near(x);
                }

                if (HasX.Value == 1 && !far)
                {
                    Prefetch.Near(dx);
                }

                x += V.Width;
                dx += V.Width;
            }
        }
    }

    /// <summary>Where rows of the result's gradient are found.</summary>
    private struct ResultRows
    {
        public const int Kept = 3;
        public float* Zeros;

        /// <summary>The last rows that were computed, or null where they lie in memory.</summary>
        public float* Ring;

        /// <summary>Their numbers.</summary>
        public int Held0;
        public int Held1;
        public int Held2;
    }
}
