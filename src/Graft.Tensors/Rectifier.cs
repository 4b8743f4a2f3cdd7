using Graft.Tensors.Kernels;

namespace Graft.Tensors;

/// <summary>What a convolution or normalization does to its results in the pass that computes them.</summary>
public enum Rectifier
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Negative results become 0.</summary>
    Relu,

    /// <summary>Results are moved into [0, 6].</summary>
    Relu6,
}

internal static class Rectifiers
{
    /// <summary>The same for kernels.</summary>
    public static Activation Activation(this Rectifier rectifier) => rectifier switch
    {
        Rectifier.Relu => Kernels.Activation.Relu,
        Rectifier.Relu6 => Kernels.Activation.Relu6,
        _ => Kernels.Activation.None,
    };

    /// <summary>The same as an op of its own: the same bits in another pass.</summary>
    public static Tensor Apply(this Rectifier rectifier, Tensor x) => rectifier switch
    {
        Rectifier.Relu => x.Relu(),
        Rectifier.Relu6 => x.Relu6(),
        _ => x,
    };
}
