using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Graft.Tensors.Kernels;

/// <summary>The usual depthwise kernel, 3 x 3 moving by one or two: a window slides along the row in registers.</summary>
/// <remarks>
/// One register of channels goes along the whole row, nine weights beside it; at stride 1 three loads a
/// pixel are new. Rows outside the image are rows of zeros. Meanwhile the rows that come into play next are fetched, line by line in
/// order: the loop itself touches them too scattered for the hardware to foresee.
/// </remarks>
internal static unsafe class DepthwiseThree<V>
    where V : struct, IVec<V>
{
    /// <summary>Whether targets of this phase can be computed here.</summary>
    public static bool Fits(in ConvPhase phase) =>
        phase.Rows.Taps == 3 && phase.Columns.Taps == 3 && phase.Columns.TapStep == 1 && phase.Columns.SourceStep <= 2;

    /// <summary>One target row.</summary>
    /// <param name="phase">Positions; <see cref="Fits"/>.</param>
    /// <param name="t">The target row's number in the phase.</param>
    /// <param name="image">The source image.</param>
    /// <param name="height">Its rows.</param>
    /// <param name="width">Its columns.</param>
    /// <param name="channels">C.</param>
    /// <param name="weights">[3, 3, 1, C].</param>
    /// <param name="bias">C numbers or null.</param>
    /// <param name="activation">Applied last.</param>
    /// <param name="target">First target pixel.</param>
    /// <param name="far">Whether targets are so many that they are better written past the cache.</param>
    public static void Row(
        in ConvPhase phase, int t, float* image, int height, int width, int channels, float* weights, float* bias, Activation activation, float* target,
        bool far = false)
    {
        int row = phase.Rows.Source(t, 0);
        bool inside = row >= 0 && row + (2 * phase.Rows.TapStep) < height;
        float* zeros = inside ? null : Zeros((nint)width * channels);
        float* top = Existing(image, row, height, width * (nint)channels, zeros);
        float* middle = Existing(image, row + phase.Rows.TapStep, height, width * (nint)channels, zeros);
        float* bottom = Existing(image, row + (2 * phase.Rows.TapStep), height, width * (nint)channels, zeros);
        var w = new Window(top, middle, bottom, width, channels, phase.Columns)
        {
            Ahead = image + ((nint)phase.Rows.Source(t + 1, 3 - phase.Rows.SourceStep) * width * channels),
        };
        nint kernel = ((nint)phase.Rows.Kernel * 3) + phase.Columns.Kernel;
        weights += kernel * channels;
        nint right = (nint)phase.Columns.KernelStep * channels, down = (nint)phase.Rows.KernelStep * 3 * channels;
        Row(w, phase.Columns, weights, right, down, bias, activation, target, far);
    }

    /// <summary>One target row from three source rows, wherever they lie.</summary>
    /// <param name="across">Columns; as in <see cref="Fits"/>.</param>
    /// <param name="top">A source row; <see cref="Zeros"/> where it does not exist.</param>
    /// <param name="middle">Likewise.</param>
    /// <param name="bottom">Likewise.</param>
    /// <param name="width">Their columns.</param>
    /// <param name="channels">C.</param>
    /// <param name="weights">[3, 3, 1, C].</param>
    /// <param name="bias">C numbers or null.</param>
    /// <param name="activation">Applied last.</param>
    /// <param name="target">First target pixel.</param>
    public static void Row(
        in ConvAxis across, float* top, float* middle, float* bottom, int width, int channels, float* weights, float* bias, Activation activation, float* target)
    {
        var w = new Window(top, middle, bottom, width, channels, across) { Ahead = bottom };
        Row(w, across, weights, channels, 3 * (nint)channels, bias, activation, target, far: false);
    }

    /// <summary>A row of zeros, valid until the thread asks again.</summary>
    public static float* Zeros(nint floats)
    {
        float* zeros = Workspace.Get(Workspace.Slot.Row, floats + V.Width);
        new Span<float>(zeros, (int)floats).Clear();
        return zeros;
    }

    private static float* Existing(float* image, int row, int height, nint floats, float* zeros) =>
        (uint)row < (uint)height ? image + (row * floats) : zeros;

    private static void Row(
        in Window window, in ConvAxis across, float* weights, nint right, nint down, float* bias, Activation activation, float* target, bool far)
    {
        nint next = (nint)across.Step * window.Channels;
        if (across.SourceStep == 1)
        {
            if (far)
            {
                Row<C1, Yes>(window, weights, right, down, bias, activation, target, next);
            }
            else
            {
                Row<C1, No>(window, weights, right, down, bias, activation, target, next);
            }
        }
        else if (far)
        {
            Row<C2, Yes>(window, weights, right, down, bias, activation, target, next);
        }
        else
        {
            Row<C2, No>(window, weights, right, down, bias, activation, target, next);
        }
    }

    private static void Row<Stride, Far>(
        Window window, float* weights, nint right, nint down, float* bias, Activation activation, float* target, nint nextTarget)
        where Stride : IConst
        where Far : IConst
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
                Fetch<Stride, Far>(ref ahead, ref below);

                // Three sums, one a kernel column, so that none waits long for itself.
                V s0 = V.Fma(a2, k20, V.Fma(a1, k10, V.Fma(a0, k00, start)));
                V s1 = V.Fma(b2, k21, V.Fma(b1, k11, b0 * k01));
                V s2 = V.Fma(c2, k22, V.Fma(c1, k12, c0 * k02));
                V sum = V.AtMost(V.AtLeast(s0 + (s1 + s2), least), most);
                if (lanes == V.Width)
                {
                    Lanes<V>.Store<No, Far>(sum, y, lanes);
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

    /// <summary>Asks for a pixel's share of the next rows: of results one, but where they do not come into the cache; of sources one at stride 1, and two at stride 2, for half as many pixels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch<Stride, Far>(ref float* ahead, ref float* below)
        where Stride : IConst
        where Far : IConst
    {
        if (!Sse.IsSupported)
        {
            return;
        }

        if (Far.Value == 1)
        {
            // There is no room for another row in the first cache.
            for (int i = 0; i < (Stride.Value == 2 ? 4 : 1); i++, ahead += V.Width)
            {
                Prefetch.Far(ahead);
            }

            return;
        }

        Prefetch.Near(below);
        below += V.Width;
        Prefetch.Near(ahead);
        if (Stride.Value == 2)
        {
            Prefetch.Near(ahead + V.Width);
            Prefetch.Near(ahead + (2 * V.Width));
            Prefetch.Near(ahead + (3 * V.Width));
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

        public Window(float* top, float* middle, float* bottom, int width, int channels, in ConvAxis across)
        {
            Channels = channels;
            Count = across.Count;
            Origin = across.Origin;
            _width = width;
            _top = top;
            _middle = middle;
            _bottom = bottom;
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
