using System.Globalization;

namespace Graft.Data.Sources;

/// <summary>Matrices of a MATLAB file (.mat, level 5 or version 7.3), full or sparse, and cell arrays with one matrix a task.</summary>
/// <remarks>
/// <para>Rows of the matrix of inputs become the rows of the column "features". Targets become the column "target" (several: "target1", "target2", ...),
/// or "label" where they are classes.</para>
/// <para>Where inputs (and targets) are cell arrays, every cell is the data of one task: all are read one after the other, and the column "task"
/// counts the cells from 1.</para>
/// <para>Structures, objects and complex numbers are passed over, in files of version 7.3 cells and sparse matrices too. Sparse matrices become full ones.</para>
/// </remarks>
/// <param name="path">The file; relative to the experiment file or to the data folder.</param>
/// <param name="inputs">The variable of inputs; left out, X, fea, fts or features, or the only matrix there is.</param>
/// <param name="targets">The variable of targets; left out, Y, gnd or labels if it is there and <paramref name="lastColumns"/> is 0.</param>
/// <param name="lastColumns">How many of the inputs' last columns are targets; 0 for none.</param>
/// <param name="classes">Whether targets are classes.</param>
/// <param name="transpose">Whether samples are columns instead of rows.</param>
/// <param name="hint">Where to get the file; said where it is missing.</param>
[Named("mat")]
public sealed class MatSource(
    string path,
    string? inputs = null,
    string? targets = null,
    int lastColumns = 0,
    bool classes = false,
    bool transpose = false,
    string? hint = null) : DataSource
{
    private static readonly string[] UsualInputs = ["X", "fea", "fts", "features"];
    private static readonly string[] UsualTargets = ["Y", "gnd", "labels"];

    private readonly int _lastColumns = Tensors.Check.AtLeast(0, lastColumns);

    /// <inheritdoc/>
    public override Dataset Read(DataContext context)
    {
        IReadOnlyDictionary<string, MatValue> file = MatFile.Read(context.Resolve(path, hint), path);
        MatValue x = Variable(file, inputs ?? Array.Find(UsualInputs, file.ContainsKey) ?? OnlyMatrix(file), nameof(inputs));
        string? targetName = targets ?? (_lastColumns > 0 ? null : Array.Find(UsualTargets, file.ContainsKey));
        MatValue? y = targetName is null ? null : Variable(file, targetName, nameof(targets));

        List<MatTable> tables = [];
        if (x is MatCells cells)
        {
            if (y is not null && (y as MatCells)?.Values.Length != cells.Values.Length)
            {
                throw Refuse($"expected targets in as many cells as inputs ({cells.Values.Length}), got {y}");
            }

            for (int task = 0; task < cells.Values.Length; task++)
            {
                tables.Add(Table(cells.Values[task], (y as MatCells)?.Values[task], $"cell {task + 1}: "));
            }
        }
        else
        {
            tables.Add(Table(x, y, ""));
        }

        return new Dataset(path, Columns(tables, x is MatCells));
    }

    /// <inheritdoc/>
    public override string ToString() => $"mat({path})";

    private List<Column> Columns(List<MatTable> tables, bool hasTasks)
    {
        tables = [.. tables.Where(t => t.Rows > 0)];
        if (tables.Count == 0)
        {
            throw Refuse("expected at least one row, got none");
        }

        MatTable first = tables[0];
        if (first.Width == 0)
        {
            throw Refuse("expected at least one column of inputs, got none");
        }

        foreach (MatTable table in tables)
        {
            if (table.Width != first.Width || table.TargetWidth != first.TargetWidth)
            {
                throw Refuse($"expected every cell to have {first.Width} inputs and {first.TargetWidth} targets, got {table.Width} and {table.TargetWidth}");
            }
        }

        var columns = new List<Column> { new VectorColumn("features", [.. tables.SelectMany(t => t.Inputs)], first.Width) };
        for (int i = 0; i < first.TargetWidth; i++)
        {
            string name = (classes ? "label" : "target") + (first.TargetWidth == 1 ? "" : (i + 1).ToString(CultureInfo.InvariantCulture));
            string?[]? texts = first.Texts is null ? null : [.. tables.SelectMany(t => t.Texts!)];
            float[] values = [.. tables.SelectMany(t => t.Target(i))];
            columns.Add(texts is not null ? CategoryColumn.From(name, texts)
                : classes ? CategoryColumn.From(name, [.. values.Select(v => float.IsNaN(v) ? null : v.ToString(CultureInfo.InvariantCulture))])
                : new NumberColumn(name, values));
        }

        if (hasTasks)
        {
            columns.Add(CategoryColumn.From("task", [.. tables.SelectMany((t, i) => Enumerable.Repeat((i + 1).ToString(CultureInfo.InvariantCulture), t.Rows))]));
        }

        return columns;
    }

    private MatTable Table(MatValue x, MatValue? y, string place)
    {
        float[] values = MatTable.Dense(x, transpose) ?? throw Refuse($"{place}expected a matrix of inputs, at most 4,000,000 numbers or a thousand for each one that is not 0 if sparse, got {x}");
        int rows = transpose ? x.Columns : x.Rows;
        int width = values.Length / Math.Max(rows, 1);
        if (y is MatCells { Values: var names } && names.Length == rows && names.All(n => n is MatText))
        {
            return new MatTable(rows, width, values, 1, [], [.. names.Select(n => ((MatText)n).Text)]);
        }

        if (y is null)
        {
            return _lastColumns < width || rows == 0
                ? MatTable.Split(rows, width, values, rows == 0 ? 0 : _lastColumns)
                : throw Refuse($"{place}expected more columns than the {_lastColumns} that are targets, got {width}");
        }

        float[] targetValues = MatTable.Dense(y, transpose) ?? throw Refuse($"{place}expected a matrix of targets, got {y}");
        return targetValues.Length > 0 && rows > 0 && targetValues.Length % rows == 0 && (targetValues.Length == rows || (transpose ? y.Columns : y.Rows) == rows)
            ? new MatTable(rows, width, values, targetValues.Length / rows, targetValues, null)
            : rows == 0 && targetValues.Length == 0 ? new MatTable(0, width, [], 0, [], null)
            : throw Refuse($"{place}expected a row of targets for each of the {rows} rows of inputs, got {y}");
    }

    private string OnlyMatrix(IReadOnlyDictionary<string, MatValue> file)
    {
        string[] matrices = [.. file.Where(v => v.Value is MatNumbers or MatSparse && v.Value.Rows > 1).Select(v => v.Key)];
        return matrices.Length == 1 ? matrices[0] : throw Refuse($"inputs: expected the name of a variable, got none. There are {List(file)}");
    }

    private MatValue Variable(IReadOnlyDictionary<string, MatValue> file, string name, string key) =>
        file.TryGetValue(name, out MatValue? value) ? value : throw Refuse($"{key}: expected the name of a variable, got '{name}'. There are {List(file)}");

    private static string List(IReadOnlyDictionary<string, MatValue> file) =>
        file.Count == 0 ? "none" : string.Join(", ", file.Take(12).Select(v => $"{v.Key} ({v.Value})")) + (file.Count > 12 ? ", ..." : "");

    private GraftInputException Refuse(string message) => new(path, message + ".");
}
