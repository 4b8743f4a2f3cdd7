namespace Graft.Tensors.Kernels;

/// <summary>Which elements of a gradient count behind a fused activation: those whose output lies above 0 and below the greatest value.</summary>
/// <remarks>Either the outputs are looked up, or they are computed again from x by the very instructions of the forward pass, which reads less memory.
/// Without an activation neither is set.</remarks>
internal unsafe struct NormGate
{
    /// <summary>[rows, C], laid out like x; the gradient is cleared in place where one does not count. Or null.</summary>
    public float* Output;

    /// <summary>C numbers: the output is scale · x + shift. Or null.</summary>
    public float* Scale;

    /// <summary>C numbers.</summary>
    public float* Shift;

    /// <summary>6 for ReLU6, else infinity.</summary>
    public float Most;

    /// <summary>The rectifier whose greatest output that is.</summary>
    public readonly Activation Activation => float.IsPositiveInfinity(Most) ? Activation.Relu : Activation.Relu6;

    /// <summary>The greatest output of an activation.</summary>
    public static float MostOf(Activation activation) => activation == Activation.Relu6 ? 6 : float.PositiveInfinity;

    /// <summary>The gate some channels further.</summary>
    public readonly NormGate Past(nint output, int channel)
    {
        NormGate further = this;
        further.Output += Output == null ? 0 : output;
        further.Scale += Scale == null ? 0 : channel;
        further.Shift += Shift == null ? 0 : channel;
        return further;
    }
}
