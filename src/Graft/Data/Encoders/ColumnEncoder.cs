using System.Text.Json.Serialization;

namespace Graft.Data.Encoders;

/// <summary>Writes one encoded row.</summary>
/// <param name="row">0-based row of the data set that the encoder was bound to.</param>
/// <param name="destination">Exactly as long as the encoder is wide; every number is written.</param>
public delegate void RowWriter(int row, Span<float> destination);

/// <summary>A column of one data set, seen through a fitted encoder. Safe to read from several threads.</summary>
/// <param name="Write">Writes one encoded row.</param>
/// <param name="Steps">How many steps of a row come before what fills it up; null for what has none.</param>
public readonly record struct BoundColumn(RowWriter Write, Func<int, int>? Steps = null);

/// <summary>Turns one column into numbers, as learned on the training rows.</summary>
/// <remarks>Immutable, and written to model files, so that prediction prepares its rows as training did. The list below is what a model file may hold.</remarks>
/// <param name="Column">The name of the column.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(NumberEncoder), "number")]
[JsonDerivedType(typeof(CategoryEncoder), "category")]
[JsonDerivedType(typeof(VectorEncoder), "vector")]
[JsonDerivedType(typeof(TextEncoder), "text")]
[JsonDerivedType(typeof(PictureEncoder), "picture")]
[JsonDerivedType(typeof(SequenceEncoder), "sequence")]
[JsonDerivedType(typeof(TokenEncoder), "tokens")]
public abstract record ColumnEncoder(string Column)
{
    /// <summary>The shape of what is written for one row.</summary>
    [JsonIgnore]
    public abstract InputShape Shape { get; }

    /// <summary>A name for every number of a table row; empty for pictures, sequences and tokens.</summary>
    [JsonIgnore]
    public abstract IReadOnlyList<string> FeatureNames { get; }

    /// <summary>Prepares to read a column of any data set: training rows, test rows, or rows to predict.</summary>
    /// <param name="rows">The data set that the column is of, for messages.</param>
    /// <param name="column">The column; need not be of the kind that was fitted where its texts can be read so.</param>
    /// <param name="notices">Gets a line for what was not as in training, such as unseen levels.</param>
    /// <exception cref="GraftInputException">The column cannot be read so.</exception>
    public abstract BoundColumn Bind(Dataset rows, Column column, IList<string> notices);

    private protected static GraftInputException Refuse(Dataset rows, Column column, string expected) =>
        new(rows.Name, $"column '{column.Name}': expected {expected}, got a {column.Kind} column.");
}
