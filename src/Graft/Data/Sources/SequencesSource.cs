using System.Globalization;

namespace Graft.Data.Sources;

/// <summary>Sequences of numbers: a table with one step a row, grouped by an id, or JSON lines with one sequence a line.</summary>
/// <remarks>
/// <para>Table (.csv, .tsv and others): rows with the same id are the steps of one sequence, in the order of the file. Columns of <paramref name="labels"/>
/// say something of the whole sequence and must be the same in all its rows.</para>
/// <para>JSON lines (.jsonl, .ndjson, .json): {"id": "a", "label": "walk", "values": [[1, 2], [3, 4]]}, one list a step, or plain numbers where a step has one.
/// Further keys with a number or a text become columns.</para>
/// <para>Gives the column "values", "id", and one column for each label. Sequences are in the order of their first rows. Steps with missing numbers are errors,
/// or the whole sequence is skipped and counted where <paramref name="skipBad"/> asks for it.</para>
/// </remarks>
/// <param name="path">The file; relative to the experiment file or to the data folder.</param>
/// <param name="id">The column or key that says which sequence a row belongs to.</param>
/// <param name="labels">Columns that say something of the whole sequence; left out, "label" if it is there.</param>
/// <param name="values">Columns of numbers that make a step; left out, all columns of numbers that are neither id nor labels.</param>
/// <param name="types">number or category by column or key, where it should not be found out.</param>
/// <param name="skipBad">Whether sequences that cannot be used are skipped and counted instead of being an error.</param>
/// <param name="encoding">utf-8 or latin-1.</param>
/// <param name="hint">Where to get the file; said where it is missing.</param>
[Named("sequences")]
public sealed class SequencesSource(
    string path,
    string id = "id",
    IReadOnlyList<string>? labels = null,
    IReadOnlyList<string>? values = null,
    IReadOnlyDictionary<string, ColumnType>? types = null,
    bool skipBad = false,
    string encoding = "utf-8",
    string? hint = null) : DataSource
{
    private const int MaxFindings = 20;

    private readonly System.Text.Encoding _encoding = TextEncoding.Named(encoding);

    /// <inheritdoc/>
    public override Dataset Read(DataContext context) =>
        Path.GetExtension(path).ToUpperInvariant() is ".JSONL" or ".NDJSON" or ".JSON" ? FromJson(context) : FromTable(context);

    /// <inheritdoc/>
    public override string ToString() => $"sequences({path})";

    private Dataset FromJson(DataContext context)
    {
        var lines = new SequenceLines(id);
        var bad = new List<Finding>();
        TextEncoding.EachLine(context.Resolve(path, hint), path, _encoding, (line, number) =>
        {
            if (lines.Add(line) is string fault)
            {
                bad.Add(new Finding(path, number, 0, fault + "."));
            }
        });

        return Done(bad, lines.Values, lines.Width, [lines.Ids(), .. lines.Others(labels, types)]);
    }

    private Dataset FromTable(DataContext context)
    {
        var given = new Dictionary<string, ColumnType>(types ?? new Dictionary<string, ColumnType>(), StringComparer.Ordinal) { [id] = ColumnType.Category };
        Dataset table = new CsvSource(path, types: given, encoding: encoding, hint: hint).Read(context);
        var ids = (CategoryColumn)table[id];
        Column[] labelColumns = labels is not null ? [.. labels.Select(l => table[l])] : table.TryGet("label", out Column? label) ? [label] : [];
        NumberColumn[] steps = values is not null
            ? [.. values.Select(v => table[v] as NumberColumn ?? throw new GraftInputException(path, $"expected numbers in column '{v}', got {table[v].Kind}."))]
            : [.. table.Columns.OfType<NumberColumn>().Except(labelColumns).Cast<NumberColumn>()];
        if (steps.Length == 0)
        {
            throw new GraftInputException(path, "expected at least one column of numbers besides id and labels, got none.");
        }

        var rowsOf = new Dictionary<int, List<int>>();
        for (int row = 0; row < ids.Count; row++)
        {
            int code = ids.Codes[row];
            if (!rowsOf.TryGetValue(code, out List<int>? rows))
            {
                rowsOf[code] = rows = [];
            }

            rows.Add(row);
        }

        var bad = new List<Finding>();
        var sequences = new List<float[]>();
        var firstRows = new List<int>();
        foreach ((int code, List<int> rows) in rowsOf)
        {
            float[] sequence = [.. rows.SelectMany(row => steps.Select(s => s.Values[row]))];
            string name = code < 0 ? "without an id" : $"'{ids.Levels[code]}'";
            Column? torn = Array.Find(labelColumns, c => rows.Exists(row => !IsSame(c, row, rows[0])));
            if (code < 0 || sequence.Any(float.IsNaN))
            {
                bad.Add(new Finding(path, 0, 0, $"sequence {name}: expected an id and numbers in every step, got missing ones."));
            }
            else if (torn is not null)
            {
                bad.Add(new Finding(path, 0, 0, $"sequence {name}: expected one value of '{torn.Name}', got several."));
            }
            else
            {
                sequences.Add(sequence);
                firstRows.Add(rows[0]);
            }
        }

        int[] chosen = [.. firstRows];
        return Done(bad, sequences, steps.Length, [ids.Take(chosen), .. labelColumns.Select(c => c.Take(chosen))]);
    }

    private Dataset Done(List<Finding> bad, List<float[]> sequences, int width, IEnumerable<Column> others)
    {
        if (bad.Count > 0 && !skipBad)
        {
            throw new GraftInputException([.. bad.Take(MaxFindings)]);
        }

        if (sequences.Count == 0)
        {
            throw new GraftInputException(path, "expected at least one sequence, got none.");
        }

        string[] notices = bad.Count == 0 ? [] : [string.Create(CultureInfo.InvariantCulture, $"{path}: {bad.Count} {(bad.Count == 1 ? "sequence" : "sequences")} skipped, the first: {bad[0].Message}")];
        return new Dataset(path, [new SequenceColumn("values", [.. sequences], width), .. others]) { Notices = notices };
    }

    private static bool IsSame(Column column, int a, int b) => column switch
    {
        CategoryColumn c => c.Codes[a] == c.Codes[b],
        NumberColumn n => n.Values[a].Equals(n.Values[b]),
        TextColumn t => t.Values[a] == t.Values[b],
        _ => true,
    };
}
