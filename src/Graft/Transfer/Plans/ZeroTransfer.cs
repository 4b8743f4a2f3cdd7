using Graft.Tasks;

namespace Graft.Transfer.Plans;

/// <summary>Nothing is carried: the model starts from nothing on the rows of the new tasks. The baseline of every transfer.</summary>
[Named("zero", Alias = "scratch")]
public sealed class ZeroTransfer : TransferPlan
{
    /// <inheritdoc/>
    public override bool UsesSource => false;

    /// <inheritdoc/>
    public override CarryReport? Prepare(TaskModel model, TaskModel? source, string name) => null;

    /// <inheritdoc/>
    public override string ToString() => "ZeroTransfer";
}
