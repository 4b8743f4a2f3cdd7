using System.Globalization;
using Graft.Experiments.Runs;

namespace Graft.Experiments.Reports;

/// <summary>Counts by true and predicted class, of several seeds together.</summary>
/// <param name="Classes">Names, one for each row and column.</param>
/// <param name="Counts">Square; rows are true classes.</param>
internal sealed record ConfusionMatrix(IReadOnlyList<string> Classes, long[][] Counts)
{
    /// <summary>Adds up the matrices that have the shape of the first.</summary>
    /// <returns>The sum, or null where there is none.</returns>
    public static ConfusionMatrix? Sum(IEnumerable<TaskRecord> results)
    {
        ConfusionMatrix? sum = null;
        foreach (TaskRecord result in results)
        {
            if (result.Confusion is not { Count: > 0 } matrix || matrix.Any(row => row.Count != matrix.Count))
            {
                continue;
            }

            int n = matrix.Count;
            sum ??= new ConfusionMatrix(
                [.. Enumerable.Range(0, n).Select(i => i < result.Classes.Count ? result.Classes[i] : i.ToString(CultureInfo.InvariantCulture))],
                [.. Enumerable.Range(0, n).Select(_ => new long[n])]);
            if (sum.Counts.Length != n)
            {
                continue;
            }

            for (int i = 0; i < n; i++)
            {
                for (int k = 0; k < n; k++)
                {
                    sum.Counts[i][k] += Math.Clamp(matrix[i][k], 0, 1L << 40);
                }
            }
        }

        return sum;
    }

    /// <summary>Pairs of different classes by how many rows of the one were taken for the other, most first.</summary>
    public IEnumerable<(string Truth, string Predicted, long Rows, long Total)> Confused() =>
        from i in Enumerable.Range(0, Counts.Length)
        let total = Counts[i].Sum()
        from k in Enumerable.Range(0, Counts.Length)
        where k != i && Counts[i][k] > 0
        orderby Counts[i][k] descending, (double)Counts[i][k] / total descending
        select (Classes[i], Classes[k], Counts[i][k], total);

    /// <summary>For each class: rows that have it, rows predicted to have it, rows where both agree.</summary>
    public IEnumerable<(string Class, long Rows, long Predicted, long Hits)> PerClass() =>
        Enumerable.Range(0, Counts.Length).Select(i => (Classes[i], Counts[i].Sum(), Counts.Sum(row => row[i]), Counts[i][i]));
}
