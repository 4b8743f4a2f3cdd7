using System.Globalization;

namespace Graft.Data.Encoders;

/// <summary>What one input row looks like to a model.</summary>
public enum InputKind
{
    /// <summary>A row of features, [F].</summary>
    Table,

    /// <summary>A picture, [H, W, C].</summary>
    Picture,

    /// <summary>A sequence, [T, F], filled up with zeros behind its end.</summary>
    Sequence,

    /// <summary>A text as numbers of tokens, [T], filled up behind its end; each from 0 to the size of the vocabulary less 1.</summary>
    Tokens,
}

/// <summary>Numbers of a table row that came from one category: 1 at its level and 0 elsewhere.</summary>
/// <param name="Start">The first of them; at least 0.</param>
/// <param name="Levels">How many there are; at least 1.</param>
public sealed record CategoryBlock(int Start, int Levels);

/// <summary>The kind and the sizes of one encoded row.</summary>
/// <param name="Kind">Table, picture, sequence or tokens.</param>
/// <param name="Sizes">[F], [H, W, C], [T, F] or [T]; each at least 1.</param>
public sealed record InputShape(InputKind Kind, IReadOnlyList<int> Sizes)
{
    /// <summary>Tokens that there are, V; 0 for what has none.</summary>
    public int Vocabulary { get; init; }

    /// <summary>The tokens in the order of their numbers; empty where there are none or they are not known.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>The categories of a table row, in order; empty where there are none or they are not known.</summary>
    public IReadOnlyList<CategoryBlock> Categories { get; init; } = [];

    /// <summary>Whether rows have lengths of their own.</summary>
    public bool HasLengths => Kind is InputKind.Sequence or InputKind.Tokens;

    /// <summary>Numbers in one row: the product of the sizes.</summary>
    public int Length => Sizes.Aggregate(1, (a, b) => checked(a * b));

    /// <summary>Sizes of one row as a tensor: [F], [C, H, W], [T, F] or [T].</summary>
    public IReadOnlyList<int> TensorSizes => Kind == InputKind.Picture ? [Sizes[2], Sizes[0], Sizes[1]] : Sizes;

    /// <summary>Whether both have the same kind, sizes and vocabulary.</summary>
    public bool Equals(InputShape? other) => other is not null && Kind == other.Kind && Vocabulary == other.Vocabulary && Sizes.SequenceEqual(other.Sizes);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Length);

    /// <summary>Such as "picture [28, 28, 1]".</summary>
    public override string ToString() =>
        $"{Kind.ToString().ToLowerInvariant()} [{string.Join(", ", Sizes.Select(s => s.ToString(CultureInfo.InvariantCulture)))}]";
}
