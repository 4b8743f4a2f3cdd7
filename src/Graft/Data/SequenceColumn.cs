namespace Graft.Data;

/// <summary>A numeric sequence for every row: any number of steps, one fixed number of features a step.</summary>
public sealed class SequenceColumn : Column
{
    private readonly float[][] _sequences;

    /// <param name="name">The column's name.</param>
    /// <param name="sequences">One sequence a row, row-major [steps, width]; an empty one is missing. Kept, not copied.</param>
    /// <param name="width">Features a step; at least 1.</param>
    /// <exception cref="ArgumentException">A sequence's length is no multiple of the width.</exception>
    public SequenceColumn(string name, float[][] sequences, int width)
        : base(name, sequences.Length)
    {
        Width = Tensors.Check.AtLeast(1, width);
        foreach (float[] sequence in sequences)
        {
            if (sequence.Length % width != 0)
            {
                throw new ArgumentException($"{name}: expected multiples of {width} values, got {sequence.Length}.", nameof(sequences));
            }
        }

        _sequences = sequences;
    }

    /// <summary>Features a step; at least 1.</summary>
    public int Width { get; }

    /// <inheritdoc/>
    public override string Kind => "sequence";

    /// <summary>The longest sequence, in steps; 0 where there is none.</summary>
    public int MaxSteps => _sequences.Length == 0 ? 0 : _sequences.Max(s => s.Length) / Width;

    /// <summary>The values of one row, row-major [steps, width].</summary>
    public ReadOnlySpan<float> Row(int row) => _sequences[row];

    /// <summary>The number of steps of one row; at least 0.</summary>
    public int Steps(int row) => _sequences[row].Length / Width;

    /// <inheritdoc/>
    public override bool IsMissing(int row) => _sequences[row].Length == 0;

    /// <inheritdoc/>
    public override Column Take(ReadOnlySpan<int> rows)
    {
        var taken = new float[rows.Length][];
        for (int i = 0; i < taken.Length; i++)
        {
            taken[i] = _sequences[rows[i]];
        }

        return new SequenceColumn(Name, taken, Width);
    }

    /// <inheritdoc/>
    public override Column Rename(string name) => new SequenceColumn(name, _sequences, Width);
}
