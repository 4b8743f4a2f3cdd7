using Graft.Tensors;

namespace Graft.Nn.Losses;

/// <summary>Mean absolute error: |output − target|, averaged.</summary>
/// <remarks>Output and target of one shape; NaN in the target says: missing.</remarks>
[Named("l1")]
public sealed class L1Loss : Loss
{
    /// <inheritdoc/>
    public override Tensor Apply(Tensor output, Tensor target) => output.L1Loss(target);

    /// <inheritdoc/>
    public override string ToString() => "L1Loss";
}
