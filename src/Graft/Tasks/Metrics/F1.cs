namespace Graft.Tasks.Metrics;

/// <summary>The harmonic mean of precision and recall.</summary>
/// <remarks>The positive class of a binary task; else the mean over the classes that a row has or was given, or over the labels.</remarks>
[Named("f1")]
public sealed class F1 : Metric
{
    /// <inheritdoc/>
    public override bool AppliesTo(TaskKind kind) => IsClassification(kind);

    /// <inheritdoc/>
    protected override double Evaluate(MetricInput input) => ClassCounts.OfPositive(input).Average(c => c.F1);
}
