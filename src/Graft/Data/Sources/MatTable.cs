namespace Graft.Data.Sources;

/// <summary>Inputs and targets of one task, row by row.</summary>
/// <param name="Rows">Number of rows.</param>
/// <param name="Width">Inputs a row.</param>
/// <param name="Inputs">Shape [Rows, Width].</param>
/// <param name="TargetWidth">Targets a row; 0 for none.</param>
/// <param name="Targets">Shape [Rows, TargetWidth]; empty where targets are texts.</param>
/// <param name="Texts">One text a row, where targets are texts.</param>
internal sealed record MatTable(int Rows, int Width, float[] Inputs, int TargetWidth, float[] Targets, string?[]? Texts)
{
    private const long MaxCells = 1 << 29;

    /// <summary>One target of every row; empty where targets are texts.</summary>
    public IEnumerable<float> Target(int index)
    {
        for (int i = index; i < Targets.Length; i += TargetWidth)
        {
            yield return Targets[i];
        }
    }

    /// <summary>Cuts the last columns off as targets.</summary>
    public static MatTable Split(int rows, int width, float[] values, int lastColumns)
    {
        int left = width - lastColumns;
        var inputs = new float[rows * left];
        var targets = new float[rows * lastColumns];
        for (int row = 0; row < rows; row++)
        {
            values.AsSpan(row * width, left).CopyTo(inputs.AsSpan(row * left));
            values.AsSpan((row * width) + left, lastColumns).CopyTo(targets.AsSpan(row * lastColumns));
        }

        return new MatTable(rows, left, inputs, lastColumns, targets, null);
    }

    /// <summary>The numbers of a matrix with samples as rows, row by row; null where it is no matrix of numbers or a sparse one that would be too large.</summary>
    public static float[]? Dense(MatValue value, bool transpose)
    {
        int rows = value.Rows;
        int columns = value.Columns;
        switch (value)
        {
            case MatNumbers numbers when transpose || rows == 1:
                return numbers.Values;
            case MatNumbers numbers:
            {
                var dense = new float[numbers.Values.Length];
                for (int i = 0; i < dense.Length; i++)
                {
                    dense[((i % rows) * columns) + (i / rows)] = numbers.Values[i];
                }

                return dense;
            }

            case MatSparse sparse when (long)rows * columns <= Math.Min(MaxCells, 4_000_000 + (1000L * sparse.Values.Length)):
            {
                var dense = new float[rows * columns];
                for (int column = 0; column < columns; column++)
                {
                    for (int i = sparse.ColumnStarts[column]; i < sparse.ColumnStarts[column + 1]; i++)
                    {
                        dense[transpose ? (column * rows) + sparse.RowOf[i] : (sparse.RowOf[i] * columns) + column] = sparse.Values[i];
                    }
                }

                return dense;
            }

            default:
                return null;
        }
    }
}
