namespace Graft.Tasks.Metrics;

/// <summary>The mean over the classes of the share of their rows that was given them: every class counts the same, however rare.</summary>
/// <remarks>Classes without a row are left out. Of a multi-label task, the mean over its labels.</remarks>
[Named("balanced-accuracy")]
public sealed class BalancedAccuracy : Metric
{
    /// <inheritdoc/>
    public override bool AppliesTo(TaskKind kind) => IsClassification(kind);

    /// <inheritdoc/>
    protected override double Evaluate(MetricInput input) => input.Kind == TaskKind.MultiLabel
        ? MeanOfDefined(input.Views().Select(v => MeanRecall(ConfusionMatrix.Of(v))))
        : MeanRecall(ConfusionMatrix.Of(input));

    private static double MeanRecall(ConfusionMatrix matrix) => MeanOfDefined(Enumerable.Range(0, matrix.Classes).Select(matrix.Recall));
}
