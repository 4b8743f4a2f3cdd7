namespace Graft.Tensors.Kernels;

/// <summary>How target positions and source positions belong together along one axis of a convolution.</summary>
/// <remarks>
/// Target position t of <see cref="Count"/> lies at <see cref="First"/> + t * <see cref="Step"/>. It sums over taps j: source position
/// t * <see cref="SourceStep"/> + <see cref="Origin"/> + j * <see cref="TapStep"/>, where that exists, times kernel position
/// <see cref="Kernel"/> + j * <see cref="KernelStep"/>.
/// </remarks>
internal struct ConvAxis
{
    public int First;
    public int Step;
    public int Count;
    public int SourceStep;
    public int Origin;
    public int Taps;
    public int TapStep;
    public int Kernel;
    public int KernelStep;

    /// <summary>The result is the target, the image the source.</summary>
    public static ConvAxis Forward(int target, int kernel, int stride, int pad, int dilation) => new()
    {
        Step = 1,
        Count = target,
        SourceStep = stride,
        Origin = -pad,
        Taps = kernel,
        TapStep = dilation,
        KernelStep = 1,
    };

    /// <summary>The image is the target, the result the source: image positions phase, phase + stride, ... see the same kernel positions.</summary>
    /// <remarks>Image position i = o * stride - pad + k * dilation, so o = (i + pad - k * dilation) / stride where that is whole.</remarks>
    public static ConvAxis Backward(int target, int kernel, int stride, int pad, int dilation, int phase)
    {
        var axis = new ConvAxis { First = phase, Step = stride, Count = (target - phase + stride - 1) / stride, SourceStep = 1, TapStep = 1 };

        // Falling kernel positions give rising source positions.
        for (int k = kernel - 1; k >= 0; k--)
        {
            int distance = phase + pad - (k * dilation);
            if (distance % stride != 0)
            {
                continue;
            }

            if (axis.Taps == 0)
            {
                axis.Kernel = k;
                axis.Origin = distance / stride;
            }
            else if (axis.Taps == 1)
            {
                axis.KernelStep = k - axis.Kernel;
                axis.TapStep = (distance / stride) - axis.Origin;
            }

            axis.Taps++;
        }

        return axis;
    }

    /// <summary>Source positions wanted before the first one that exists.</summary>
    public readonly int Before => Taps == 0 ? 0 : Math.Max(0, -Origin);

    /// <summary>Source positions wanted after the last one that exists.</summary>
    public readonly int After(int size) =>
        Taps == 0 ? 0 : Math.Max(0, ((Count - 1) * SourceStep) + Origin + ((Taps - 1) * TapStep) - (size - 1));

    /// <summary>Source position of a tap; it may lie outside.</summary>
    public readonly int Source(int t, int tap) => (t * SourceStep) + Origin + (tap * TapStep);
}

/// <summary>Target positions that see the same kernel positions: all of them forward, one of stride x stride sets backward.</summary>
internal struct ConvPhase
{
    public ConvAxis Rows;
    public ConvAxis Columns;

    /// <summary>Floats before this phase's packed weights.</summary>
    public nint Weights;

    public readonly int Taps => Rows.Taps * Columns.Taps;
}
