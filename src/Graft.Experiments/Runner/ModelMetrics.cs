using Graft.Tasks;
using Graft.Tasks.Metrics;

namespace Graft.Experiments.Runner;

/// <summary>Measures predictions against truths with the metrics usual for a kind of task.</summary>
public static class ModelMetrics
{
    /// <summary>The metrics that a task is judged by where nothing else is said, the deciding one first.</summary>
    /// <param name="kind">The kind of task.</param>
    public static IReadOnlyList<Metric> Usual(TaskKind kind) => TaskMetrics.Usual(kind);

    /// <summary>Predictions beside the truths of the same rows.</summary>
    /// <param name="truths">Truths of every row; missing ones are left out.</param>
    /// <param name="predictions">Probabilities, or numbers in the truths' unit: [rows, outputs].</param>
    public static MetricInput Against(Targets truths, float[] predictions) => new Truth(truths, [.. Enumerable.Range(0, truths.Count)]).Against(predictions);
}
