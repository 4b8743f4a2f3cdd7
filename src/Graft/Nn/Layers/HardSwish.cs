using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>A cheap form of x sigmoid(x): y = x min(max(x + 3, 0), 6) / 6.</summary>
public sealed class HardSwish : Activation
{
    /// <param name="x">Any shape.</param>
    /// <returns>The same shape.</returns>
    public override Tensor Forward(Tensor x) => x.HardSwish();

    /// <inheritdoc/>
    public override string ToString() => "HardSwish";
}
