using Graft.Tensors;

namespace Graft.Tasks.Metrics;

/// <summary>The share of rows whose class is among the k most probable ones.</summary>
/// <remarks>Of equal probabilities the earlier class counts as the more probable.</remarks>
/// <param name="k">How many; at least 1.</param>
[Named("top-k-accuracy")]
public sealed class TopKAccuracy(int k = 5) : Metric
{
    private readonly int _k = Check.AtLeast(1, k);

    /// <inheritdoc/>
    public override bool AppliesTo(TaskKind kind) => kind == TaskKind.MultiClass;

    /// <inheritdoc/>
    protected override double Evaluate(MetricInput input)
    {
        double right = 0, weights = 0;
        for (int row = 0; row < input.Count; row++)
        {
            ReadOnlySpan<float> own = input.Row(row);
            int label = input.Label(row), before = 0;
            for (int c = 0; c < own.Length; c++)
            {
                before += own[c] > own[label] || (own[c] == own[label] && c < label) ? 1 : 0;
            }

            right += before < _k ? input.Weight(row) : 0;
            weights += input.Weight(row);
        }

        return right / weights;
    }
}
