using Graft.Data.Encoders;
using Graft.Data.Sources;
using Graft.Data.Splits;
using Graft.Data.Transforms;
using Graft.Experiments.Catalogue;
using Graft.Tensors;

namespace Graft.Experiments.Spec;

/// <summary>One data set: where its rows come from, how they are divided, and which columns a model sees.</summary>
/// <param name="Source">Where the rows come from, with the keys of that source beside it.</param>
/// <param name="Test">Another source that holds the test rows, so that none are split off; left out, they are split off.</param>
/// <param name="Validation">Another source that holds the validation rows, so that none are split off; left out, they are split off.</param>
/// <param name="Where">Values to keep, by column: "where: { digit: [0, 1, 2] }"; left out, all rows.</param>
/// <param name="Rename">Other names for values, by column: "rename: { label: { bees: bee } }", such as to call classes as another data set does; before where. Left out: none.</param>
/// <param name="Limit">Most rows to use, chosen by the split's seed; left out, all.</param>
/// <param name="Split">How rows are divided into training, validation and test rows.</param>
/// <param name="SplitSeed">Seed of the split; left out, every seed of the experiment has a split of its own.</param>
/// <param name="Inputs">Which columns a model sees and how they become numbers; left out, all but the targets.</param>
/// <param name="InputsOf">Another data set, or a model file, whose inputs this one takes over: the same columns, scales, levels and words, so that a model of one reads the other; instead of inputs. Left out: its own training rows teach them.</param>
/// <param name="Augment">Changes of training pictures, one after the other, random for every row and epoch; left out, none.</param>
public sealed record DataSection(
    [Inline] Part<DataSource> Source,
    Part<DataSource>? Test = null,
    Part<DataSource>? Validation = null,
    IReadOnlyDictionary<string, IReadOnlyList<string>>? Where = null,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>? Rename = null,
    int? Limit = null,
    Splitter? Split = null,
    long? SplitSeed = null,
    InputOptions? Inputs = null,
    string? InputsOf = null,
    IReadOnlyList<Part<PictureTransform>>? Augment = null) : SpecRecord
{
    /// <summary>Most rows to use, or null for all.</summary>
    public int? Limit { get; init; } = Limit is { } limit ? Check.AtLeast(1, limit, nameof(Limit)) : null;

    /// <summary>Seed of the split, or null for the seed of the experiment.</summary>
    public long? SplitSeed { get; init; } = SplitSeed is { } seed ? Check.NonNegative(seed, nameof(SplitSeed)) : null;
}
