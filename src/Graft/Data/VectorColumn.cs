namespace Graft.Data;

/// <summary>A row of numbers of one fixed width for every row, such as a matrix of features; a missing number is NaN.</summary>
public sealed class VectorColumn : Column
{
    private readonly float[] _values;

    /// <param name="name">The column's name.</param>
    /// <param name="values">Row-major, shape [rows, width]. Kept, not copied.</param>
    /// <param name="width">Numbers a row; at least 1.</param>
    /// <exception cref="ArgumentException">The number of values is no multiple of the width.</exception>
    public VectorColumn(string name, float[] values, int width)
        : base(name, values.Length / Tensors.Check.AtLeast(1, width))
    {
        if (values.Length % width != 0)
        {
            throw new ArgumentException($"{name}: expected a multiple of {width} values, got {values.Length}.", nameof(values));
        }

        _values = values;
        Width = width;
    }

    /// <summary>Row-major, shape [rows, width].</summary>
    public ReadOnlySpan<float> Values => _values;

    /// <summary>Numbers a row; at least 1.</summary>
    public int Width { get; }

    /// <inheritdoc/>
    public override string Kind => "vector";

    /// <summary>The numbers of one row; length <see cref="Width"/>.</summary>
    public ReadOnlySpan<float> Row(int row) => _values.AsSpan(row * Width, Width);

    /// <summary>Whether every number of the row is missing.</summary>
    /// <param name="row">0-based row.</param>
    public override bool IsMissing(int row)
    {
        foreach (float value in Row(row))
        {
            if (!float.IsNaN(value))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public override Column Take(ReadOnlySpan<int> rows)
    {
        var taken = new float[rows.Length * Width];
        for (int i = 0; i < rows.Length; i++)
        {
            Row(rows[i]).CopyTo(taken.AsSpan(i * Width, Width));
        }

        return new VectorColumn(Name, taken, Width);
    }

    /// <inheritdoc/>
    public override Column Rename(string name) => new VectorColumn(name, _values, Width);
}
