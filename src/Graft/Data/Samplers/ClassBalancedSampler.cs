using Graft.Tensors.Random;

namespace Graft.Data.Samplers;

/// <summary>Draws every class equally often: each run of as many draws as there are classes holds every class once, in random order.</summary>
/// <remarks>The rows of a class are drawn in rounds, each row once a round, so that rare classes come round more often. Rows without a class are left out.
/// An epoch is as many draws as there are rows with a class.</remarks>
[Named("class-balanced")]
public sealed class ClassBalancedSampler : Sampler
{
    /// <inheritdoc/>
    public override IndexStream Over(SampledRows rows, ulong seed, string path)
    {
        if (rows.Labels is null || rows.Labels.Count != rows.Count || rows.Labels.All(l => l < 0))
        {
            throw new ArgumentException($"class-balanced: expected a class for every row, got {(rows.Labels is null ? "none" : $"{rows.Labels.Count(l => l >= 0)} for {rows.Count}")}.", nameof(rows));
        }

        int[][] classes = [.. Enumerable.Range(0, rows.Count).Where(r => rows.Labels[r] >= 0).GroupBy(r => rows.Labels[r]).OrderBy(g => g.Key).Select(g => g.ToArray())];
        return new Stream(classes, seed, path);
    }

    /// <inheritdoc/>
    public override string ToString() => "ClassBalancedSampler";

    private sealed class Stream(int[][] classes, ulong seed, string path) : IndexStream(classes.Sum(c => c.Length))
    {
        private readonly ShuffledCycle _class = new([.. Enumerable.Range(0, classes.Length)], RandomStream.For(seed, path + "/class"));

        private readonly ShuffledCycle[] _rows =
            [.. classes.Select((rows, c) => new ShuffledCycle(rows, RandomStream.For(seed, FormattableString.Invariant($"{path}/class/{c}"))))];

        private protected override int At(long position) => _rows[_class[position]][position / classes.Length];
    }
}
