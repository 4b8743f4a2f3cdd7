using Graft.Experiments.Catalogue;

namespace Graft.Experiments.Spec;

/// <summary>One way to learn or transfer, compared with others: its name alone, or a map with its own settings.</summary>
/// <param name="Name">Which way: scratch, partial or full for a transfer; independent, joint, fusion or distill for several tasks.</param>
/// <param name="Training">How it learns, where it differs from the stage.</param>
/// <param name="Id">What it is called in results; left out, its name. Needed where one way occurs twice.</param>
/// <param name="Layers">Layers that are trained, by name; left out, those that the way implies.</param>
/// <param name="Freeze">Layers that stay as they were carried.</param>
/// <param name="Reset">Layers that start anew although they could be carried.</param>
public sealed record ArmSection(
    [Shorthand] string Name,
    [Inline] TrainingSection Training,
    string? Id = null,
    IReadOnlyList<string>? Layers = null,
    IReadOnlyList<string>? Freeze = null,
    IReadOnlyList<string>? Reset = null) : SpecRecord
{
    internal static IReadOnlyList<string> TransferWays { get; } = ["scratch", "partial", "full"];

    internal static IReadOnlyList<string> TaskWays { get; } = ["independent", "joint", "fusion", "distill"];

    /// <summary>What it is called in results.</summary>
    public string Id { get; init; } = Id ?? Name;

    /// <summary>Whether it is a way to carry a model to new tasks.</summary>
    public bool IsTransfer => TransferWays.Contains(Name, StringComparer.Ordinal);

    internal bool IsKnown => IsTransfer || TaskWays.Contains(Name, StringComparer.Ordinal);
}
