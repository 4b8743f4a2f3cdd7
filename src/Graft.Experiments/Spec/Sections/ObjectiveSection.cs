using Graft.Experiments.Catalogue;
using Graft.Nn.Schedules;
using Graft.Tensors;

namespace Graft.Experiments.Spec;

/// <summary>The loss of a transfer as a sum of named parts, each with a weight and a curve over time. A part that is left out counts nothing.</summary>
/// <param name="Source">Loss of the source tasks on their own rows.</param>
/// <param name="Target">Loss of the new tasks on their own rows.</param>
/// <param name="Shared">Distance of the shared layer's output from a reference.</param>
/// <param name="Task">Loss of the new tasks through their own layers alone: the shared layer's output is held fixed.</param>
public sealed record ObjectiveSection(
    WeightSection? Source = null,
    WeightSection? Target = null,
    SharedSection? Shared = null,
    WeightSection? Task = null) : SpecRecord;

/// <summary>How much a part of a loss counts.</summary>
/// <param name="Weight">Its factor, at least 0.</param>
/// <param name="Curve">How the factor changes over the steps, a schedule; left out, it does not.</param>
public sealed record WeightSection([Shorthand] double Weight = 1, Part<Schedule>? Curve = null) : SpecRecord
{
    /// <summary>Its factor.</summary>
    public double Weight { get; init; } = Check.NonNegative(Weight);
}

/// <summary>Keeps the shared layer's output, the features before the heads, near a reference.</summary>
/// <param name="Weight">Its factor, at least 0.</param>
/// <param name="Reference">What it is compared with.</param>
/// <param name="Curve">How the factor changes over the steps, a schedule; left out, it does not.</param>
public sealed record SharedSection(
    [Shorthand] double Weight = 1,
    SharedReference Reference = SharedReference.SourceOutput,
    Part<Schedule>? Curve = null) : SpecRecord
{
    /// <summary>Its factor.</summary>
    public double Weight { get; init; } = Check.NonNegative(Weight);
}

/// <summary>What the shared layer's output is compared with.</summary>
public enum SharedReference
{
    /// <summary>The source model's output for the same row.</summary>
    SourceOutput,

    /// <summary>The mean output over the other domain's rows.</summary>
    DomainMean,
}
