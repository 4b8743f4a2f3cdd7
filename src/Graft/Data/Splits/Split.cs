namespace Graft.Data.Splits;

/// <summary>Which rows are learned from, which choose between models, and which are looked at once, at the end.</summary>
/// <param name="Train">Rows to learn from, ascending.</param>
/// <param name="Validation">Rows that stop training and choose settings, ascending; may be empty.</param>
/// <param name="Test">Rows for the final numbers, ascending; may be empty.</param>
/// <remarks>No row is on two sides; where only some training rows were asked for, the others are on none.</remarks>
public sealed record Split(int[] Train, int[] Validation, int[] Test)
{
    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"train {Train.Length}, validation {Validation.Length}, test {Test.Length}");
}
