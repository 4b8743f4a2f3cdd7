using System.Globalization;
using System.Text;
using CsvHelper;

namespace Graft.Data.Sources;

/// <summary>The columns of a table of text while they are read: first the types are found in every row, then the rows are kept.</summary>
internal sealed class CsvTable
{
    private const int MaxFindings = 20;

    private readonly string[] _names;
    private readonly ColumnType?[] _types;
    private readonly bool[] _isGiven;
    private readonly List<float>[] _numbers;
    private readonly List<string?>[] _texts;
    private readonly float[] _row;
    private readonly byte[][] _missing;
    private readonly char[] _strip;
    private readonly List<string> _notices = [];

    public CsvTable(string[] names, bool[] chosen, IReadOnlyDictionary<string, ColumnType> types, IReadOnlyDictionary<string, ColumnType> known, IReadOnlySet<string> missing, string strip)
    {
        _names = names;
        _types = [.. names.Select((n, i) => chosen[i] ? types.TryGetValue(n, out ColumnType t) ? t : known.GetValueOrDefault(n, ColumnType.Number) : (ColumnType?)null)];
        _isGiven = [.. names.Select(types.ContainsKey)];
        _numbers = [.. names.Select(_ => new List<float>(0))];
        _texts = [.. names.Select(_ => new List<string?>(0))];
        _row = new float[names.Length];
        _missing = [.. missing.Select(Encoding.UTF8.GetBytes)];
        _strip = strip.ToCharArray();
    }

    public int RowCount { get; private set; }

    public IReadOnlyList<string> Notices => _notices;

    /// <summary>Makes every column a category whose type is not given and that has a cell which is no number.</summary>
    public void FindTypes(CsvFile file, bool hasHeader)
    {
        bool isHeader = hasHeader;
        file.Each((row, line, fault) =>
        {
            for (int i = 0; i < _types.Length && !isHeader && fault is null && row.FieldCount == _names.Length; i++)
            {
                if (_types[i] == ColumnType.Number && !_isGiven[i] && !TryNumber(row.GetSpan(i), out _))
                {
                    _types[i] = ColumnType.Category;
                }
            }

            isHeader = false;
            return true;
        });
    }

    /// <summary>Keeps the rows of a file.</summary>
    /// <exception cref="GraftInputException">Rows are bad and are not to be skipped; it holds the first 20.</exception>
    public void Append(CsvFile file, bool hasHeader, bool skipBadRows)
    {
        bool isHeader = hasHeader;
        var bad = new List<Finding>();
        int badCount = 0;
        file.Each((row, line, fault) =>
        {
            if (!isHeader)
            {
                Finding? finding = Check(file.Shown, row, line, fault);
                if (finding is null)
                {
                    Keep(row);
                }
                else if (++badCount <= MaxFindings)
                {
                    bad.Add(finding);
                }
            }

            isHeader = false;
            return true;
        });

        if (badCount > 0 && !skipBadRows)
        {
            if (badCount > MaxFindings)
            {
                bad.Add(new Finding(file.Shown, 0, 0, $"{badCount - MaxFindings} more rows like these."));
            }

            throw new GraftInputException(bad);
        }

        if (badCount > 0)
        {
            _notices.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{file.Shown}: {badCount} {(badCount == 1 ? "row" : "rows")} skipped: {string.Join("; ", bad.Take(3).Select(f => $"line {f.Line}: {f.Message.TrimEnd('.')}"))}{(badCount > 3 ? "; ..." : "")}."));
        }
    }

    /// <summary>The columns that were read, in the order of the file.</summary>
    public List<Column> Columns()
    {
        var columns = new List<Column>();
        for (int i = 0; i < _names.Length; i++)
        {
            if (_types[i] is ColumnType type)
            {
                columns.Add(type switch
                {
                    ColumnType.Number => new NumberColumn(_names[i], [.. _numbers[i]]),
                    ColumnType.Category => CategoryColumn.From(_names[i], _texts[i]),
                    _ => new TextColumn(_names[i], [.. _texts[i]]),
                });
            }
        }

        return columns;
    }

    private Finding? Check(string shown, CsvReader row, int line, string? fault)
    {
        if (fault is not null)
        {
            return new Finding(shown, line, 0, fault + ".");
        }

        if (row.FieldCount != _names.Length)
        {
            return new Finding(shown, line, 0, $"expected {_names.Length} cells, got {row.FieldCount}.");
        }

        for (int i = 0; i < _types.Length; i++)
        {
            if (_types[i] == ColumnType.Number && (!TryNumber(row.GetSpan(i), out _row[i]) || float.IsInfinity(_row[i])))
            {
                return new Finding(shown, line, 0, $"expected a finite number in column '{_names[i]}', got '{Shorten(row.GetString(i))}'.");
            }
        }

        return null;
    }

    private void Keep(CsvReader row)
    {
        for (int i = 0; i < _types.Length; i++)
        {
            if (_types[i] == ColumnType.Number)
            {
                _numbers[i].Add(_row[i]);
            }
            else if (_types[i] is ColumnType type)
            {
                string? text = IsMissing(row.GetSpan(i)) ? null : row.GetString(i);
                _texts[i].Add(type == ColumnType.Category ? text?.TrimEnd(_strip) : text);
            }
        }

        RowCount++;
    }

    // A missing cell is a number too: NaN.
    private bool TryNumber(ReadOnlySpan<byte> cell, out float value)
    {
        if (IsMissing(cell))
        {
            value = float.NaN;
            return true;
        }

        return float.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && !float.IsNaN(value);
    }

    private bool IsMissing(ReadOnlySpan<byte> cell)
    {
        foreach (byte[] text in _missing)
        {
            if (cell.SequenceEqual(text))
            {
                return true;
            }
        }

        return false;
    }

    private static string Shorten(string cell) =>
        string.Concat((cell.Length > 40 ? cell[..40] + "..." : cell).Select(c => char.IsControl(c) ? '.' : c));
}
