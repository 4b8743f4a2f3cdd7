namespace Graft.Tensors.Kernels;

/// <summary>What a product or convolution does to its result while that is still in registers.</summary>
internal enum Activation
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>min(max(x, 0), 6).</summary>
    Relu6,

    /// <summary>x times the normal distribution function of x. Products alone have it.</summary>
    Gelu,
}
