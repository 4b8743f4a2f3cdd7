namespace Graft.Data.Sources;

/// <summary>A variable of a MATLAB file, or an entry of its cell arrays.</summary>
/// <param name="Kind">MATLAB's name of its class: "double", "cell", ...</param>
/// <param name="Axes">Lengths; at least two axes.</param>
internal abstract record MatValue(string Kind, int[] Axes)
{
    /// <summary>Number of rows where it is a matrix.</summary>
    public int Rows => Axes[0];

    /// <summary>Number of columns where it is a matrix; the product of all other axes otherwise.</summary>
    public int Columns => Axes.Skip(1).Aggregate(1, (a, b) => a * b);

    /// <summary>Kind and axes, for messages: "cell 1x139".</summary>
    public sealed override string ToString() => $"{Kind} {string.Join('x', Axes)}";
}

/// <summary>A full array of numbers.</summary>
/// <param name="Values">Column by column, as the file has them.</param>
internal sealed record MatNumbers(string Kind, int[] Axes, float[] Values) : MatValue(Kind, Axes);

/// <summary>A sparse matrix, compressed by columns.</summary>
/// <param name="RowOf">The row of each value.</param>
/// <param name="ColumnStarts">Where each column's values begin; one more than there are columns.</param>
/// <param name="Values">The values.</param>
internal sealed record MatSparse(int[] Axes, int[] RowOf, int[] ColumnStarts, float[] Values) : MatValue("sparse", Axes);

/// <summary>An array of other values, column by column.</summary>
internal sealed record MatCells(int[] Axes, MatValue[] Values) : MatValue("cell", Axes);

/// <summary>A text of one row.</summary>
internal sealed record MatText(int[] Axes, string Text) : MatValue("char", Axes);

/// <summary>Something that is not read: a structure, an object, a function, complex numbers.</summary>
internal sealed record MatOther(string Kind, int[] Axes) : MatValue(Kind, Axes);
