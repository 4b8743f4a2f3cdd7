using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Graft.Tensors.Kernels;

/// <summary>The usual depthwise kernel, 3 x 3 moving by one or two: a window slides along the row in registers.</summary>
/// <remarks>
/// One register of channels goes along the whole row, nine weights (or nine sums of their gradient) beside it; at stride 1 three loads a
/// pixel are new. Rows outside the image are rows of zeros. Meanwhile the rows that come into play next are fetched, line by line in
/// order: the loop itself touches them too scattered for the hardware to foresee.
/// </remarks>
internal static unsafe class DepthwiseThree<V>
    where V : struct, IVec<V>
{
    /// <summary>Whether targets of this phase can be computed here.</summary>
    public static bool Fits(in ConvPhase phase) =>
        phase.Rows.Taps == 3 && phase.Columns.Taps == 3 && phase.Columns.TapStep == 1 && phase.Columns.SourceStep <= 2;

    /// <summary>Whether the gradient of these weights can be computed here.</summary>
    public static bool Fits(in ConvShape s) => s.KH == 3 && s.KW == 3 && s.DilationW == 1 && s.StrideW <= 2;

    /// <summary>One target row.</summary>
    /// <param name="phase">Positions; <see cref="Fits(in ConvPhase)"/>.</param>
    /// <param name="t">The target row's number in the phase.</param>
    /// <param name="image">The source image.</param>
    /// <param name="height">Its rows.</param>
    /// <param name="width">Its columns.</param>
    /// <param name="channels">C.</param>
    /// <param name="weights">[3, 3, 1, C].</param>
    /// <param name="bias">C numbers or null.</param>
    /// <param name="activation">Applied last.</param>
    /// <param name="target">First target pixel.</param>
    public static void Row(
        in ConvPhase phase, int t, float* image, int height, int width, int channels, float* weights, float* bias, Activation activation, float* target)
    {
        var w = new Window(image, height, width, channels, phase.Rows.Source(t, 0), phase.Rows.TapStep, phase.Columns);
        w.Ahead = image + ((nint)phase.Rows.Source(t + 1, 3 - phase.Rows.SourceStep) * width * channels);
        nint kernel = ((nint)phase.Rows.Kernel * 3) + phase.Columns.Kernel;
        weights += kernel * channels;
        nint right = (nint)phase.Columns.KernelStep * channels, down = (nint)phase.Rows.KernelStep * 3 * channels;
        if (phase.Columns.SourceStep == 1)
        {
            Row<C1>(w, weights, right, down, bias, activation, target, (nint)phase.Columns.Step * channels);
        }
        else
        {
            Row<C2>(w, weights, right, down, bias, activation, target, (nint)phase.Columns.Step * channels);
        }
    }

    /// <summary>Adds what one result row gives to the gradient [3, 3, 1, C].</summary>
    /// <param name="s">Sizes; <see cref="Fits(in ConvShape)"/>.</param>
    /// <param name="row">The result row's number in its image.</param>
    /// <param name="image">The image.</param>
    /// <param name="dy">The row's gradient.</param>
    /// <param name="sums">The gradient so far.</param>
    public static void Gradient(in ConvShape s, int row, float* image, float* dy, float* sums)
    {
        ConvAxis across = ConvAxis.Forward(s.OutW, 3, s.StrideW, s.PadW, 1);
        int first = (row * s.StrideH) - s.PadH;
        var w = new Window(image, s.H, s.W, s.Cin, first, s.DilationH, across);
        w.Ahead = image + ((nint)(first + (3 * s.DilationH)) * s.W * s.Cin);
        if (s.StrideW == 1)
        {
            Gradient<C1>(w, dy, sums);
        }
        else
        {
            Gradient<C2>(w, dy, sums);
        }
    }

    private static void Row<Stride>(
        Window window, float* weights, nint right, nint down, float* bias, Activation activation, float* target, nint nextTarget)
        where Stride : IConst
    {
        V least = V.All(activation == Activation.None ? float.NegativeInfinity : 0);
        V most = V.All(activation == Activation.Relu6 ? 6 : float.PositiveInfinity);
        float* ahead = window.Ahead, below = target + (window.Count * nextTarget);
        for (int c = 0; c < window.Channels; c += V.Width)
        {
            int lanes = Math.Min(V.Width, window.Channels - c);
            float* w = weights + c;
            V k00 = V.Load(w), k01 = V.Load(w + right), k02 = V.Load(w + (2 * right));
            w += down;
            V k10 = V.Load(w), k11 = V.Load(w + right), k12 = V.Load(w + (2 * right));
            w += down;
            V k20 = V.Load(w), k21 = V.Load(w + right), k22 = V.Load(w + (2 * right));
            V start = bias == null ? V.Zero : V.LoadFirst(bias + c, lanes);
            int column = window.Origin;
            V a0 = window.Top(column, c), a1 = window.Middle(column, c), a2 = window.Bottom(column, c);
            V b0 = window.Top(column + 1, c), b1 = window.Middle(column + 1, c), b2 = window.Bottom(column + 1, c);
            float* y = target + c;
            for (int u = window.Count; u > 0; u--)
            {
                column += Stride.Value;
                int last = column + 2 - Stride.Value;
                V c0 = window.Top(last, c), c1 = window.Middle(last, c), c2 = window.Bottom(last, c);
                Fetch<Stride>(ref ahead, ref below);

                // Three sums, one a kernel column, so that none waits long for itself.
                V s0 = V.Fma(a2, k20, V.Fma(a1, k10, V.Fma(a0, k00, start)));
                V s1 = V.Fma(b2, k21, V.Fma(b1, k11, b0 * k01));
                V s2 = V.Fma(c2, k22, V.Fma(c1, k12, c0 * k02));
                V sum = V.AtMost(V.AtLeast(s0 + (s1 + s2), least), most);
                if (lanes == V.Width)
                {
                    V.Store(sum, y);
                }
                else
                {
                    V.StoreFirst(sum, y, lanes);
                }

                y += nextTarget;
                if (Stride.Value == 1)
                {
                    (a0, a1, a2, b0, b1, b2) = (b0, b1, b2, c0, c1, c2);
                }
                else
                {
                    (a0, a1, a2) = (c0, c1, c2);
                    b0 = window.Top(last + 1, c);
                    b1 = window.Middle(last + 1, c);
                    b2 = window.Bottom(last + 1, c);
                }
            }
        }
    }

    private static void Gradient<Stride>(Window window, float* dy, float* sums)
        where Stride : IConst
    {
        nint channels = window.Channels;
        float* ahead = window.Ahead, below = dy + (window.Count * channels);
        for (int c = 0; c < window.Channels; c += V.Width)
        {
            int lanes = Math.Min(V.Width, window.Channels - c);
            float* s = sums + c;
            V s00 = V.LoadFirst(s, lanes), s01 = V.LoadFirst(s + channels, lanes), s02 = V.LoadFirst(s + (2 * channels), lanes);
            s += 3 * channels;
            V s10 = V.LoadFirst(s, lanes), s11 = V.LoadFirst(s + channels, lanes), s12 = V.LoadFirst(s + (2 * channels), lanes);
            s += 3 * channels;
            V s20 = V.LoadFirst(s, lanes), s21 = V.LoadFirst(s + channels, lanes), s22 = V.LoadFirst(s + (2 * channels), lanes);
            int column = window.Origin;
            V a0 = window.Top(column, c), a1 = window.Middle(column, c), a2 = window.Bottom(column, c);
            V b0 = window.Top(column + 1, c), b1 = window.Middle(column + 1, c), b2 = window.Bottom(column + 1, c);
            float* d = dy + c;
            for (int u = window.Count; u > 0; u--)
            {
                column += Stride.Value;
                int last = column + 2 - Stride.Value;
                V c0 = window.Top(last, c), c1 = window.Middle(last, c), c2 = window.Bottom(last, c);
                Fetch<Stride>(ref ahead, ref below);
                V g = V.Load(d);
                d += channels;
                s00 = V.Fma(a0, g, s00);
                s01 = V.Fma(b0, g, s01);
                s02 = V.Fma(c0, g, s02);
                s10 = V.Fma(a1, g, s10);
                s11 = V.Fma(b1, g, s11);
                s12 = V.Fma(c1, g, s12);
                s20 = V.Fma(a2, g, s20);
                s21 = V.Fma(b2, g, s21);
                s22 = V.Fma(c2, g, s22);
                if (Stride.Value == 1)
                {
                    (a0, a1, a2, b0, b1, b2) = (b0, b1, b2, c0, c1, c2);
                }
                else
                {
                    (a0, a1, a2) = (c0, c1, c2);
                    b0 = window.Top(last + 1, c);
                    b1 = window.Middle(last + 1, c);
                    b2 = window.Bottom(last + 1, c);
                }
            }

            V.StoreFirst(s22, s + (2 * channels), lanes);
            V.StoreFirst(s21, s + channels, lanes);
            V.StoreFirst(s20, s, lanes);
            s -= 3 * channels;
            V.StoreFirst(s12, s + (2 * channels), lanes);
            V.StoreFirst(s11, s + channels, lanes);
            V.StoreFirst(s10, s, lanes);
            s -= 3 * channels;
            V.StoreFirst(s02, s + (2 * channels), lanes);
            V.StoreFirst(s01, s + channels, lanes);
            V.StoreFirst(s00, s, lanes);
        }
    }

    /// <summary>Asks for a pixel's share of the next rows: of results one; of sources one at stride 1, and two at stride 2, for half as many pixels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch<Stride>(ref float* ahead, ref float* below)
        where Stride : IConst
    {
        if (!Sse.IsSupported)
        {
            return;
        }

        Sse.Prefetch0(below);
        below += V.Width;
        Sse.Prefetch0(ahead);
        if (Stride.Value == 2)
        {
            Sse.Prefetch0(ahead + V.Width);
            Sse.Prefetch0(ahead + (2 * V.Width));
            Sse.Prefetch0(ahead + (3 * V.Width));
            ahead += 3 * V.Width;
        }

        ahead += V.Width;
    }

    /// <summary>Three source rows, and the columns that a row of targets sees.</summary>
    private struct Window
    {
        public readonly int Channels;
        public readonly int Count;
        public readonly int Origin;
        public float* Ahead;
        private readonly float* _top;
        private readonly float* _middle;
        private readonly float* _bottom;
        private readonly int _width;

        public Window(float* image, int height, int width, int channels, int row, int rowStep, in ConvAxis across)
        {
            Channels = channels;
            Count = across.Count;
            Origin = across.Origin;
            _width = width;
            float* zeros = null;
            if (row < 0 || row + (2 * rowStep) >= height)
            {
                zeros = Workspace.Get(Workspace.Slot.Row, ((nint)width * channels) + V.Width);
                new Span<float>(zeros, width * channels).Clear();
            }

            nint floats = (nint)width * channels;
            _top = (uint)row < (uint)height ? image + (row * floats) : zeros;
            row += rowStep;
            _middle = (uint)row < (uint)height ? image + (row * floats) : zeros;
            row += rowStep;
            _bottom = (uint)row < (uint)height ? image + (row * floats) : zeros;
        }

        /// <summary>Channels of a column in the upper row; zeros where it lies outside.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly V Top(int column, int c) => At(_top, column, c);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly V Middle(int column, int c) => At(_middle, column, c);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly V Bottom(int column, int c) => At(_bottom, column, c);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly V At(float* row, int column, int c) =>
            (uint)column < (uint)_width ? V.Load(row + ((nint)column * Channels) + c) : V.Zero;
    }
}
