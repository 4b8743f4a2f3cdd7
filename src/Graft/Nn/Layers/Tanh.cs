using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>Hyperbolic tangent of every element, in (−1, 1).</summary>
public sealed class Tanh : Activation
{
    /// <param name="x">Any shape.</param>
    /// <returns>The same shape.</returns>
    public override Tensor Forward(Tensor x) => x.Tanh();

    /// <inheritdoc/>
    public override string ToString() => "Tanh";
}
