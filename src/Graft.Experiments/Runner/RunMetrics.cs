using Graft.Experiments.Runs;
using Graft.Experiments.Spec;
using Graft.Tasks.Metrics;

namespace Graft.Experiments.Runner;

/// <summary>How the metrics of a run are to be read.</summary>
internal static class RunMetrics
{
    private static readonly string[] Unbounded = ["log-loss", "mae", "rmse", "r2", "explained-variance"];

    public static IReadOnlyList<MetricInfo> Of(DataPreparation data, ExperimentSpec spec) => [.. spec.PlannedStages
        .SelectMany(s => s.Tasks)
        .SelectMany(t => data.TasksOf(t, spec.Seeds[0]))
        .SelectMany(t => t.Metrics)
        .DistinctBy(m => m.Name)
        .Select(m => new MetricInfo(m.Name, m.HigherIsBetter, IsFraction(m)))];

    private static bool IsFraction(Metric metric) => !Unbounded.Contains(metric.Name, StringComparer.Ordinal);
}
