using System.Globalization;

namespace Graft.Data.Sources;

/// <summary>Makes columns of class labels from the small integers that binary files hold.</summary>
internal static class Classes
{
    /// <summary>A column whose levels are the integers that occur, in order, or the given names by integer.</summary>
    /// <param name="column">The column's name.</param>
    /// <param name="labels">One integer a row.</param>
    /// <param name="names">The name of class 0, 1, ...; null to call them by their integers.</param>
    /// <param name="shown">The file's name in messages.</param>
    /// <exception cref="GraftInputException">A label has no name.</exception>
    public static CategoryColumn Column(string column, ReadOnlySpan<long> labels, IReadOnlyList<string>? names, string shown)
    {
        var codes = new int[labels.Length];
        if (names is not null)
        {
            for (int i = 0; i < codes.Length; i++)
            {
                codes[i] = labels[i] >= 0 && labels[i] < names.Count
                    ? (int)labels[i]
                    : throw new GraftInputException(shown, $"expected labels from 0 to {names.Count - 1}, one for each name in classes, got {labels[i]} in row {i + 1}.");
            }

            return new CategoryColumn(column, codes, names);
        }

        long[] levels = [.. new SortedSet<long>(labels.ToArray())];
        for (int i = 0; i < codes.Length; i++)
        {
            codes[i] = Array.BinarySearch(levels, labels[i]);
        }

        return new CategoryColumn(column, codes, [.. levels.Select(l => l.ToString(CultureInfo.InvariantCulture))]);
    }
}
