namespace Graft.Tasks.Metrics;

/// <summary>The root of the mean squared distance of prediction and truth, in the unit of the truth; the mean of the roots over several outputs.</summary>
[Named("rmse")]
public sealed class RootMeanSquaredError : Metric
{
    /// <inheritdoc/>
    public override bool HigherIsBetter => false;

    /// <inheritdoc/>
    public override bool AppliesTo(TaskKind kind) => kind == TaskKind.Regression;

    /// <inheritdoc/>
    protected override double Evaluate(MetricInput input) =>
        MeanOfDefined(input.Views().Select(v => Math.Sqrt(v.Sum((p, y) => (p - y) * (p - y)) / v.Sum((_, _) => 1))));
}
