using System.Globalization;
using System.Text;

namespace Graft.Data.Sources;

/// <summary>Tables in Weka's ARFF format: typed attributes, then rows, full or sparse.</summary>
/// <remarks>
/// numeric, real and integer attributes become numbers, nominal ones categories with the levels that are declared, string and date ones texts; "?" is missing.
/// In a sparse row ({index value, ...}) what is left out is 0, or the first level. Rows that do not fit are errors that name every such line (the first 20), or
/// are skipped and counted where <paramref name="skipBadRows"/> asks for it. Weights of rows and relational attributes are not read.
/// </remarks>
/// <param name="path">The file; relative to the experiment file or to the data folder.</param>
/// <param name="drop">Names of attributes to leave out.</param>
/// <param name="skipBadRows">Whether rows that cannot be read are skipped and counted instead of being an error.</param>
/// <param name="encoding">utf-8 or latin-1.</param>
/// <param name="hint">Where to get the file; said where it is missing.</param>
[Named("arff")]
public sealed class ArffSource(string path, IReadOnlyList<string>? drop = null, bool skipBadRows = false, string encoding = "utf-8", string? hint = null) : DataSource
{
    private const int MaxFindings = 20;
    private const long MaxCells = 1 << 28;

    private readonly Encoding _encoding = TextEncoding.Named(encoding);

    /// <inheritdoc/>
    public override Dataset Read(DataContext context)
    {
        string file = context.Resolve(path, hint);
        var attributes = new List<ArffAttribute>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var bad = new List<Finding>();
        var cells = new List<ArffCell>();
        int badCount = 0;
        int rows = 0;
        bool inData = false;
        long mostCells = 0;
        TextEncoding.EachLine(file, path, _encoding, (line, number) =>
        {
            ReadOnlySpan<char> text = line.AsSpan().Trim();
            if (text[0] == '%')
            {
                return;
            }

            if (!inData)
            {
                inData = Declare(text, number, attributes, names);
                mostCells = inData ? Math.Min(MaxCells, 4_000_000 + (1000 * new FileInfo(file).Length)) : 0;
                return;
            }

            string? fault = ArffRow.Parse(text, attributes, cells);
            if (fault is not null)
            {
                if (++badCount <= MaxFindings)
                {
                    bad.Add(new Finding(path, number, 0, fault + "."));
                }

                return;
            }

            rows++;
            if ((long)rows * attributes.Count > mostCells)
            {
                throw new GraftInputException(path, $"expected at most {mostCells} values in all rows, got more.", number);
            }

            for (int i = 0; i < cells.Count; i++)
            {
                attributes[i].Add(cells[i]);
            }
        });

        if (badCount > 0 && !skipBadRows)
        {
            throw new GraftInputException(bad);
        }

        if (!inData || attributes.Count == 0 || rows == 0)
        {
            throw new GraftInputException(path, $"expected attributes, a line @data and at least one row, got {attributes.Count} attributes and {rows} rows.");
        }

        string[] notices = badCount == 0 ? [] : [string.Create(CultureInfo.InvariantCulture, $"{path}: {badCount} {(badCount == 1 ? "row" : "rows")} skipped, the first is line {bad[0].Line}: {bad[0].Message}")];
        return new Dataset(path, Columns(attributes)) { Notices = notices };
    }

    /// <inheritdoc/>
    public override string ToString() => $"arff({path})";

    private Column[] Columns(List<ArffAttribute> attributes)
    {
        foreach (string name in drop ?? [])
        {
            if (!attributes.Exists(a => a.Name == name))
            {
                throw new GraftInputException(path, $"drop: expected the name of an attribute, got '{name}'.");
            }
        }

        Column[] columns = [.. attributes.Where(a => drop?.Contains(a.Name, StringComparer.Ordinal) != true).Select(a => a.Column())];
        return columns.Length > 0 ? columns : throw new GraftInputException(path, "drop: expected at least one attribute to be left, got none.");
    }

    // One line before the data; true where the data begins.
    private bool Declare(ReadOnlySpan<char> text, int number, List<ArffAttribute> attributes, HashSet<string> names)
    {
        int end = text.IndexOfAny(' ', '\t');
        ReadOnlySpan<char> keyword = end < 0 ? text : text[..end];
        if (keyword.Equals("@data", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        if (keyword.Equals("@attribute", StringComparison.OrdinalIgnoreCase))
        {
            ArffAttribute? attribute = ArffAttribute.Parse(text[keyword.Length..].Trim());
            if (attribute is null || attributes.Count == CsvFile.MaxColumns)
            {
                throw new GraftInputException(path, $"expected a name and numeric, string, date or {{levels}}, at most {CsvFile.MaxColumns} attributes, got another line.", number);
            }

            if (!names.Add(attribute.Name))
            {
                throw new GraftInputException(path, $"expected distinct attribute names, got '{attribute.Name}' twice.", number);
            }

            attributes.Add(attribute);
        }
        else if (!keyword.Equals("@relation", StringComparison.OrdinalIgnoreCase))
        {
            throw new GraftInputException(path, "expected @relation, @attribute, @data or a comment, got another line.", number);
        }

        return false;
    }
}
