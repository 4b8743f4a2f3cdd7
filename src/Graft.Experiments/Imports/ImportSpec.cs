using Graft.Data.Encoders;
using Graft.Data.Sources;
using Graft.Experiments.Catalogue;
using Graft.Experiments.Spec;
using Graft.Tasks;
using Graft.Tensors;

namespace Graft.Experiments.Imports;

/// <summary>A network that was trained elsewhere, with its own last layer: what it is, how its inputs are prepared and what its outputs mean.</summary>
/// <param name="Model">The network; its features are the outputs. "graph" for files that hold their structure, a family with its top for others.</param>
/// <param name="Inputs">How pictures become numbers: height, width, channels, and "pixels" (unit or none) or mean and deviation; for tables the columns, in their order.</param>
/// <param name="Task">What its outputs are called and mean.</param>
/// <param name="Data">Rows with known answers, that `graft evaluate` measures it on; left out, those named there.</param>
/// <param name="Description">What it is, for people.</param>
public sealed record ImportSpec(
    [Also("backbone")] ModelSection Model,
    InputOptions Inputs,
    ImportedTask Task,
    ImportedData? Data = null,
    string Description = "") : SpecRecord;

/// <summary>What the outputs of a network from elsewhere are called and mean.</summary>
/// <param name="Labels">The classes in the order of the outputs, or the numbers of a regression: a list, or a file with a name a line. Left out, they are called by their numbers.</param>
/// <param name="Name">What the task is called.</param>
/// <param name="Type">What kind of answer it has.</param>
/// <param name="Limit">How many names of the file count, the first ones; left out, all.</param>
/// <param name="Target">The column that holds the answer in rows to measure it on.</param>
/// <param name="Probabilities">Whether the outputs are probabilities of classes rather than logits; left out, as the network's file says.</param>
public sealed record ImportedTask([Shorthand] IReadOnlyList<string>? Labels = null, string Name = "object", TaskKind Type = TaskKind.MultiClass, int? Limit = null, string Target = "label", bool? Probabilities = null) : SpecRecord
{
    /// <summary>How many names of the file count, or null.</summary>
    public int? Limit { get; init; } = Limit is { } limit ? Check.AtLeast(1, limit, nameof(Limit)) : null;
}

/// <summary>Rows with known answers.</summary>
/// <param name="Source">Where they come from.</param>
/// <param name="Limit">Most rows to use, the first ones; left out, all.</param>
public sealed record ImportedData([Inline] Part<DataSource> Source, int? Limit = null) : SpecRecord
{
    /// <summary>Most rows to use, or null for all.</summary>
    public int? Limit { get; init; } = Limit is { } limit ? Check.AtLeast(1, limit, nameof(Limit)) : null;
}
