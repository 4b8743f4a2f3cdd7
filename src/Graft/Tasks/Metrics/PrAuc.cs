namespace Graft.Tasks.Metrics;

/// <summary>The average precision: the precision at every threshold, weighted by the recall that it adds; a step curve, not trapezoids.</summary>
/// <remarks>Multi-class: the mean over the classes, each against the rest; multi-label: over the labels; those without a positive row are left out.
/// NaN where none is left.</remarks>
[Named("pr-auc")]
public sealed class PrAuc : Metric
{
    /// <inheritdoc/>
    public override bool AppliesTo(TaskKind kind) => IsClassification(kind);

    /// <inheritdoc/>
    protected override double Evaluate(MetricInput input) => MeanOfDefined(input.Views().Select(Area));

    private static double Area(OutputView view)
    {
        double area = 0, last = 0;
        foreach ((double positives, double negatives) in view.Thresholds())
        {
            area += positives > last ? (positives - last) * positives / (positives + negatives) : 0;
            last = positives;
        }

        return last > 0 ? area / last : double.NaN;
    }
}
