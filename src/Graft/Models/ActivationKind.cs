using Graft.Nn.Layers;
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

    /// <summary>The rectifier that it is; none where it is another function.</summary>
    /// <param name="kind">Which.</param>
    internal static Rectifier Rectifier(this ActivationKind kind) => kind switch
    {
        ActivationKind.Relu => Tensors.Rectifier.Relu,
        ActivationKind.Relu6 => Tensors.Rectifier.Relu6,
        _ => Tensors.Rectifier.None,
    };

    /// <summary>A convolution, its normalization, and the function in the fewest passes.</summary>
    /// <param name="kind">Which function.</param>
    /// <param name="conv">The convolution.</param>
    /// <param name="norm">The normalization.</param>
    /// <param name="x">Shape [B, C, H, W].</param>
    internal static Tensor Apply(this ActivationKind kind, Conv2d conv, BatchNorm norm, Tensor x)
    {
        Rectifier rectifier = kind.Rectifier();
        x = conv.Forward(x, norm, rectifier);
        return rectifier == Tensors.Rectifier.None ? kind.Apply(x) : x;
    }
}
