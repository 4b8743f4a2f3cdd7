using Graft.Models.Weights;
using Graft.Tasks;

namespace Graft.Transfer.Plans;

/// <summary>All weights of the trunk are carried over and fine-tuned together with the new heads.</summary>
/// <param name="freeze">Layers that stay as they were carried, or what the names of several begin with, such as layer1; "norms" stands for all
/// batch normalization, whose statistics of few new rows are worse than those it came with. Null for none.</param>
/// <param name="reset">Layers that start anew although they could be carried; null for none.</param>
/// <param name="classes">For each class of the new tasks the outputs, from 0, by which a pretrained classifier (top: true) says it, one or several: then the heads begin with its
/// answer instead of at random, so that nothing it knows of them has to be learned again. Null for none.</param>
[Named("full")]
public sealed class FullTransfer(
    IReadOnlyList<string>? freeze = null,
    IReadOnlyList<string>? reset = null,
    IReadOnlyDictionary<string, IReadOnlyList<int>>? classes = null) : TransferPlan
{
    /// <inheritdoc/>
    public override bool UsesSource => true;

    /// <inheritdoc/>
    public override CarryReport? Prepare(TaskModel model, WeightSource? source)
    {
        CarryReport report = CarryInto(model, source, reset);
        Freeze(model, freeze, frozen: true);
        return KnownClasses.Begin(model, CheckFrozen(model, report), classes);
    }

    /// <inheritdoc/>
    public override void Check(TaskModel model)
    {
        CheckLayers(model, [.. freeze ?? [], .. reset ?? []]);
        KnownClasses.Check(model, model.Heads.Values, classes);
    }

    /// <inheritdoc/>
    public override string ToString() => "FullTransfer";
}
