using Graft.Data;
using Graft.Tasks;

namespace Graft.Cli.Starters;

/// <summary>What a look at a table tells about its columns.</summary>
internal static class TableLook
{
    private const int MostClasses = 20;
    private const double FewestWords = 4;

    /// <summary>The kind of task that a column asks for.</summary>
    /// <param name="column">The target.</param>
    public static TaskKind KindOf(Column column)
    {
        int distinct = Distinct(column, MostClasses + 1);
        bool isClasses = column is CategoryColumn || (column is NumberColumn numbers && distinct <= MostClasses && AreWhole(numbers));
        return !isClasses ? TaskKind.Regression : distinct <= 2 ? TaskKind.Binary : TaskKind.MultiClass;
    }

    /// <summary>Whether a column holds texts: most values are different, and of several words.</summary>
    /// <param name="column">A column that is no target.</param>
    public static bool IsText(Column column) => column is TextColumn
        || (column is CategoryColumn { Levels.Count: > 0 } category
            && category.Levels.Count * 2 > Enumerable.Range(0, column.Count).Count(r => !column.IsMissing(r))
            && category.Levels.Average(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length) >= FewestWords);

    /// <summary>One line about a column: its kind, what is missing, how many values there are.</summary>
    /// <param name="column">The column.</param>
    public static string Describe(Column column)
    {
        int missing = Enumerable.Range(0, column.Count).Count(column.IsMissing);
        string values = column is CategoryColumn category && !IsText(column)
            ? $", {category.Levels.Count} values: {string.Join(", ", category.Levels.Take(4))}{(category.Levels.Count > 4 ? ", ..." : "")}"
            : "";
        return $"{(IsText(column) ? "text" : column.Kind)}{(missing > 0 ? $", {missing} missing" : "")}{values}";
    }

    private static bool AreWhole(NumberColumn column)
    {
        foreach (float value in column.Values)
        {
            if (!float.IsNaN(value) && value != MathF.Floor(value))
            {
                return false;
            }
        }

        return true;
    }

    private static int Distinct(Column column, int most)
    {
        if (column is CategoryColumn category)
        {
            return category.Levels.Count;
        }

        var seen = new HashSet<float>();
        foreach (float value in column is NumberColumn numbers ? numbers.Values : [])
        {
            if (!float.IsNaN(value) && seen.Add(value) && seen.Count >= most)
            {
                break;
            }
        }

        return seen.Count;
    }
}
