using System.Globalization;
using System.Text;

namespace Graft.Data.Sources;

/// <summary>Texts, one a line, with their label before the first tab or space, in a file of their own, or without any.</summary>
/// <remarks>Gives the columns "text" and, where there are labels, "label". Blank lines are passed over.</remarks>
/// <param name="path">The file. Either this or <paramref name="paths"/>.</param>
/// <param name="paths">Several files, read one after the other; a column says which file a row is from.</param>
/// <param name="labeled">Whether every line begins with its label.</param>
/// <param name="delimiter">What stands between label and text: "tab" or "space"; left out, tab where the first line has one.</param>
/// <param name="labels">A file with one label a line, as many as there are texts; only with <paramref name="path"/> and without labels in the lines.</param>
/// <param name="group">Name of the column that says which file a row is from (its name without extension); only with <paramref name="paths"/>.</param>
/// <param name="skipBadRows">Whether lines without a label are skipped and counted instead of being an error.</param>
/// <param name="encoding">utf-8 or latin-1.</param>
/// <param name="hint">Where to get the file; said where it is missing.</param>
[Named("text-lines")]
public sealed class TextLinesSource(
    string? path = null,
    IReadOnlyList<string>? paths = null,
    bool labeled = true,
    string? delimiter = null,
    string? labels = null,
    string group = "file",
    bool skipBadRows = false,
    string encoding = "utf-8",
    string? hint = null) : DataSource
{
    private const int MaxFindings = 20;

    private readonly IReadOnlyList<string> _paths = SourceFile.OneOrSeveral("text-lines", path, paths);
    private readonly char? _delimiter = delimiter switch
    {
        null => null,
        "tab" => '\t',
        "space" => ' ',
        _ => throw new ArgumentException($"delimiter: expected tab or space, got '{delimiter}'."),
    };

    private readonly Encoding _encoding = TextEncoding.Named(encoding);
    private readonly bool _labeled = labels is null
        ? labeled
        : paths is null ? false : throw new ArgumentException("labels: expected none with paths, got a file of labels.");

    /// <inheritdoc/>
    public override Dataset Read(DataContext context)
    {
        var rows = new Rows();
        foreach (string shown in _paths)
        {
            ReadFile(context.Resolve(shown, hint), shown, rows);
        }

        if (rows.Texts.Count == 0)
        {
            throw new GraftInputException(_paths[0], "expected at least one line of text, got none.");
        }

        if (labels is not null)
        {
            TextEncoding.EachLine(context.Resolve(labels, hint), labels, _encoding, (line, _) => rows.Labels.Add(line.Trim()));
            if (rows.Labels.Count != rows.Texts.Count)
            {
                throw new GraftInputException(labels, $"expected {rows.Texts.Count} labels, one for each text, got {rows.Labels.Count}.");
            }
        }

        var columns = new List<Column> { new TextColumn("text", [.. rows.Texts]) };
        if (rows.Labels.Count > 0)
        {
            columns.Add(CategoryColumn.From("label", rows.Labels));
        }

        if (paths is not null)
        {
            columns.Add(CategoryColumn.From(group, rows.Groups));
        }

        return new Dataset(string.Join(" + ", _paths), columns) { Notices = rows.Notices, Lines = paths is null ? rows.Lines : null };
    }

    /// <inheritdoc/>
    public override string ToString() => $"text-lines({string.Join(", ", _paths)})";

    private void ReadFile(string file, string shown, Rows rows)
    {
        var bad = new List<Finding>();
        int badCount = 0;
        char? between = _delimiter;
        string of = Path.GetFileNameWithoutExtension(shown);
        TextEncoding.EachLine(file, shown, _encoding, (line, number) =>
        {
            string text = line.Trim();
            between ??= line.Contains('\t', StringComparison.Ordinal) ? '\t' : ' ';
            int end = _labeled ? text.IndexOf(between.Value, StringComparison.Ordinal) : 0;
            if (end < 0)
            {
                if (++badCount <= MaxFindings)
                {
                    bad.Add(new Finding(shown, number, 0, $"expected a label, a {(between == '\t' ? "tab" : "space")} and a text, got only one of them."));
                }

                return;
            }

            if (_labeled)
            {
                rows.Labels.Add(text[..end]);
            }

            rows.Texts.Add(text[end..].TrimStart());
            rows.Groups.Add(of);
            rows.Lines.Add(number);
        });

        if (badCount > 0 && !skipBadRows)
        {
            throw new GraftInputException(bad);
        }

        if (badCount > 0)
        {
            rows.Notices.Add(string.Create(CultureInfo.InvariantCulture, $"{shown}: {badCount} {(badCount == 1 ? "line" : "lines")} without a label skipped, the first is line {bad[0].Line}."));
        }
    }

    private sealed class Rows
    {
        public List<string?> Texts { get; } = [];

        public List<string?> Labels { get; } = [];

        public List<string?> Groups { get; } = [];

        public List<int> Lines { get; } = [];

        public List<string> Notices { get; } = [];
    }
}
