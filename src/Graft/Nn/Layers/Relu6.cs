using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>Every element moved into [0, 6]: y = min(max(x, 0), 6).</summary>
public sealed class Relu6 : Activation
{
    /// <param name="x">Any shape.</param>
    /// <returns>The same shape.</returns>
    public override Tensor Forward(Tensor x) => x.Relu6();

    /// <inheritdoc/>
    public override string ToString() => "Relu6";
}
