using Graft.Experiments.Catalogue;
using Graft.Experiments.Spec;
using Graft.Tasks;
using Graft.Tasks.Metrics;

namespace Graft.Experiments.Runner;

/// <summary>How a task is judged: by the metrics that the file names, or by those usual for its kind.</summary>
internal static class TaskMetrics
{
    public static IReadOnlyList<Metric> Of(TaskSection section, TaskKind kind)
    {
        Metric[] metrics = section.Metrics is { Count: > 0 } named
            ? [.. named.Select(m => m.Create())]
            : Usual(kind, section.Balance);
        Metric? strange = metrics.FirstOrDefault(m => !m.AppliesTo(kind));
        return strange is null
            ? metrics
            : throw new GraftInputException("", $"metrics: expected metrics of a {kind} task, got '{strange.Name}'.");
    }

    /// <summary>The metrics usual for a kind of task.</summary>
    public static Metric[] Usual(TaskKind kind, bool balance = false) =>
        [.. Names(kind, balance).Select(n => PartCatalogue.Default.Bind<Metric>(new SpecScalar(default, n)))];

    private static string[] Names(TaskKind kind, bool balance) => kind switch
    {
        TaskKind.Binary when balance => ["balanced-accuracy", "roc-auc", "accuracy", "f1", "log-loss"],
        TaskKind.Binary => ["accuracy", "balanced-accuracy", "roc-auc", "f1", "log-loss"],
        TaskKind.MultiClass when balance => ["balanced-accuracy", "accuracy", "f1-macro", "log-loss"],
        TaskKind.MultiClass => ["accuracy", "balanced-accuracy", "f1-macro", "log-loss"],
        TaskKind.MultiLabel => ["f1-micro", "f1-macro", "roc-auc", "log-loss"],
        _ => ["rmse", "mae", "r2", "explained-variance"],
    };
}
