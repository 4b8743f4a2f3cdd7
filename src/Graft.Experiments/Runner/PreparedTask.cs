using Graft.Experiments.Spec;
using Graft.Tasks;
using Graft.Tasks.Metrics;

namespace Graft.Experiments.Runner;

/// <summary>A task as it was fitted to the training rows of one seed.</summary>
/// <param name="Spec">What a model needs to know of it.</param>
/// <param name="Section">What the experiment file says of it.</param>
/// <param name="Target">Its classes and scales.</param>
/// <param name="Metrics">How it is judged, the deciding one first.</param>
internal sealed record PreparedTask(TaskSpec Spec, TaskSection Section, TargetEncoder Target, IReadOnlyList<Metric> Metrics)
{
    public string Name => Spec.Name;

    /// <summary>The value of the column "each" that makes it a task of its own, or null.</summary>
    public string? Level => Target.Only?.Value;

    public Metric Primary => Metrics[0];
}
