using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>Elements times the probability that a normal number is smaller: y = x · Φ(x), exact.</summary>
[Paper("Hendrycks & Gimpel, Gaussian Error Linear Units (GELUs), 2016", "https://arxiv.org/abs/1606.08415")]
public sealed class Gelu : Activation
{
    /// <param name="x">Any shape.</param>
    /// <returns>The same shape.</returns>
    public override Tensor Forward(Tensor x) => x.Gelu();

    /// <inheritdoc/>
    public override string ToString() => "Gelu";
}
