namespace Graft.Tasks.Metrics;

/// <summary>The mean of F1 over the classes or labels, each weighted by the rows that have it.</summary>
/// <remarks>Both classes of a binary task count. NaN where no row has a label.</remarks>
[Named("f1-weighted")]
public sealed class F1Weighted : Metric
{
    /// <inheritdoc/>
    public override bool AppliesTo(TaskKind kind) => IsClassification(kind);

    /// <inheritdoc/>
    protected override double Evaluate(MetricInput input)
    {
        ClassCounts[] counts = ClassCounts.Of(input);
        return counts.Sum(c => c.F1 * c.Truths) / counts.Sum(c => c.Truths);
    }
}
