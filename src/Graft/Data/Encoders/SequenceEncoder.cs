using System.Text.Json.Serialization;

namespace Graft.Data.Encoders;

/// <summary>A sequence with a scale for every feature, filled up with zeros to a fixed number of steps.</summary>
/// <param name="Column">The name of the column.</param>
/// <param name="Steps">Steps of an encoded row, T; 1 to 2^20. Longer sequences lose their end.</param>
/// <param name="Scalers">A fitted scale a feature; at least one.</param>
public sealed record SequenceEncoder(string Column, int Steps, IReadOnlyList<NumberScaler> Scalers) : ColumnEncoder(Column)
{
    private readonly FeatureScales _scales = new(Scalers);

    /// <summary>Steps of an encoded row, T.</summary>
    public int Steps { get; } = Tensors.Check.Within(1, 1 << 20, Steps);

    /// <inheritdoc/>
    [JsonIgnore]
    public override InputShape Shape => new(InputKind.Sequence, [Steps, Scalers.Count]);

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<string> FeatureNames => [];

    /// <summary>Learns a scale a feature over all steps of the training rows.</summary>
    /// <param name="column">The training rows.</param>
    /// <param name="scaling">How to scale.</param>
    /// <param name="impute">What stands in for a missing number.</param>
    /// <param name="maxSteps">Steps of an encoded row; 0 for the longest training row.</param>
    public static SequenceEncoder Fit(SequenceColumn column, NumberScaling scaling, Imputation impute = Imputation.Mean, int maxSteps = 0)
    {
        var scalers = new NumberScaler[column.Width];
        int total = Enumerable.Range(0, column.Count).Sum(column.Steps);
        var values = new float[total];
        for (int feature = 0; feature < scalers.Length; feature++)
        {
            int at = 0;
            for (int row = 0; row < column.Count; row++)
            {
                ReadOnlySpan<float> steps = column.Row(row);
                for (int i = feature; i < steps.Length; i += column.Width)
                {
                    values[at++] = steps[i];
                }
            }

            scalers[feature] = NumberScaler.Fit(values, scaling, impute);
        }

        return new SequenceEncoder(column.Name, maxSteps > 0 ? maxSteps : Math.Max(1, column.MaxSteps), scalers);
    }

    /// <inheritdoc/>
    public override BoundColumn Bind(Dataset rows, Column column, IList<string> notices)
    {
        if (column is not SequenceColumn sequences)
        {
            throw Refuse(rows, column, $"sequences of {Scalers.Count} features");
        }

        if (sequences.Width != Scalers.Count)
        {
            throw new GraftInputException(rows.Name, $"column '{Column}': expected sequences of {Scalers.Count} features, got {sequences.Width}.");
        }

        int cut = 0;
        for (int row = 0; row < sequences.Count; row++)
        {
            FiniteRows.Check(rows, Column, sequences.Row(row), int.MaxValue);
            cut += sequences.Steps(row) > Steps ? 1 : 0;
        }

        if (cut > 0)
        {
            notices.Add($"{rows.Name}: column '{Column}': {cut} of {sequences.Count} sequences are longer than {Steps} steps and lose their end.");
        }

        return new BoundColumn((row, destination) =>
        {
            int used = Math.Min(Steps, sequences.Steps(row)) * sequences.Width;
            _scales.Apply(sequences.Row(row)[..used], destination[..used]);
            destination[used..].Clear();
        }, row => Math.Min(Steps, sequences.Steps(row)));
    }
}
