using System.Text;

namespace Graft.Data.Sources;

/// <summary>Tables of delimited text (CSV, TSV), one or several files with the same columns.</summary>
/// <remarks>
/// Cells are trimmed. A column whose cells are all numbers is read as numbers, few distinct integers too; any other as categories;
/// <paramref name="types"/> says otherwise. Nothing is filled in and nothing encoded: missing numbers are NaN, missing categories have code -1.
/// Rows with another number of cells, with text where a number must be, or with broken quotes are errors that name every such line (the first 20),
/// or are skipped and counted where <paramref name="skipBadRows"/> asks for it.
/// </remarks>
/// <param name="path">The file; relative to the experiment file or to the data folder. Either this or <paramref name="paths"/>.</param>
/// <param name="paths">Several files, read one after the other; a column says which file a row is from.</param>
/// <param name="header">Whether the first row names the columns; left out, it is found out: no number in it, numbers or other texts below it.</param>
/// <param name="columns">Names of the columns, instead of the file's own. Without any, they are called c1, c2, ...</param>
/// <param name="delimiter">What stands between cells: one ASCII character, "tab" or "space"; left out, it is found out among , ; | and tab.</param>
/// <param name="missing">Texts that stand for a missing value. Default: nothing, ?, NA, N/A, nan, NaN, null.</param>
/// <param name="types">number, category or text by column name, where it should not be found out.</param>
/// <param name="drop">Names of columns to leave out.</param>
/// <param name="strip">Characters taken from the end of categories, such as the full stop after the labels of Adult's test file.</param>
/// <param name="group">Name of the column that says which file a row is from (its name without extension); only with <paramref name="paths"/>.</param>
/// <param name="skipBadRows">Whether rows that cannot be read are skipped and counted instead of being an error.</param>
/// <param name="encoding">utf-8 or latin-1.</param>
/// <param name="hint">Where to get the file; said where it is missing.</param>
[Named("csv")]
public sealed class CsvSource(
    string? path = null,
    IReadOnlyList<string>? paths = null,
    bool? header = null,
    IReadOnlyList<string>? columns = null,
    string? delimiter = null,
    IReadOnlyList<string>? missing = null,
    IReadOnlyDictionary<string, ColumnType>? types = null,
    IReadOnlyList<string>? drop = null,
    string strip = "",
    string group = "file",
    bool skipBadRows = false,
    string encoding = "utf-8",
    string? hint = null) : DataSource
{
    private readonly IReadOnlyList<string> _paths = SourceFile.OneOrSeveral("csv", path, paths);
    private readonly char? _delimiter = Delimiter(delimiter);
    private readonly HashSet<string> _missing = new(missing ?? ["", "?", "NA", "N/A", "nan", "NaN", "null"], StringComparer.Ordinal);
    private readonly Encoding _encoding = TextEncoding.Named(encoding);

    /// <inheritdoc/>
    public override Dataset Read(DataContext context)
    {
        CsvFile[] files = [.. _paths.Select(p => new CsvFile(context.Resolve(p, hint), p, _delimiter, _encoding))];
        bool[] hasHeader = new bool[files.Length];
        string[]? names = null;
        for (int i = 0; i < files.Length; i++)
        {
            List<string[]> sample = files[i].Sample(100);
            if (sample.Count == 0)
            {
                throw new GraftInputException(_paths[i], "expected at least one row, got none.");
            }

            hasHeader[i] = header ?? CsvHeader.IsIn(sample, _missing);
            string[] own = Names(files[i].Shown, sample[0], hasHeader[i]);
            if (names is not null && !own.SequenceEqual(names, StringComparer.Ordinal))
            {
                throw new GraftInputException(_paths[i], $"expected the columns of {_paths[0]} ({List(names)}), got {List(own)}.", 1);
            }

            names = own;
        }

        var table = new CsvTable(names!, Chosen(names!), types ?? new Dictionary<string, ColumnType>(), context.Types, _missing, strip);
        for (int i = 0; i < files.Length; i++)
        {
            table.FindTypes(files[i], hasHeader[i]);
        }

        var groups = new List<string?>();
        for (int i = 0; i < files.Length; i++)
        {
            table.Append(files[i], hasHeader[i], skipBadRows);
            groups.AddRange(Enumerable.Repeat(Path.GetFileNameWithoutExtension(_paths[i]), table.RowCount - groups.Count));
        }

        if (table.RowCount == 0)
        {
            throw new GraftInputException(_paths[0], "expected at least one row of data, got none.");
        }

        List<Column> read = table.Columns();
        if (paths is not null)
        {
            read.Add(CategoryColumn.From(group, groups));
        }

        return new Dataset(string.Join(" + ", _paths), read) { Notices = table.Notices };
    }

    /// <inheritdoc/>
    public override string ToString() => $"csv({string.Join(", ", _paths)})";

    private static char? Delimiter(string? delimiter) => delimiter switch
    {
        null => null,
        "tab" => '\t',
        "space" => ' ',
        [> '\0' and < '\x7F' and not '"' and not '\r' and not '\n'] => delimiter[0],
        _ => throw new ArgumentException($"delimiter: expected one ASCII character, tab or space, got '{delimiter}'."),
    };

    private static string List(string[] names) => string.Join(", ", names.Take(8)) + (names.Length > 8 ? $", ... ({names.Length})" : "");

    private string[] Names(string shown, string[] first, bool hasHeader)
    {
        if (columns is not null && columns.Count != first.Length)
        {
            throw new GraftInputException(shown, $"columns: expected {first.Length} names, one a column of the first row, got {columns.Count}.", 1);
        }

        var names = new string[first.Length];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = columns is not null ? columns[i] : hasHeader && first[i].Length > 0 ? first[i] : $"c{i + 1}";
        }

        string? twice = names.Append(paths is null ? "" : group).GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1)?.Key;
        return twice is null
            ? names
            : throw new GraftInputException(shown, $"expected distinct column names, got '{twice}' twice. Name them with columns: [...].", 1);
    }

    private bool[] Chosen(string[] names)
    {
        foreach (string name in (drop ?? []).Concat(types?.Keys ?? []))
        {
            if (!names.Contains(name, StringComparer.Ordinal))
            {
                throw new GraftInputException(_paths[0], $"expected a column named '{name}' (in drop or types), got {List(names)}.");
            }
        }

        bool[] chosen = [.. names.Select(n => drop?.Contains(n, StringComparer.Ordinal) != true)];
        return chosen.Contains(true) ? chosen : throw new GraftInputException(_paths[0], "drop: expected at least one column to be left, got none.");
    }
}
