using Graft.Data;
using Graft.Data.Encoders;
using Graft.Tensors.Random;

namespace Graft.Experiments.Runner;

/// <summary>Which of the rows that were read are used at all.</summary>
internal static class RowChoice
{
    /// <summary>The rows that have one of the wanted values in every named column.</summary>
    public static Dataset Where(Dataset rows, string data, IReadOnlyDictionary<string, IReadOnlyList<string>>? wanted)
    {
        if (wanted is null || wanted.Count == 0)
        {
            return rows;
        }

        IEnumerable<int> kept = Enumerable.Range(0, rows.Count);
        foreach ((string column, IReadOnlyList<string> values) in wanted)
        {
            CategoryColumn levels = ColumnTexts.AsCategories(rows[column]);
            HashSet<string> allowed = [.. values];
            string? unknown = values.FirstOrDefault(v => !levels.Levels.Contains(v, StringComparer.Ordinal));
            if (unknown is not null)
            {
                throw new GraftInputException(rows.Name, $"data.{data}.where: expected values of column '{column}' ({string.Join(", ", levels.Levels.Take(20))}), got '{unknown}'.");
            }

            bool[] keep = [.. Enumerable.Range(0, rows.Count).Select(r => levels.Codes[r] >= 0 && allowed.Contains(levels.Levels[levels.Codes[r]]))];
            kept = kept.Where(r => keep[r]);
        }

        return rows.Take([.. kept]);
    }

    /// <summary>The rows with other names for some values; values of one new name become one.</summary>
    public static Dataset Rename(Dataset rows, string data, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>? names)
    {
        foreach ((string column, IReadOnlyDictionary<string, string> renamed) in names ?? new Dictionary<string, IReadOnlyDictionary<string, string>>())
        {
            CategoryColumn levels = ColumnTexts.AsCategories(rows[column]);
            string? unknown = renamed.Keys.FirstOrDefault(v => !levels.Levels.Contains(v, StringComparer.Ordinal));
            if (unknown is not null)
            {
                throw new GraftInputException(rows.Name, $"data.{data}.rename: expected values of column '{column}' ({string.Join(", ", levels.Levels.Take(20))}), got '{unknown}'.");
            }

            string?[] values = [.. Enumerable.Range(0, rows.Count).Select(r => levels.Codes[r] < 0 ? null : renamed.GetValueOrDefault(levels.Levels[levels.Codes[r]], levels.Levels[levels.Codes[r]]))];
            rows = new Dataset(rows.Name, [.. rows.Columns.Select(c => c.Name == column ? CategoryColumn.From(column, values) : c)]) { Notices = rows.Notices };
        }

        return rows;
    }

    /// <summary>Some rows by chance, ascending; the same ones for the same seed.</summary>
    public static int[] Some(int count, int wanted, ulong seed)
    {
        int[] chosen = RandomStream.For(seed, "limit").Permutation(count)[..wanted];
        Array.Sort(chosen);
        return chosen;
    }
}
