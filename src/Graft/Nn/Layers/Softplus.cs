using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>Smooth rectifier: y = log(1 + eˣ), greater than 0.</summary>
public sealed class Softplus : Activation
{
    /// <param name="x">Any shape.</param>
    /// <returns>The same shape.</returns>
    public override Tensor Forward(Tensor x) => x.Softplus();

    /// <inheritdoc/>
    public override string ToString() => "Softplus";
}
