namespace Graft.Tasks.Metrics;

/// <summary>The mean of -ln(probability given to the true class), or to the truth of every single label.</summary>
/// <remarks>Probabilities are clipped to [1e-7, 1 - 1e-7], the resolution of 32-bit numbers near 1.</remarks>
[Named("log-loss")]
public sealed class LogLoss : Metric
{
    private const double Least = 1e-7;

    /// <inheritdoc/>
    public override bool HigherIsBetter => false;

    /// <inheritdoc/>
    public override bool AppliesTo(TaskKind kind) => IsClassification(kind);

    /// <inheritdoc/>
    protected override double Evaluate(MetricInput input)
    {
        double sum = 0, weights = 0;
        if (input.Kind == TaskKind.MultiLabel)
        {
            foreach (OutputView view in input.Views())
            {
                sum += view.Sum((p, y) => Loss(y > 0.5 ? p : 1 - p));
                weights += view.Sum((_, _) => 1);
            }

            return sum / weights;
        }

        for (int row = 0; row < input.Count; row++)
        {
            sum += input.Weight(row) * Loss(input.Probability(row, input.Label(row)));
            weights += input.Weight(row);
        }

        return sum / weights;
    }

    private static double Loss(double probability) => -Math.Log(Math.Clamp(probability, Least, 1 - Least));
}
