namespace Graft.Tasks.Metrics;

/// <summary>1 - (sum of squared errors) / (sum of squared distances of the truths from their mean); 1 is perfect, 0 is as good as the mean.</summary>
/// <remarks>The mean over several outputs; those whose truths do not differ are left out. NaN where none is left.</remarks>
[Named("r2")]
public sealed class R2 : Metric
{
    /// <inheritdoc/>
    public override bool AppliesTo(TaskKind kind) => kind == TaskKind.Regression;

    /// <inheritdoc/>
    protected override double Evaluate(MetricInput input) => MeanOfDefined(input.Views().Select(v =>
    {
        double mean = v.Sum((_, y) => y) / v.Sum((_, _) => 1);
        double total = v.Sum((_, y) => (y - mean) * (y - mean));
        return total > 0 ? 1 - (v.Sum((p, y) => (p - y) * (p - y)) / total) : double.NaN;
    }));
}
