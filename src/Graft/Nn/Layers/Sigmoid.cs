using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>Logistic function of every element: y = 1 / (1 + e⁻ˣ), in (0, 1).</summary>
public sealed class Sigmoid : Activation
{
    /// <param name="x">Any shape.</param>
    /// <returns>The same shape.</returns>
    public override Tensor Forward(Tensor x) => x.Sigmoid();

    /// <inheritdoc/>
    public override string ToString() => "Sigmoid";
}
