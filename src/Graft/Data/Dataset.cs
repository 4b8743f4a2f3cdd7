using System.Diagnostics.CodeAnalysis;

namespace Graft.Data;

/// <summary>Rows as they were read: named columns of equal length. Nothing is fitted, scaled or encoded here.</summary>
/// <remarks>Immutable. <see cref="Take(ReadOnlySpan{int})"/> gives subsets; pictures stay undecoded until read.</remarks>
public sealed class Dataset
{
    private readonly Dictionary<string, Column> _byName = new(StringComparer.Ordinal);

    /// <param name="name">What messages call it: a file, a folder, a generator.</param>
    /// <param name="columns">At least one; equal counts, distinct names.</param>
    /// <exception cref="ArgumentException">There is no column, a name occurs twice, or counts differ.</exception>
    public Dataset(string name, IReadOnlyList<Column> columns)
    {
        if (columns.Count == 0)
        {
            throw new ArgumentException($"{name}: expected at least one column, got none.", nameof(columns));
        }

        foreach (Column column in columns)
        {
            if (column.Count != columns[0].Count)
            {
                throw new ArgumentException($"{name}: expected {columns[0].Count} rows in column '{column.Name}', got {column.Count}.", nameof(columns));
            }

            if (!_byName.TryAdd(column.Name, column))
            {
                throw new ArgumentException($"{name}: expected distinct column names, got '{column.Name}' twice.", nameof(columns));
            }
        }

        Name = name;
        Columns = columns;
    }

    /// <summary>What messages call it: a file, a folder, a generator.</summary>
    public string Name { get; }

    /// <summary>The columns, in the order of the source.</summary>
    public IReadOnlyList<Column> Columns { get; }

    /// <summary>Number of rows; at least 0.</summary>
    public int Count => Columns[0].Count;

    /// <summary>What a reader of the report should know of the reading: rows or files that were skipped, and how many. Empty where nothing was.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>The 1-based line of the file that each row stands on; null where rows are not lines of one file.</summary>
    public IReadOnlyList<int>? Lines { get; init; }

    /// <summary>The column of that name.</summary>
    /// <exception cref="GraftInputException">There is none; the message lists the columns.</exception>
    public Column this[string column] => TryGet(column, out Column? found)
        ? found
        : throw new GraftInputException(Name, $"expected a column named '{column}', got {string.Join(", ", Columns.Take(20).Select(c => c.Name))}{(Columns.Count > 20 ? ", ..." : "")}.");

    /// <summary>Finds a column by name.</summary>
    public bool TryGet(string column, [NotNullWhen(true)] out Column? found) => _byName.TryGetValue(column, out found);

    /// <summary>The chosen rows, in the order given.</summary>
    /// <param name="rows">0-based rows.</param>
    public Dataset Take(ReadOnlySpan<int> rows)
    {
        var taken = new Column[Columns.Count];
        for (int i = 0; i < taken.Length; i++)
        {
            taken[i] = Columns[i].Take(rows);
        }

        return new Dataset(Name, taken) { Notices = Notices, Lines = Lines is { } lines ? [.. rows.ToArray().Select(r => lines[r])] : null };
    }
}
