namespace Graft.Tasks.Metrics;

/// <summary>1 - (variance of the errors) / (variance of the truths): r2 that forgives a constant offset.</summary>
/// <remarks>The mean over several outputs; those whose truths do not differ are left out. NaN where none is left.</remarks>
[Named("explained-variance")]
public sealed class ExplainedVariance : Metric
{
    /// <inheritdoc/>
    public override bool AppliesTo(TaskKind kind) => kind == TaskKind.Regression;

    /// <inheritdoc/>
    protected override double Evaluate(MetricInput input) => MeanOfDefined(input.Views().Select(v =>
    {
        double weights = v.Sum((_, _) => 1), mean = v.Sum((_, y) => y) / weights, offset = v.Sum((p, y) => y - p) / weights;
        double total = v.Sum((_, y) => (y - mean) * (y - mean));
        return total > 0 ? 1 - (v.Sum((p, y) => (y - p - offset) * (y - p - offset)) / total) : double.NaN;
    }));
}
