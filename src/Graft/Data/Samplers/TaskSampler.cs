using Graft.Tensors;
using Graft.Tensors.Random;

namespace Graft.Data.Samplers;

/// <summary>Draws which of several tasks gives the next batch, with a chance in proportion to rows^(1 / temperature).</summary>
/// <remarks>Temperature 1 draws in proportion to the rows; the higher, the closer to all tasks alike.</remarks>
/// <param name="temperature">T; greater than 0.</param>
public sealed class TaskSampler(double temperature = 1)
{
    private readonly double _temperature = Check.Positive(temperature);

    /// <summary>The chance of every task; the sum is 1.</summary>
    /// <param name="rows">Training rows of each task; each at least 1.</param>
    public double[] Chances(IReadOnlyList<int> rows)
    {
        // Relative to the largest, so that a low temperature does not overflow.
        double largest = rows.Max();
        double[] weights = [.. rows.Select(n => Math.Pow(Check.AtLeast(1, n, nameof(rows)) / largest, 1 / _temperature))];
        double sum = weights.Sum();
        return [.. weights.Select(w => w / sum)];
    }

    /// <summary>Starts an endless stream of task numbers.</summary>
    /// <param name="rows">Training rows of each task; each at least 1.</param>
    /// <param name="seed">The seed of training.</param>
    /// <param name="path">Who draws.</param>
    public IndexStream Over(IReadOnlyList<int> rows, ulong seed, string path) =>
        new WeightedSampler.Stream(Chances(rows), rows.Count, RandomStream.For(seed, path + "/tasks"));

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"TaskSampler(temperature: {_temperature})");
}
