using Graft.Models.Weights;
using Graft.Tasks;

namespace Graft.Transfer.Plans;

/// <summary>Nothing is carried: the model starts from nothing on the rows of the new tasks. The baseline of every transfer.</summary>
[Named("zero", Alias = "scratch")]
public sealed class ZeroTransfer : TransferPlan
{
    /// <inheritdoc/>
    public override bool UsesSource => false;

    /// <inheritdoc/>
    public override CarryReport? Prepare(TaskModel model, WeightSource? source) => null;

    /// <inheritdoc/>
    public override string ToString() => "ZeroTransfer";
}
