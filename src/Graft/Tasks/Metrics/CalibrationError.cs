using Graft.Tensors;

namespace Graft.Tasks.Metrics;

/// <summary>How far confidence and accuracy are apart: the expected calibration error.</summary>
/// <remarks>Rows are put into bins of equal width by the probability of the class they were given (of two classes: the larger of p and 1 - p), bin i
/// holding ((i - 1) / bins, i / bins]; the error is the mean over the bins of |share that is right - mean probability|, weighted by their rows.</remarks>
/// <param name="bins">Number of bins; at least 1. Paper: 15.</param>
[Named("calibration-error")]
[Paper("Guo, Pleiss, Sun & Weinberger, On Calibration of Modern Neural Networks, ICML 2017", "https://arxiv.org/abs/1706.04599")]
public sealed class CalibrationError(int bins = 15) : Metric
{
    private readonly int _bins = Check.AtLeast(1, bins);

    /// <inheritdoc/>
    public override bool HigherIsBetter => false;

    /// <inheritdoc/>
    public override bool AppliesTo(TaskKind kind) => IsClasses(kind);

    /// <inheritdoc/>
    protected override double Evaluate(MetricInput input)
    {
        var surplus = new double[_bins];         // sum of right - probability
        double weights = 0;
        for (int row = 0; row < input.Count; row++)
        {
            int predicted = input.Predicted(row);
            double confidence = input.Probability(row, predicted), weight = input.Weight(row);
            int bin = Math.Clamp((int)Math.Ceiling(confidence * _bins) - 1, 0, _bins - 1);
            surplus[bin] += weight * ((predicted == input.Label(row) ? 1 : 0) - confidence);
            weights += weight;
        }

        return surplus.Sum(Math.Abs) / weights;
    }
}
