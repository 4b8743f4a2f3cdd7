using Graft.Experiments.Catalogue;
using Graft.Tensors;

namespace Graft.Experiments.Spec;

/// <summary>One experiment: which data, which tasks on them, one model, what is learned in which order, and what is compared.</summary>
/// <param name="Data">The data sets, by names of your own.</param>
/// <param name="Tasks">What is to be learned, by names of your own.</param>
/// <param name="Model">The model: a name, or a map with the name and the model's own keys.</param>
/// <param name="Training">How every stage learns, where it does not say otherwise.</param>
/// <param name="Name">What the run folder is called; left out, the file's name.</param>
/// <param name="Description">What it is about, for the report.</param>
/// <param name="Seeds">Everything is done once a seed; a single number n stands for 1, 2 ... n. Left out: one seed, 1.</param>
/// <param name="Stages">What is learned in which order; left out, all tasks are learned together in one stage.</param>
/// <param name="Compare">The arms to compare, in every stage that does not name its own and to which they apply.</param>
/// <param name="Baseline">The arm that the others are measured against; left out, scratch or independent where it is among the arms, else the first.</param>
/// <param name="Search">Settings to be chosen on validation rows before the comparison; left out, none.</param>
/// <param name="Checkpoints">When the state of a training is saved; left out, after every epoch.</param>
/// <param name="Threads">Threads for all work together, at least 1; left out, one a core. The results do not depend on it.</param>
/// <param name="Workers">Trainings that run side by side and share the threads, at least 1.</param>
public sealed record ExperimentSpec(
    IReadOnlyDictionary<string, DataSection> Data,
    IReadOnlyDictionary<string, TaskSection> Tasks,
    [Also("backbone")] ModelSection Model,
    [Inline] TrainingSection Training,
    string? Name = null,
    string Description = "",
    [Counts] IReadOnlyList<long>? Seeds = null,
    IReadOnlyList<StageSection>? Stages = null,
    IReadOnlyList<ArmSection>? Compare = null,
    string? Baseline = null,
    SearchSection? Search = null,
    CheckpointSection? Checkpoints = null,
    int? Threads = null,
    int Workers = 1) : SpecRecord
{
    /// <summary>The seeds; at least one, all different.</summary>
    public IReadOnlyList<long> Seeds { get; init; } =
        Seeds is null ? [1]
        : Seeds.Count > 0 && Seeds.All(s => s >= 0) && Seeds.Distinct().Count() == Seeds.Count ? Seeds
        : throw new ArgumentException($"Seeds: expected at least one seed, all different and >= 0, got [{string.Join(", ", Seeds)}].", nameof(Seeds));

    /// <summary>Threads for all work together, or null for one a core.</summary>
    public int? Threads { get; init; } = Threads is { } threads ? Check.AtLeast(1, threads, nameof(Threads)) : null;

    /// <summary>Trainings that run side by side.</summary>
    public int Workers { get; init; } = Check.AtLeast(1, Workers);

    /// <summary>The stages as they are written; where there are none, one that learns all tasks.</summary>
    public IReadOnlyList<StageSection> PlannedStages => Stages ?? [new StageSection("learn", new TrainingSection(), Learn: [.. Tasks.Keys])];

    /// <summary>The data set of a task, or null where it names one that is not there.</summary>
    /// <param name="task">One of the tasks.</param>
    public DataSection? DataOf(TaskSection task) => task.Data is not null ? Data.GetValueOrDefault(task.Data) : Data.Values.FirstOrDefault();

    /// <summary>The arms of a stage: its own, or else those of the experiment where they apply, or else the one usual way.</summary>
    /// <param name="stage">One of the planned stages.</param>
    public IReadOnlyList<ArmSection> ArmsOf(StageSection stage) =>
        stage.Compare
        ?? (stage.Mode is null && Applies(stage) ? Compare : null)
        ?? [stage.Mode ?? (stage.IsTransfer ? ArmSection.Full : ArmSection.Joint)];

    /// <summary>How an arm of a stage is trained: what the arm says, else the stage, else the experiment.</summary>
    /// <param name="stage">One of the planned stages.</param>
    /// <param name="arm">One of its arms.</param>
    public TrainingSection TrainingOf(StageSection stage, ArmSection arm) => arm.Training.Within(stage.Training.Within(Training));

    /// <summary>Whether the experiment's arms are of the kind that a stage needs.</summary>
    internal bool Applies(StageSection stage) => Compare is not null && Compare.All(a => a?.Way is not null && a.IsTransfer == stage.IsTransfer);
}
