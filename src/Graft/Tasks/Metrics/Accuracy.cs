namespace Graft.Tasks.Metrics;

/// <summary>The share of rows that were given their class; of a multi-label task the share of single labels that are right.</summary>
[Named("accuracy")]
public sealed class Accuracy : Metric
{
    /// <inheritdoc/>
    public override bool AppliesTo(TaskKind kind) => IsClassification(kind);

    /// <inheritdoc/>
    protected override double Evaluate(MetricInput input)
    {
        ConfusionMatrix[] matrices = input.Kind == TaskKind.MultiLabel ? [.. input.Views().Select(ConfusionMatrix.Of)] : [ConfusionMatrix.Of(input)];
        double right = matrices.Sum(m => Enumerable.Range(0, m.Classes).Sum(c => m[c, c]));
        return right / matrices.Sum(m => Enumerable.Range(0, m.Classes).Sum(m.Truths));
    }
}
