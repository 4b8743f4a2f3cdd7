namespace Graft.Data.Samplers;

/// <summary>What a sampler may know of the rows that it draws from.</summary>
/// <param name="Count">Number of rows; at least 1.</param>
/// <param name="Labels">A class a row, -1 where it is missing; null for none.</param>
/// <param name="Weights">A weight a row, at least 0; null for none.</param>
public sealed record SampledRows(int Count, IReadOnlyList<int>? Labels = null, IReadOnlyList<double>? Weights = null)
{
    /// <summary>Number of rows.</summary>
    public int Count { get; } = Tensors.Check.AtLeast(1, Count);
}
