using System.Runtime.CompilerServices;

namespace Graft.Tensors.Kernels;

/// <summary>Two target rows at once of a depthwise convolution, 3 x 3 moving by one: of the four source rows that they see, two serve both.</summary>
/// <remarks>
/// One register of channels goes along a run of pixels, nine weights beside it, then the next register along the same run: long enough for a line of memory to find the next one near, short enough
/// that a row comes in pieces that the hardware foresees. A source column is loaded once, four registers, and multiplied at once by all three columns of the kernel: it is the
/// last column of one pixel, the middle of the next and the first of the one after. What waits for its last columns are sums, two a row for the next pixel and one for the one after, added in the order of
/// <see cref="DepthwiseThree{V}"/>: the same bits. Meanwhile the two source rows below are fetched, line by line.
/// </remarks>
internal static unsafe class DepthwisePair<V>
    where V : struct, IVec<V>
{
    // Floats of a row in a run: a small page.
    private const int RunFloats = 1024;

    private const int LeastRun = 8;

    /// <summary>Whether two targets of this phase, one below the other, can be computed here.</summary>
    public static bool Fits(in ConvPhase phase) =>
        DepthwiseThree<V>.Fits(phase) && phase.Columns.SourceStep == 1 && phase.Rows.SourceStep == 1 && phase.Rows.TapStep == 1;

    /// <summary>A target row and the one below it.</summary>
    /// <param name="phase">Positions; <see cref="Fits"/>.</param>
    /// <param name="t">The upper row's number in the phase.</param>
    /// <param name="image">The source image.</param>
    /// <param name="height">Its rows.</param>
    /// <param name="width">Its columns.</param>
    /// <param name="channels">C.</param>
    /// <param name="weights">[3, 3, 1, C].</param>
    /// <param name="bias">C numbers or null.</param>
    /// <param name="activation">Applied last.</param>
    /// <param name="target">First target pixel of the upper row.</param>
    /// <param name="nextRow">Floats from there to the lower row's.</param>
    /// <param name="far">Whether targets are so many that they are better written past the cache.</param>
    public static void Rows(
        in ConvPhase phase, int t, float* image, int height, int width, int channels, float* weights, float* bias, Activation activation, float* target, nint nextRow, bool far)
    {
        nint floats = width * (nint)channels;
        int row = phase.Rows.Source(t, 0);
        float* zeros = row >= 0 && row + 3 < height ? null : DepthwiseThree<V>.Zeros(floats);
        var pair = new Pair
        {
            Row0 = Existing(image, row, height, floats, zeros),
            Row1 = Existing(image, row + 1, height, floats, zeros),
            Row2 = Existing(image, row + 2, height, floats, zeros),
            Row3 = Existing(image, row + 3, height, floats, zeros),
            Ahead = image + ((row + 4) * floats),
            NextAhead = floats,
            Width = width,
            Channels = channels,
            Origin = phase.Columns.Origin,
            Weights = weights + ((((nint)phase.Rows.Kernel * 3) + phase.Columns.Kernel) * channels),
            Right = (nint)phase.Columns.KernelStep * channels,
            Down = (nint)phase.Rows.KernelStep * 3 * channels,
            Bias = bias,
            Most = activation == Activation.Relu6 ? 6 : float.PositiveInfinity,
            Target = target,
            NextRow = nextRow,
            NextTarget = (nint)phase.Columns.Step * channels,
        };
        int count = phase.Columns.Count, run = Math.Max(LeastRun, RunFloats / channels);
        for (int u = 0; u < count; u += run)
        {
            pair.First = u;
            pair.Last = Math.Min(count, u + run);
            if (far)
            {
                Run<No, Yes>(pair, activation);
            }
            else if (channels % V.Width == 0)
            {
                Run<No, No>(pair, activation);
            }
            else
            {
                Run<Yes, No>(pair, activation);
            }
        }
    }

    private static float* Existing(float* image, int row, int height, nint floats, float* zeros) =>
        (uint)row < (uint)height ? image + (row * floats) : zeros;

    private static void Run<Partial, Far>(in Pair pair, Activation activation)
        where Partial : IConst
        where Far : IConst
    {
        if (activation == Activation.None)
        {
            Run<Partial, Far, No>(pair);
        }
        else
        {
            Run<Partial, Far, Yes>(pair);
        }
    }

    // Whether the last register is partial is known to the JIT: the choice in the innermost loop cost a tenth of the time.
    private static void Run<Partial, Far, Bounded>(in Pair p)
        where Partial : IConst
        where Far : IConst
        where Bounded : IConst
    {
        int channels = p.Channels, width = p.Width, end = p.Origin + p.Last + 2;
        nint floats = channels, nextTarget = p.NextTarget, nextRow = p.NextRow, nextAhead = p.NextAhead;
        float* row0 = p.Row0, row1 = p.Row1, row2 = p.Row2, row3 = p.Row3;
        V most = V.All(p.Most);
        float* ahead = p.Ahead + (p.First * floats), below = p.Target + (2 * nextRow) + (p.First * nextTarget);
        for (int c = 0; c < channels; c += V.Width)
        {
            int lanes = Math.Min(V.Width, channels - c);
            float* w = p.Weights + c;
            V k00 = V.Load(w), k01 = V.Load(w + p.Right), k02 = V.Load(w + (2 * p.Right));
            w += p.Down;
            V k10 = V.Load(w), k11 = V.Load(w + p.Right), k12 = V.Load(w + (2 * p.Right));
            w += p.Down;
            V k20 = V.Load(w), k21 = V.Load(w + p.Right), k22 = V.Load(w + (2 * p.Right));
            V start = p.Bias == null ? V.Zero : V.LoadFirst(p.Bias + c, lanes);

            // Of the first pixel its left and middle column, of the second its left one: sums of the upper row (a, b, n) and of the lower (d, e, m).
            int column = p.Origin + p.First;
            V x0 = At(row0, column, width, channels, c), x1 = At(row1, column, width, channels, c);
            V x2 = At(row2, column, width, channels, c), x3 = At(row3, column, width, channels, c);
            V a = V.Fma(x2, k20, V.Fma(x1, k10, V.Fma(x0, k00, start))), d = V.Fma(x3, k20, V.Fma(x2, k10, V.Fma(x1, k00, start)));
            column++;
            x0 = At(row0, column, width, channels, c);
            x1 = At(row1, column, width, channels, c);
            x2 = At(row2, column, width, channels, c);
            x3 = At(row3, column, width, channels, c);
            V b = V.Fma(x2, k21, V.Fma(x1, k11, x0 * k01)), e = V.Fma(x3, k21, V.Fma(x2, k11, x1 * k01));
            V n = V.Fma(x2, k20, V.Fma(x1, k10, V.Fma(x0, k00, start))), m = V.Fma(x3, k20, V.Fma(x2, k10, V.Fma(x1, k00, start)));
            float* y = p.Target + (p.First * nextTarget) + c;
            for (column++; column < end; column++)
            {
                Fetch<Far>(ref ahead, nextAhead, ref below, nextRow);
                x0 = x1 = x2 = x3 = V.Zero;
                if ((uint)column < (uint)width)
                {
                    nint at = (column * floats) + c;
                    x0 = V.Load(row0 + at);
                    x1 = V.Load(row1 + at);
                    x2 = V.Load(row2 + at);
                    x3 = V.Load(row3 + at);
                }

                V upper = a + (b + V.Fma(x2, k22, V.Fma(x1, k12, x0 * k02))), lower = d + (e + V.Fma(x3, k22, V.Fma(x2, k12, x1 * k02)));
                if (Bounded.Value == 1)
                {
                    upper = V.AtMost(V.AtLeast(upper, V.Zero), most);
                    lower = V.AtMost(V.AtLeast(lower, V.Zero), most);
                }

                if (Partial.Value == 0 || lanes == V.Width)
                {
                    Lanes<V>.Store<No, Far>(upper, y, lanes);
                    Lanes<V>.Store<No, Far>(lower, y + nextRow, lanes);
                }
                else
                {
                    V.StoreFirst(upper, y, lanes);
                    V.StoreFirst(lower, y + nextRow, lanes);
                }

                y += nextTarget;
                a = n;
                d = m;
                b = V.Fma(x2, k21, V.Fma(x1, k11, x0 * k01));
                e = V.Fma(x3, k21, V.Fma(x2, k11, x1 * k01));
                n = V.Fma(x2, k20, V.Fma(x1, k10, V.Fma(x0, k00, start)));
                m = V.Fma(x3, k20, V.Fma(x2, k10, V.Fma(x1, k00, start)));
            }
        }
    }

    /// <summary>Asks for a pixel's share of the two source rows that come next, and of the two target rows where they come into the cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch<Far>(ref float* ahead, nint nextAhead, ref float* below, nint nextRow)
        where Far : IConst
    {
        if (Far.Value == 1)
        {
            // There is no room for two more rows in the first cache.
            Prefetch.Far(ahead);
            Prefetch.Far(ahead + nextAhead);
        }
        else
        {
            Prefetch.Near(ahead);
            Prefetch.Near(ahead + nextAhead);
            Prefetch.Near(below);
            Prefetch.Near(below + nextRow);
            below += V.Width;
        }

        ahead += V.Width;
    }

    /// <summary>Channels of a column; zeros where it lies outside.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V At(float* row, int column, int width, int channels, int c) =>
        (uint)column < (uint)width ? V.Load(row + ((nint)column * channels) + c) : V.Zero;

    /// <summary>Four source rows, the run of pixels whose targets are wanted, and where they go.</summary>
    private struct Pair
    {
        public float* Row0;
        public float* Row1;
        public float* Row2;
        public float* Row3;
        public float* Ahead;
        public nint NextAhead;
        public int Width;
        public int Channels;
        public int Origin;
        public int First;
        public int Last;
        public float* Weights;
        public nint Right;
        public nint Down;
        public float* Bias;
        public float Most;
        public float* Target;
        public nint NextRow;
        public nint NextTarget;
    }
}
