using Graft.Experiments.Runs;
using Graft.Experiments.Spec;

namespace Graft.Experiments.Runner;

/// <summary>One training that the experiment asks for: a stage, an arm, a seed.</summary>
/// <param name="Id">Names it and its folder: "new-full-s1".</param>
/// <param name="Stage">The stage.</param>
/// <param name="Arm">The way it is learned.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Training">How it learns, with everything from the stage and the experiment filled in.</param>
/// <param name="DependsOn">Jobs whose models it needs.</param>
/// <param name="Compared">Whether its test results count in the comparison.</param>
internal sealed record PlannedJob(
    string Id,
    StageSection Stage,
    ArmSection Arm,
    long Seed,
    TrainingSection Training,
    IReadOnlyList<string> DependsOn,
    bool Compared)
{
    /// <summary>The experiment with the settings of this job's arm.</summary>
    public required ExperimentSpec Spec { get; init; }

    /// <summary>Settings that a search chose, by key.</summary>
    public IReadOnlyDictionary<string, string> Chosen { get; init; } = new Dictionary<string, string>();

    public JobPlan Record => new(Id, Stage.Name, Compared ? Arm.Id : null, Seed, Stage.Tasks, DependsOn, Compared);
}
