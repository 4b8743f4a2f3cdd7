namespace Graft.Data;

/// <summary>A number for every row; a missing one is NaN.</summary>
public sealed class NumberColumn : Column
{
    private readonly float[] _values;

    /// <param name="name">The column's name.</param>
    /// <param name="values">One number a row; NaN where it is missing. Kept, not copied.</param>
    public NumberColumn(string name, float[] values)
        : base(name, values.Length) => _values = values;

    /// <summary>One number a row; NaN where it is missing.</summary>
    public ReadOnlySpan<float> Values => _values;

    /// <inheritdoc/>
    public override string Kind => "number";

    /// <inheritdoc/>
    public override bool IsMissing(int row) => float.IsNaN(_values[row]);

    /// <inheritdoc/>
    public override Column Take(ReadOnlySpan<int> rows)
    {
        var taken = new float[rows.Length];
        for (int i = 0; i < taken.Length; i++)
        {
            taken[i] = _values[rows[i]];
        }

        return new NumberColumn(Name, taken);
    }

    /// <inheritdoc/>
    public override Column Rename(string name) => new NumberColumn(name, _values);
}
