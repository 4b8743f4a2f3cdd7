using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>Negative elements become 0: y = max(x, 0).</summary>
public sealed class Relu : Activation
{
    /// <param name="x">Any shape.</param>
    /// <returns>The same shape.</returns>
    public override Tensor Forward(Tensor x) => x.Relu();

    /// <inheritdoc/>
    public override string ToString() => "Relu";
}
