using Graft.Tensors;

namespace Graft.Nn.Losses;

/// <summary>Mean squared error: (output − target)², averaged.</summary>
/// <remarks>Output and target of one shape; NaN in the target says: missing.</remarks>
[Named("mse")]
public sealed class MseLoss : Loss
{
    /// <inheritdoc/>
    public override Tensor Apply(Tensor output, Tensor target) => output.MseLoss(target);

    /// <inheritdoc/>
    public override string ToString() => "MseLoss";
}
