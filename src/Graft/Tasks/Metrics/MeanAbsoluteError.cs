namespace Graft.Tasks.Metrics;

/// <summary>The mean distance of prediction and truth, in the unit of the truth; the mean over several outputs.</summary>
[Named("mae")]
public sealed class MeanAbsoluteError : Metric
{
    /// <inheritdoc/>
    public override bool HigherIsBetter => false;

    /// <inheritdoc/>
    public override bool AppliesTo(TaskKind kind) => kind == TaskKind.Regression;

    /// <inheritdoc/>
    protected override double Evaluate(MetricInput input) =>
        MeanOfDefined(input.Views().Select(v => v.Sum((p, y) => Math.Abs(p - y)) / v.Sum((_, _) => 1)));
}
