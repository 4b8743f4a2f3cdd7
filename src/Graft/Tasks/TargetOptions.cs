namespace Graft.Tasks;

/// <summary>What is to be predicted of a row, and how.</summary>
/// <param name="Kind">The kind of task; null to tell it from the columns of the training rows.</param>
/// <param name="Classes">The classes in the order of the model's outputs; null for those of the training rows.</param>
/// <param name="Positive">The positive class of a binary task; null for the second of its classes. Where there are more than two, the others together are the negative one.</param>
/// <param name="Standardize">Whether the numbers of a regression are brought to mean 0 and standard deviation 1 for training.</param>
/// <param name="SkipUnseen">Whether rows of a class that training rows lack count as missing; else they are refused.</param>
/// <param name="Only">The rows that the task is about; null for all of them.</param>
public sealed record TargetOptions(
    TaskKind? Kind = null, IReadOnlyList<string>? Classes = null, string? Positive = null, bool Standardize = true, bool SkipUnseen = false, RowLevel? Only = null);
