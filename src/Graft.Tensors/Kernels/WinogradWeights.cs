using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Transformed kernels in the order in which <see cref="WinogradTiles{V}"/> reads them.</summary>
/// <remarks>
/// Order: panel of target channels, point, source channel, target channel of the panel. Some floats lie between points: strides of a power
/// of two would send all of them to the same lines of the cache.
/// </remarks>
internal unsafe struct WinogradWeights<V> : IJob
    where V : struct, IVec<V>
{
    // Source channels that a task transforms, and that are turned at a time.
    private const int Grain = 64;

    /// <summary>The convolution that goes forward.</summary>
    public ConvShape Shape;

    /// <summary>Whether the result is the source and the image the target: kernels turned by 180 degrees, channels exchanged.</summary>
    public bool Backward;
    public float* From;
    public float* To;

    /// <summary>Whether they come from <see cref="Sort"/>.</summary>
    public bool IsSorted;

    /// <summary>Source channels.</summary>
    public readonly int Depth => Backward ? Shape.Cout : Shape.Cin;

    /// <summary>Target channels.</summary>
    public readonly int Columns => Backward ? Shape.Cin : Shape.Cout;

    public readonly int Panels => (Columns + (2 * V.Width) - 1) / (2 * V.Width);

    /// <summary>Floats of a panel.</summary>
    public readonly nint PanelSize => Winograd.Points * Next(Depth);

    /// <summary>Floats that <see cref="Sort"/> writes.</summary>
    public readonly nint SortedSize => (nint)((Columns + V.Width - 1) / V.Width) * V.Width * Depth * Winograd.Taps;

    private readonly int Parts => (Depth + Grain - 1) / Grain;

    /// <summary>Floats from a point to the next in a panel of so many source channels.</summary>
    public static nint Next(int depth) => (nint)(depth + 1) * 2 * V.Width;

    /// <summary>Columns of a panel in whole registers: two, or one where that suffices for the last.</summary>
    public readonly int PanelWidth(int panel) => Pack.PanelWidth<V>(Math.Min(2 * V.Width, Columns - (panel * 2 * V.Width)));

    /// <summary>Transforms everything on the team.</summary>
    public void All() => Team.For(Panels * Parts, ref this);

    /// <summary>Weights that are transformed where they are used, in the order in which that reads them: register of target channels, source channel, tap, lane.</summary>
    public readonly void Sort()
    {
        var sorting = new Sorting { Weights = this };
        Team.For((Depth + Winograd.DepthBlock - 1) / Winograd.DepthBlock, ref sorting);
    }

    /// <summary>Where sorted weights begin for a register of target channels and a source channel.</summary>
    public readonly float* Sorted(float* from, int column, int row) => from + (Winograd.Taps * (((nint)column * Depth) + ((nint)row * V.Width)));

    public readonly void Run(int index)
    {
        int panel = index / Parts, first = index % Parts * Grain, width = PanelWidth(panel);
        Transform(panel, first, Math.Min(Grain, Depth - first), To + (panel * PanelSize) + ((nint)first * width), Next(Depth));
    }

    /// <summary>One panel, from one source channel on.</summary>
    /// <param name="panel">Which panel.</param>
    /// <param name="first">The first source channel.</param>
    /// <param name="depth">Source channels.</param>
    /// <param name="to">Where the first of them goes, at the first point.</param>
    /// <param name="next">Floats from a point to the next.</param>
    public readonly void Transform(int panel, int first, int depth, float* to, nint next)
    {
        int n0 = panel * 2 * V.Width, columns = Math.Min(2 * V.Width, Columns - n0), width = PanelWidth(panel);
        nint matrix = (nint)Shape.Cin * Shape.Cout;
        if (IsSorted)
        {
            for (int n = 0; n < width; n += V.Width)
            {
                WinogradTransform<V>.Weights(Sorted(From, n0 + n, first), V.Width, Winograd.Taps * V.Width, depth, V.Width, to + n, width, next);
            }

            return;
        }

        if (!Backward)
        {
            float* from = From + ((nint)first * Shape.Cout) + n0;
            WinogradTransform<V>.Weights(from, matrix, Shape.Cout, depth, width, to, width, next);
            return;
        }

        // The target channels, which are to lie in the lanes, are the rows of the matrices: some source channels are turned at a time.
        nint size = Grain * 2 * V.Width;
        float* turned = Workspace.Get(Workspace.Slot.Turned, Winograd.Taps * size);
        for (int k = first; k < first + depth; k += Grain)
        {
            int count = Math.Min(Grain, first + depth - k);
            for (int tap = 0; tap < Winograd.Taps; tap++)
            {
                Pack.Transposed(
                    From + ((Winograd.Taps - 1 - tap) * matrix) + ((nint)n0 * Shape.Cout) + k, Shape.Cout, columns, width, count, turned + (tap * size));
            }

            WinogradTransform<V>.Weights(turned, size, width, count, width, to + ((nint)(k - first) * width), width, next);
        }
    }

    /// <summary>A task sorts some source channels: whole rows of the weights, in the order in which they lie.</summary>
    private struct Sorting : IJob
    {
        public WinogradWeights<V> Weights;

        public readonly void Run(int index)
        {
            int first = index * Winograd.DepthBlock, last = Math.Min(Weights.Depth, first + Winograd.DepthBlock), columns = Weights.Columns;
            nint next = (nint)Winograd.Taps * Weights.Depth * V.Width;
            for (int tap = 0; tap < Winograd.Taps; tap++)
            {
                for (int k = first; k < last; k++)
                {
                    float* from = Weights.From + ((((nint)tap * Weights.Depth) + k) * columns);
                    float* to = Weights.Sorted(Weights.To, 0, k) + (tap * V.Width);
                    for (int n = 0; n < columns; n += V.Width, to += next)
                    {
                        // Whole registers: what lies beyond the last column is never used.
                        V.Store(V.Load(from + n), to);
                    }
                }
            }
        }
    }
}
