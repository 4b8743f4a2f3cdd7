namespace Graft.Tasks.Metrics;

/// <summary>Of the rows of a class, the share that was given it.</summary>
/// <remarks>The positive class of a binary task; else the mean over the classes that a row has or was given, or over the labels. 0 for one that no row has.</remarks>
[Named("recall")]
public sealed class Recall : Metric
{
    /// <inheritdoc/>
    public override bool AppliesTo(TaskKind kind) => IsClassification(kind);

    /// <inheritdoc/>
    protected override double Evaluate(MetricInput input) => ClassCounts.OfPositive(input).Average(c => c.Recall);
}
