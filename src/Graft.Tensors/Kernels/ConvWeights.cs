using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Packs convolution weights into the panels that <see cref="ConvRows{V}"/> reads: a task for each phase, group and tap.</summary>
/// <remarks>Order: phase, group, panel of target channels; in a panel: tap row, tap column, source channel.</remarks>
internal unsafe struct ConvWeights<V> : IJob
    where V : struct, IVec<V>
{
    public ConvShape Shape;
    public bool Backward;
    public ConvPhase* Phases;
    public int PhaseCount;
    public int MostTaps;
    public float* From;
    public float* To;

    /// <summary>Source channels of a group.</summary>
    public readonly int Depth => Backward ? Shape.GroupOut : Shape.GroupIn;

    /// <summary>Target channels of a group.</summary>
    public readonly int Columns => Backward ? Shape.GroupIn : Shape.GroupOut;

    /// <summary>The same in whole panels.</summary>
    public readonly int PaddedColumns => (Columns + (2 * V.Width) - 1) / (2 * V.Width) * 2 * V.Width;

    /// <summary>Floats that so many taps take.</summary>
    public readonly nint Size(int taps) => (nint)taps * Depth * PaddedColumns * Shape.Groups;

    /// <summary>Places the phases one behind the other and counts their taps.</summary>
    public nint Arrange()
    {
        nint at = 0;
        for (int i = 0; i < PhaseCount; i++)
        {
            Phases[i].Weights = at;
            at += Size(Phases[i].Taps);
            MostTaps = Math.Max(MostTaps, Phases[i].Taps);
        }

        return at;
    }

    public void Pack()
    {
        int tasks = PhaseCount * Shape.Groups * MostTaps;
        if (Shape.WeightSize < 16 * 1024)
        {
            for (int i = 0; i < tasks; i++)
            {
                Run(i);
            }
        }
        else
        {
            Team.For(tasks, ref this);
        }
    }

    public readonly void Run(int index)
    {
        int tap = index % MostTaps, group = index / MostTaps % Shape.Groups;
        ref ConvPhase phase = ref Phases[index / MostTaps / Shape.Groups];
        int taps = phase.Taps;
        if (tap >= taps)
        {
            return;
        }

        int row = tap / phase.Columns.Taps, column = tap % phase.Columns.Taps;
        int kernelRow = phase.Rows.Kernel + (row * phase.Rows.KernelStep);
        int kernelColumn = phase.Columns.Kernel + (column * phase.Columns.KernelStep);
        int inChannels = Shape.GroupIn, outChannels = Shape.GroupOut, width = 2 * V.Width;
        float* from = From + (((nint)kernelRow * Shape.KW) + kernelColumn) * inChannels * Shape.Cout + (group * outChannels);
        float* to = To + phase.Weights + (group * (nint)taps * Depth * PaddedColumns);
        if (!Backward)
        {
            Kernels.Pack.AllStraight<V>(from, Shape.Cout, outChannels, inChannels, to, tap * inChannels, taps * inChannels);
            return;
        }

        for (int n = 0; n < inChannels; n += width)
        {
            int columns = Math.Min(width, inChannels - n), panel = Kernels.Pack.PanelWidth<V>(columns);
            float* start = to + ((nint)n * taps * outChannels) + ((nint)tap * outChannels * panel);
            Kernels.Pack.Transposed(from + ((nint)n * Shape.Cout), Shape.Cout, columns, panel, outChannels, start);
        }
    }
}
