namespace Graft.Data;

/// <summary>One of a set of named levels for every row; a missing one has code -1.</summary>
public sealed class CategoryColumn : Column
{
    private readonly int[] _codes;

    /// <param name="name">The column's name.</param>
    /// <param name="codes">One index into <paramref name="levels"/> a row; -1 where it is missing. Kept, not copied.</param>
    /// <param name="levels">The names of the levels, as they stand in the source.</param>
    /// <exception cref="ArgumentOutOfRangeException">A code is below -1 or not below the number of levels.</exception>
    public CategoryColumn(string name, int[] codes, IReadOnlyList<string> levels)
        : base(name, codes.Length)
    {
        foreach (int code in codes)
        {
            if (code < -1 || code >= levels.Count)
            {
                throw new ArgumentOutOfRangeException(nameof(codes), code, $"{name}: expected codes from -1 to {levels.Count - 1}, got {code}.");
            }
        }

        _codes = codes;
        Levels = levels;
    }

    /// <summary>One index into <see cref="Levels"/> a row; -1 where it is missing.</summary>
    public ReadOnlySpan<int> Codes => _codes;

    /// <summary>The names of the levels. Levels may occur here that no row has.</summary>
    public IReadOnlyList<string> Levels { get; }

    /// <inheritdoc/>
    public override string Kind => "category";

    /// <summary>Makes a column from texts; levels are ordered by ordinal, numbers by value where all levels are numbers.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="values">One text a row; null or empty where it is missing.</param>
    public static CategoryColumn From(string name, IReadOnlyList<string?> values)
    {
        string[] levels = [.. values.Where(v => !string.IsNullOrEmpty(v)).Select(v => v!).Distinct(StringComparer.Ordinal)];
        var numbers = new double[levels.Length];
        bool numeric = true;
        for (int i = 0; i < levels.Length && numeric; i++)
        {
            numeric = double.TryParse(levels[i], System.Globalization.CultureInfo.InvariantCulture, out numbers[i]);
        }

        Array.Sort(levels, StringComparer.Ordinal);
        if (numeric)
        {
            levels = [.. levels.OrderBy(l => double.Parse(l, System.Globalization.CultureInfo.InvariantCulture))];
        }

        var index = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < levels.Length; i++)
        {
            index[levels[i]] = i;
        }

        var codes = new int[values.Count];
        for (int i = 0; i < codes.Length; i++)
        {
            codes[i] = string.IsNullOrEmpty(values[i]) ? -1 : index[values[i]!];
        }

        return new CategoryColumn(name, codes, levels);
    }

    /// <inheritdoc/>
    public override bool IsMissing(int row) => _codes[row] < 0;

    /// <inheritdoc/>
    public override Column Take(ReadOnlySpan<int> rows)
    {
        var taken = new int[rows.Length];
        for (int i = 0; i < taken.Length; i++)
        {
            taken[i] = _codes[rows[i]];
        }

        return new CategoryColumn(Name, taken, Levels);
    }

    /// <inheritdoc/>
    public override Column Rename(string name) => new CategoryColumn(name, _codes, Levels);
}
