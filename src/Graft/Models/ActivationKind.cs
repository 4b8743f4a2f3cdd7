using Graft.Tensors;

namespace Graft.Models;

/// <summary>Which function follows a layer.</summary>
public enum ActivationKind
{
    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>x times the normal distribution function of x.</summary>
    Gelu,

    /// <summary>x sigmoid(x).</summary>
    Silu,

    /// <summary>Hyperbolic tangent.</summary>
    Tanh,

    /// <summary>x moved into [0, 6].</summary>
    Relu6,

    /// <summary>x above 0, a tenth of it below.</summary>
    LeakyRelu,

    /// <summary>x min(max(x + 3, 0), 6) / 6.</summary>
    HardSwish,

    /// <summary>x itself: the layers stay affine.</summary>
    None,
}

/// <summary>Applies activations by kind.</summary>
public static class ActivationKinds
{
    /// <summary>The function applied to every element.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="x">Any shape.</param>
    /// <returns>Same shape.</returns>
    public static Tensor Apply(this ActivationKind kind, Tensor x) => kind switch
    {
        ActivationKind.Relu => x.Relu(),
        ActivationKind.Gelu => x.Gelu(),
        ActivationKind.Silu => x.Silu(),
        ActivationKind.Tanh => x.Tanh(),
        ActivationKind.Relu6 => x.Relu6(),
        ActivationKind.LeakyRelu => x.LeakyRelu(0.1f),
        ActivationKind.HardSwish => x.HardSwish(),
        _ => x,
    };
}
