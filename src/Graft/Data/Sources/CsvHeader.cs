using System.Globalization;

namespace Graft.Data.Sources;

/// <summary>Finds out whether the first row of a table of text names its columns.</summary>
internal static class CsvHeader
{
    /// <summary>True where the first row has no number, no gap and no name twice, and below it lies a column of numbers or no cell
    /// repeats its column's name.</summary>
    /// <param name="rows">The first rows of the table, ragged ones too.</param>
    /// <param name="missing">The texts that stand for a missing value.</param>
    public static bool IsIn(IReadOnlyList<string[]> rows, IReadOnlySet<string> missing)
    {
        if (rows.Count == 0)
        {
            return false;
        }

        string[] first = rows[0];
        if (first.Any(c => missing.Contains(c) || IsNumber(c)) || first.Distinct(StringComparer.Ordinal).Count() < first.Length)
        {
            return false;
        }

        List<string[]> below = [.. rows.Skip(1).Where(r => r.Length == first.Length)];
        bool hasNumbers = false;
        bool repeats = false;
        for (int i = 0; i < first.Length; i++)
        {
            List<string> cells = [.. below.Select(r => r[i]).Where(c => !missing.Contains(c))];
            hasNumbers |= cells.Count > 0 && cells.TrueForAll(IsNumber);
            repeats |= cells.Contains(first[i], StringComparer.Ordinal);
        }

        return hasNumbers || !repeats;
    }

    private static bool IsNumber(string cell) => float.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
}
