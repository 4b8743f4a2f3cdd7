namespace Graft.Tasks.Metrics;

/// <summary>Of the rows that were given a class, the share that has it.</summary>
/// <remarks>The positive class of a binary task; else the mean over the classes that a row has or was given, or over the labels. 0 for one that was never given.</remarks>
[Named("precision")]
public sealed class Precision : Metric
{
    /// <inheritdoc/>
    public override bool AppliesTo(TaskKind kind) => IsClassification(kind);

    /// <inheritdoc/>
    protected override double Evaluate(MetricInput input) => ClassCounts.OfPositive(input).Average(c => c.Precision);
}
