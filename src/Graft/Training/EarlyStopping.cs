using Graft.Tasks.Metrics;
using Graft.Tensors;

namespace Graft.Training;

/// <summary>Chooses the best weights by validation, and stops where it does not get better any more.</summary>
/// <remarks>What is compared is the mean over the tasks that have the metric. The weights of the best validation are the result of the training.</remarks>
/// <param name="metric">What is compared; null for the loss.</param>
/// <param name="patience">Validations without a better result after which training stops; at least 1; null to make all steps.</param>
/// <param name="minDelta">A better result must be better by more than this; at least 0.</param>
public sealed class EarlyStopping(Metric? metric = null, int? patience = 5, double minDelta = 0)
{
    /// <summary>What is compared; null for the loss.</summary>
    public Metric? Metric { get; } = metric;

    /// <summary>Validations without a better result after which training stops; null: it never does.</summary>
    public int? Patience { get; } = patience is { } p ? Check.AtLeast(1, p, nameof(patience)) : null;

    /// <summary>A better result must be better by more than this.</summary>
    public double MinDelta { get; } = Check.NonNegative(minDelta);

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"EarlyStopping(metric: {Metric?.Name ?? "loss"}, patience: {Patience?.ToString() ?? "none"}, minDelta: {MinDelta})");
}
