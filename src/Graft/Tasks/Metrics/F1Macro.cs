namespace Graft.Tasks.Metrics;

/// <summary>The mean of F1 over the classes that a row has or was given, or over the labels: every class counts the same.</summary>
/// <remarks>Both classes of a binary task count.</remarks>
[Named("f1-macro")]
public sealed class F1Macro : Metric
{
    /// <inheritdoc/>
    public override bool AppliesTo(TaskKind kind) => IsClassification(kind);

    /// <inheritdoc/>
    protected override double Evaluate(MetricInput input) => ClassCounts.Of(input).Average(c => c.F1);
}
