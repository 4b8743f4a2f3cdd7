using System.Globalization;
using Graft.Experiments.Catalogue;
using Graft.Tasks.Metrics;
using Graft.Tensors;

namespace Graft.Experiments.Spec;

/// <summary>Chooses settings by trying them out: judged on validation rows only, with the same number of trials for every arm.</summary>
/// <param name="Space">What is tried, by the key's path in this file: "optimizer.rate", "stages.new.epochs".</param>
/// <param name="Method">How trials are chosen.</param>
/// <param name="Trials">How many are tried for every arm, at least 1.</param>
/// <param name="Tasks">Tasks whose validation rows judge, such as the known tasks; left out, those of the last stage.</param>
/// <param name="Metric">The metric that judges; left out, each task's deciding metric.</param>
/// <param name="Eta">For halving: one in so many trials goes on with so many times the epochs, at least 2.</param>
/// <param name="Seed">Seed of the choice.</param>
public sealed record SearchSection(
    IReadOnlyDictionary<string, RangeSection> Space,
    SearchMethod Method = SearchMethod.Random,
    int Trials = 8,
    IReadOnlyList<string>? Tasks = null,
    Part<Metric>? Metric = null,
    int Eta = 3,
    long Seed = 1) : SpecRecord
{
    /// <summary>What is tried; at least one key.</summary>
    public IReadOnlyDictionary<string, RangeSection> Space { get; init; } = Space.Count > 0
        ? Space
        : throw new ArgumentException("Space: expected at least one key to try, got none.", nameof(Space));

    /// <summary>How many are tried for every arm.</summary>
    public int Trials { get; init; } = Check.Within(1, 10_000, Trials);

    /// <summary>One in so many trials goes on.</summary>
    public int Eta { get; init; } = Check.AtLeast(2, Eta);

    /// <summary>Seed of the choice.</summary>
    public long Seed { get; init; } = Check.NonNegative(Seed);
}

/// <summary>How the trials of a search are chosen.</summary>
public enum SearchMethod
{
    /// <summary>Independently of each other.</summary>
    Random,

    /// <summary>At random, with few epochs at first; the better ones go on with more (successive halving).</summary>
    Halving,
}

/// <summary>The values that a search may try for one key: either choices, or numbers from low to high.</summary>
/// <param name="Choices">Values to choose from, of any kind.</param>
/// <param name="Low">Smallest number.</param>
/// <param name="High">Largest number.</param>
/// <param name="Scale">How numbers are spread.</param>
/// <param name="Integer">Whether only whole numbers are tried.</param>
public sealed record RangeSection(
    [Shorthand] IReadOnlyList<SpecNode>? Choices = null,
    double? Low = null,
    double? High = null,
    RangeScale Scale = RangeScale.Linear,
    bool Integer = false) : SpecRecord
{
    /// <summary>Largest number, or null where there are choices.</summary>
    public double? High { get; init; } = (Choices, Low, High) switch
    {
        ({ Count: > 0 }, null, null) => null,
        (null, { } low, { } high) when low < high && (low > 0 || Scale == RangeScale.Linear) => high,
        (null, { } low, { } high) when low < high => throw new ArgumentException(FormattableString.Invariant($"Low: expected a number > 0 on a log scale, got {low}."), nameof(Low)),
        (null, { } low, { } high) => throw new ArgumentException(FormattableString.Invariant($"High: expected a number greater than low, {low}, got {high}."), nameof(High)),
        _ => throw new ArgumentException("expected either choices, or low and high."),
    };

    /// <summary>The ends of the range and a number between them that is not whole, unless whole ones are asked for; none where there are choices.</summary>
    internal IEnumerable<double> Samples => Low is { } low && High is { } high ? [low, high, low + ((high - low) * 0.381966)] : [];

    /// <summary>A number of the range as it stands in a file.</summary>
    /// <param name="number">The number.</param>
    public SpecScalar Write(double number) => new(default, (Integer ? Math.Round(number) : number).ToString("R", CultureInfo.InvariantCulture));
}

/// <summary>How numbers are spread between low and high.</summary>
public enum RangeScale
{
    /// <summary>Evenly.</summary>
    Linear,

    /// <summary>Evenly in their logarithm, for rates and weights.</summary>
    Log,
}
