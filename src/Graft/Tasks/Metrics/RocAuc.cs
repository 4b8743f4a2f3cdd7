namespace Graft.Tasks.Metrics;

/// <summary>The area under the ROC curve: the chance that a positive row has a higher score than a negative one, ties counting half.</summary>
/// <remarks>Multi-class: the mean over the classes, each against the rest; multi-label: over the labels; those without rows of both sides are left out.
/// NaN where none is left.</remarks>
[Named("roc-auc")]
public sealed class RocAuc : Metric
{
    /// <inheritdoc/>
    public override bool AppliesTo(TaskKind kind) => IsClassification(kind);

    /// <inheritdoc/>
    protected override double Evaluate(MetricInput input) => MeanOfDefined(input.Views().Select(Area));

    private static double Area(OutputView view)
    {
        List<(double Positives, double Negatives)> points = view.Thresholds();
        double area = 0, lastPositives = 0, lastNegatives = 0;
        foreach ((double positives, double negatives) in points)
        {
            area += (negatives - lastNegatives) * (positives + lastPositives) / 2;      // a trapezoid: ties count half
            (lastPositives, lastNegatives) = (positives, negatives);
        }

        return lastPositives > 0 && lastNegatives > 0 ? area / (lastPositives * lastNegatives) : double.NaN;
    }
}
