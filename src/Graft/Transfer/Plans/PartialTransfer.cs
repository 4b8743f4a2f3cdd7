using Graft.Models.Weights;
using Graft.Tasks;

namespace Graft.Transfer.Plans;

/// <summary>All weights of the trunk are carried over and frozen, batch-norm statistics too; only named layers and the new heads are trained.</summary>
/// <remarks>Where the whole trunk is frozen its features are computed once and kept for later epochs; where its first blocks are, what they give.</remarks>
/// <param name="layers">Layers of the trunk that are trained, or what the names of several begin with, such as layer4; "norms" stands for all
/// batch normalization. Null for none.</param>
/// <param name="reset">Layers that start anew although they could be carried, and are trained; null for none.</param>
/// <param name="classes">For each class of the new tasks the outputs, from 0, by which a pretrained classifier (top: true) says it, one or several: then the heads begin with its
/// answer instead of at random, so that nothing it knows of them has to be learned again. Null for none.</param>
[Named("partial")]
public sealed class PartialTransfer(
    IReadOnlyList<string>? layers = null,
    IReadOnlyList<string>? reset = null,
    IReadOnlyDictionary<string, IReadOnlyList<int>>? classes = null) : TransferPlan
{
    /// <inheritdoc/>
    public override bool UsesSource => true;

    /// <inheritdoc/>
    public override CarryReport? Prepare(TaskModel model, WeightSource? source)
    {
        CarryReport report = CarryInto(model, source, reset);
        model.Trunk.Freeze();
        Freeze(model, layers, frozen: false);
        Freeze(model, reset, frozen: false);
        return KnownClasses.Begin(model, CheckFrozen(model, report), classes);
    }

    /// <inheritdoc/>
    public override void Check(TaskModel model)
    {
        CheckLayers(model, [.. layers ?? [], .. reset ?? []]);
        KnownClasses.Check(model, model.Heads.Values, classes);
    }

    /// <inheritdoc/>
    public override string ToString() => "PartialTransfer";
}
