using System.Globalization;
using Graft.Data;
using Graft.Data.Encoders;

namespace Graft.Tasks;

/// <summary>Reads target columns of any data set against fitted classes.</summary>
internal static class TargetReader
{
    private static readonly string[] Yes = ["1", "true", "yes"], No = ["0", "false", "no"];

    /// <summary>A class a row; -1 where it is missing, and where the task is not about the row.</summary>
    public static int[] Labels(Dataset rows, string name, IReadOnlyList<string> classes, bool skipUnseen, bool rest, bool[]? own, List<string> notices)
    {
        CategoryColumn column = Categories(rows, name);
        var index = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < classes.Count; i++)
        {
            index.TryAdd(classes[i], i);
        }

        int[] classOf = [.. column.Levels.Select(l => rest ? (l == classes[1] ? 1 : 0) : index.GetValueOrDefault(l, -1))];
        var labels = new int[column.Count];
        var unseen = new SortedDictionary<string, (int Rows, int First)>(StringComparer.Ordinal);
        for (int row = 0; row < labels.Length; row++)
        {
            int code = own is null || own[row] ? column.Codes[row] : -1;
            labels[row] = code < 0 ? -1 : classOf[code];
            if (code >= 0 && labels[row] < 0)
            {
                (int count, int first) = unseen.GetValueOrDefault(column.Levels[code], (0, row + 1));
                unseen[column.Levels[code]] = (count + 1, first);
            }
        }

        if (unseen.Count > 0)
        {
            string what = $"column '{name}': expected one of the classes {Some(classes)} that training rows have, got "
                + string.Join(", ", unseen.Take(5).Select(u => string.Create(CultureInfo.InvariantCulture, $"'{ColumnTexts.Short(u.Key)}' ({u.Value.Rows} rows, the first is row {u.Value.First})")))
                + (unseen.Count > 5 ? string.Create(CultureInfo.InvariantCulture, $" and {unseen.Count - 5} others") : "") + ".";
            if (!skipUnseen)
            {
                throw new GraftInputException(rows.Name, what + " Learn from rows of every class, name those that no training row has (classes), or leave such rows out.");
            }

            notices.Add($"{rows.Name}: {what} They are skipped.");
        }

        return labels;
    }

    /// <summary>Numbers, [rows, outputs]; NaN where they are missing, and where the task is not about the row.</summary>
    public static float[] Values(Dataset rows, IReadOnlyList<string> columns, int outputs, bool zeroOrOne, bool[]? own = null)
    {
        var values = new float[checked(rows.Count * outputs)];
        for (int c = 0; c < columns.Count; c++)
        {
            Column column = rows[columns[c]];
            if (column is VectorColumn vector && columns.Count == 1)
            {
                if (vector.Width != outputs)
                {
                    throw new GraftInputException(rows.Name, $"column '{column.Name}': expected vectors of {outputs} targets, got {vector.Width}.");
                }

                vector.Values.CopyTo(values);
            }
            else if (columns.Count != outputs)
            {
                throw new GraftInputException(rows.Name, $"column '{column.Name}': expected vectors of {outputs} targets, got a {column.Kind} column.");
            }
            else
            {
                float[] numbers = zeroOrOne && column is not NumberColumn ? Flags(rows, column) : NumberEncoder.Numbers(rows, column).Values.ToArray();
                for (int row = 0; row < numbers.Length; row++)
                {
                    values[(row * outputs) + c] = numbers[row];
                }
            }
        }

        for (int i = 0; i < values.Length; i++)
        {
            values[i] = own is null || own[i / outputs] ? values[i] : float.NaN;
            bool bad = float.IsInfinity(values[i]) || (zeroOrOne && values[i] is not (0 or 1 or float.NaN));
            if (bad)
            {
                string name = columns.Count == 1 ? columns[0] : columns[i % outputs];
                throw new GraftInputException(rows.Name, string.Create(CultureInfo.InvariantCulture,
                    $"column '{name}', row {(i / outputs) + 1}: expected {(zeroOrOne ? "0 or 1" : "a finite number")}, got {values[i]}."));
            }
        }

        return values;
    }

    /// <summary>The column as categories; refuses pictures, vectors and sequences.</summary>
    public static CategoryColumn Categories(Dataset rows, string name)
    {
        Column column = rows[name];
        return ColumnTexts.CanRead(column)
            ? ColumnTexts.AsCategories(column)
            : throw new GraftInputException(rows.Name, $"column '{name}': expected classes, got a {column.Kind} column.");
    }

    /// <summary>At most ten names, for messages.</summary>
    public static string Some(IReadOnlyList<string> names) => string.Join(", ", names.Take(10).Select(ColumnTexts.Short)) + (names.Count > 10 ? ", ..." : "");

    /// <summary>Whether a text says yes or no; null where it says neither.</summary>
    public static bool? Flag(string text) =>
        Yes.Contains(text, StringComparer.OrdinalIgnoreCase) ? true : No.Contains(text, StringComparer.OrdinalIgnoreCase) ? false : null;

    private static float[] Flags(Dataset rows, Column column)
    {
        var values = new float[column.Count];
        for (int row = 0; row < values.Length; row++)
        {
            string? text = ColumnTexts.CanRead(column) ? ColumnTexts.At(column, row)
                : throw new GraftInputException(rows.Name, $"column '{column.Name}': expected 0 or 1, got a {column.Kind} column.");
            values[row] = string.IsNullOrEmpty(text) ? float.NaN
                : Flag(text) is { } yes ? (yes ? 1 : 0)
                : throw new GraftInputException(rows.Name, $"column '{column.Name}', row {row + 1}: expected 0 or 1, got '{ColumnTexts.Short(text)}'.");
        }

        return values;
    }
}
