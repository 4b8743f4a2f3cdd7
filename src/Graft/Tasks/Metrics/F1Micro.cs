namespace Graft.Tasks.Metrics;

/// <summary>F1 of the hits, givens and truths of all classes or labels together.</summary>
/// <remarks>Both classes of a binary task count, as in scikit-learn; where every row has one class and was given one, it equals accuracy.</remarks>
[Named("f1-micro")]
public sealed class F1Micro : Metric
{
    /// <inheritdoc/>
    public override bool AppliesTo(TaskKind kind) => IsClassification(kind);

    /// <inheritdoc/>
    protected override double Evaluate(MetricInput input)
    {
        ClassCounts[] counts = ClassCounts.Of(input);
        return new ClassCounts(counts.Sum(c => c.Hits), counts.Sum(c => c.Given), counts.Sum(c => c.Truths)).F1;
    }
}
