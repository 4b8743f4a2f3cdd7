using Graft.Experiments.Catalogue;
using Graft.Tensors;

namespace Graft.Experiments.Spec;

/// <summary>One stage: learns tasks from nothing, or carries a model of an earlier stage to new tasks.</summary>
/// <param name="Name">What it is called; other stages start from it by this name.</param>
/// <param name="Learn">The tasks to learn; either this or transfer.</param>
/// <param name="Transfer">The new tasks that a model of an earlier stage is carried to; either this or learn.</param>
/// <param name="From">The earlier stage, or a model file, whose weights it starts from; needed for transfer, unless the model begins with pretrained weights.</param>
/// <param name="Training">How it learns, where it differs from the experiment.</param>
/// <param name="Model">Another model than the experiment's.</param>
/// <param name="Mode">The one way to learn or transfer, where nothing is compared. Default: joint, full.</param>
/// <param name="Compare">The ways to compare, each an arm; either this or mode.</param>
/// <param name="Baseline">The arm that the others are measured against.</param>
/// <param name="Rehearse">Rows of earlier tasks that are learned again along with the new ones.</param>
/// <param name="Objective">The parts of the loss of a transfer, each with its weight and curve.</param>
/// <param name="Evaluate">Tasks that are measured at the end; left out, those of this stage and of the stages it starts from.</param>
public sealed record StageSection(
    string Name,
    [Inline] TrainingSection Training,
    IReadOnlyList<string>? Learn = null,
    IReadOnlyList<string>? Transfer = null,
    string? From = null,
    [Also("backbone")] ModelSection? Model = null,
    ArmSection? Mode = null,
    IReadOnlyList<ArmSection>? Compare = null,
    string? Baseline = null,
    RehearseSection? Rehearse = null,
    ObjectiveSection? Objective = null,
    IReadOnlyList<string>? Evaluate = null) : SpecRecord
{
    /// <summary>Whether it carries a model to new tasks.</summary>
    public bool IsTransfer => Transfer is not null;

    /// <summary>The tasks that it learns.</summary>
    public IReadOnlyList<string> Tasks => Transfer ?? Learn ?? [];

    /// <summary>Whether what a stage starts from is a model file rather than a stage: it has a path or an extension.</summary>
    /// <param name="from">What it starts from.</param>
    public static bool IsFile(string from) => from.AsSpan().ContainsAny('/', '\\', '.');
}

/// <summary>Rows of earlier tasks that are learned again while new tasks are learned, so that they are not forgotten.</summary>
/// <param name="Tasks">The earlier tasks.</param>
/// <param name="Weight">How much their loss counts beside the new tasks', greater than 0.</param>
public sealed record RehearseSection([Shorthand] IReadOnlyList<string> Tasks, double Weight = 1) : SpecRecord
{
    /// <summary>How much their loss counts.</summary>
    public double Weight { get; init; } = Check.Positive(Weight);
}
