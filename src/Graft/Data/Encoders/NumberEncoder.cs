using System.Globalization;
using System.Text.Json.Serialization;

namespace Graft.Data.Encoders;

/// <summary>A number as one scaled feature, and a second feature that says whether it was missing, where training rows lacked it.</summary>
/// <param name="Column">The name of the column.</param>
/// <param name="Scaler">The fitted scale.</param>
/// <param name="Indicator">Whether a 0/1 feature for "is missing" follows.</param>
public sealed record NumberEncoder(string Column, NumberScaler Scaler, bool Indicator) : ColumnEncoder(Column)
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override InputShape Shape => new(InputKind.Table, [Indicator ? 2 : 1]);

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<string> FeatureNames => Indicator ? [Column, $"{Column} is missing"] : [Column];

    /// <summary>Learns scale and stand-in.</summary>
    /// <param name="column">The training rows.</param>
    /// <param name="scaling">How to scale.</param>
    /// <param name="impute">What stands in for a missing number.</param>
    /// <param name="indicator">Whether missing numbers get a feature of their own, where there are any.</param>
    public static NumberEncoder Fit(NumberColumn column, NumberScaling scaling, Imputation impute = Imputation.Mean, bool indicator = true)
    {
        bool missing = false;
        foreach (float value in column.Values)
        {
            missing |= float.IsNaN(value);
        }

        return new NumberEncoder(column.Name, NumberScaler.Fit(column.Values, scaling, impute), indicator && missing);
    }

    /// <inheritdoc/>
    public override BoundColumn Bind(Dataset rows, Column column, IList<string> notices)
    {
        NumberColumn numbers = Numbers(rows, column);
        FiniteRows.Check(rows, column.Name, numbers.Values, 1);
        return new BoundColumn((row, destination) =>
        {
            float value = numbers.Values[row];
            destination[0] = Scaler.Apply(value);
            if (Indicator)
            {
                destination[1] = float.IsNaN(value) ? 1 : 0;
            }
        });
    }

    /// <summary>The column as numbers; texts and levels are parsed.</summary>
    internal static NumberColumn Numbers(Dataset rows, Column column)
    {
        if (column is NumberColumn same)
        {
            return same;
        }

        if (column is not (CategoryColumn or TextColumn))
        {
            throw Refuse(rows, column, "numbers");
        }

        var values = new float[column.Count];
        for (int row = 0; row < values.Length; row++)
        {
            string? text = ColumnTexts.At(column, row);
            values[row] = string.IsNullOrWhiteSpace(text) ? float.NaN
                : float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) ? value
                : throw new GraftInputException(rows.Name, $"column '{column.Name}', row {row + 1}: expected a number, got '{ColumnTexts.Short(text)}'.");
        }

        return new NumberColumn(column.Name, values);
    }
}
