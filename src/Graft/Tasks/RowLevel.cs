using System.Globalization;
using Graft.Data;
using Graft.Data.Encoders;

namespace Graft.Tasks;

/// <summary>The rows that a task is about, where it is not about all of them: those with one value of a column.</summary>
/// <param name="Column">The column.</param>
/// <param name="Value">Its value.</param>
public sealed record RowLevel(string Column, string Value)
{
    /// <summary>For each row, whether the task is about it; a row without a value belongs to none.</summary>
    /// <param name="rows">A data set that has the column.</param>
    /// <exception cref="GraftInputException">The column is not there, or has no values that could be told apart by name.</exception>
    public bool[] In(Dataset rows)
    {
        CategoryColumn values = TargetReader.Categories(rows, Column);
        int own = -1;
        for (int level = 0; level < values.Levels.Count; level++)
        {
            own = values.Levels[level] == Value ? level : own;
        }

        return [.. values.Codes.ToArray().Select(code => code >= 0 && code == own)];
    }

    /// <summary>Says of each column how many rows have no value that a task is about.</summary>
    /// <param name="rows">A data set that has the columns.</param>
    /// <param name="tasks">The tasks; those about all rows are passed over.</param>
    /// <returns>A line for each column that has such rows.</returns>
    public static IEnumerable<string> Notices(Dataset rows, IEnumerable<TargetEncoder> tasks)
    {
        foreach (IGrouping<string, RowLevel> levels in tasks.Select(t => t.Only).OfType<RowLevel>().GroupBy(o => o.Column, StringComparer.Ordinal))
        {
            HashSet<string> known = [.. levels.Select(o => o.Value)];
            CategoryColumn values = TargetReader.Categories(rows, levels.Key);
            bool[] strange = [.. values.Levels.Select(l => !known.Contains(l))];
            int count = 0;
            var seen = new SortedSet<string>(StringComparer.Ordinal);
            foreach (int code in values.Codes)
            {
                if (code < 0 || strange[code])
                {
                    count++;
                    seen.Add(code < 0 ? "no value" : ColumnTexts.Short(values.Levels[code]));
                }
            }

            if (count > 0)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"{rows.Name}: column '{levels.Key}': {count} of {rows.Count} rows have none of the values that tasks are about, got {string.Join(", ", seen.Take(5))}{(seen.Count > 5 ? ", ..." : "")}; they count for no task.");
            }
        }
    }
}
