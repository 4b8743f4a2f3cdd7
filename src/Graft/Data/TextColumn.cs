namespace Graft.Data;

/// <summary>A text for every row; a missing one is null.</summary>
public sealed class TextColumn : Column
{
    private readonly string?[] _values;

    /// <param name="name">The column's name.</param>
    /// <param name="values">One text a row; null where it is missing. Kept, not copied.</param>
    public TextColumn(string name, string?[] values)
        : base(name, values.Length) => _values = values;

    /// <inheritdoc/>
    public override string Kind => "text";

    /// <summary>One text a row; null where it is missing.</summary>
    public IReadOnlyList<string?> Values => _values;

    /// <inheritdoc/>
    public override bool IsMissing(int row) => _values[row] is null;

    /// <inheritdoc/>
    public override Column Take(ReadOnlySpan<int> rows)
    {
        var taken = new string?[rows.Length];
        for (int i = 0; i < taken.Length; i++)
        {
            taken[i] = _values[rows[i]];
        }

        return new TextColumn(Name, taken);
    }

    /// <inheritdoc/>
    public override Column Rename(string name) => new TextColumn(name, _values);
}
