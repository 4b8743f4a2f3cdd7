using System.Text.Json.Serialization;

namespace Graft.Data.Encoders;

/// <summary>A vector with a scale for every feature.</summary>
/// <param name="Column">The name of the column.</param>
/// <param name="Scalers">A fitted scale a feature; at least one.</param>
public sealed record VectorEncoder(string Column, IReadOnlyList<NumberScaler> Scalers) : ColumnEncoder(Column)
{
    private readonly FeatureScales _scales = new(Scalers);

    /// <inheritdoc/>
    [JsonIgnore]
    public override InputShape Shape => new(InputKind.Table, [Scalers.Count]);

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<string> FeatureNames => [.. Scalers.Select((_, i) => FormattableString.Invariant($"{Column}[{i}]"))];

    /// <summary>Learns a scale a feature.</summary>
    /// <param name="column">The training rows.</param>
    /// <param name="scaling">How to scale.</param>
    /// <param name="impute">What stands in for a missing number.</param>
    public static VectorEncoder Fit(VectorColumn column, NumberScaling scaling, Imputation impute = Imputation.Mean)
    {
        var scalers = new NumberScaler[column.Width];
        var values = new float[column.Count];
        for (int feature = 0; feature < scalers.Length; feature++)
        {
            for (int row = 0; row < values.Length; row++)
            {
                values[row] = column.Values[(row * column.Width) + feature];
            }

            scalers[feature] = NumberScaler.Fit(values, scaling, impute);
        }

        return new VectorEncoder(column.Name, scalers);
    }

    /// <inheritdoc/>
    public override BoundColumn Bind(Dataset rows, Column column, IList<string> notices)
    {
        if (column is not VectorColumn vector)
        {
            throw Refuse(rows, column, $"vectors of {Scalers.Count} numbers");
        }

        if (vector.Width != Scalers.Count)
        {
            throw new GraftInputException(rows.Name, $"column '{Column}': expected vectors of {Scalers.Count} numbers, got {vector.Width}.");
        }

        FiniteRows.Check(rows, Column, vector.Values, vector.Width);
        return new BoundColumn((row, destination) => _scales.Apply(vector.Row(row), destination));
    }
}
