using Graft.Experiments.Runs;

namespace Graft.Experiments.Reports.Charts;

/// <summary>A confusion matrix: true classes down, predicted classes across, each row colored by its shares.</summary>
internal static class HeatMap
{
    /// <summary>More classes than this are not drawn.</summary>
    public const int MaxClasses = 64;

    private const int MaxNumbered = 20;

    /// <summary>Draws the matrix.</summary>
    /// <param name="title">What the chart shows.</param>
    /// <param name="classes">Names, one for each row and column.</param>
    /// <param name="counts">Counts by true class and predicted class.</param>
    public static string Draw(string title, IReadOnlyList<string> classes, long[][] counts)
    {
        int n = counts.Length;
        bool numbered = n <= MaxNumbered;
        double cell = Math.Clamp(420.0 / n, 9, 46);
        int longest = Math.Min(16, classes.Max(c => c.Length));
        double room = 12 + (6.4 * longest);
        bool turned = 6.4 * longest > cell - 4;
        double top = 22 + (turned ? room : 16);
        double right = numbered ? 62 : 20;
        var svg = new Svg(room + 16 + (cell * n) + right, top + (cell * n) + 8, title, Describe(classes, counts));
        double left = room + 16;
        svg.Text(left + (cell * n / 2), 13, "predicted", "t m", "middle");
        svg.Text(11, top + (cell * n / 2), "true", "t m", "middle", -90);
        if (numbered)
        {
            svg.Text(svg.Width - 6, top - 6, "recall", "t s m", "end");
        }

        for (int i = 0; i < n; i++)
        {
            string name = Html.Cut(classes[i], 16);
            double middle = (cell * (i + 0.5)) + 4;
            if (cell >= 11 || i % 2 == 0)
            {
                svg.Text(left - 6, top + middle, name, "t s", "end");
                svg.Text(left + middle - (turned ? 0 : 4), top - 6, name, "t s", turned ? "start" : "middle", turned ? -90 : 0);
            }

            DrawRow(svg, classes, counts, i, left, top, cell, numbered);
        }

        return svg.ToString();
    }

    private static void DrawRow(Svg svg, IReadOnlyList<string> classes, long[][] counts, int i, double left, double top, double cell, bool numbered)
    {
        long total = counts[i].Sum();
        for (int k = 0; k < counts[i].Length; k++)
        {
            long count = counts[i][k];
            double share = total == 0 ? 0 : (double)count / total;
            double x = left + (cell * k);
            double y = top + (cell * i);
            string tip = count == 0 ? "" : $"true {Html.Cut(classes[i], 40)}, predicted {Html.Cut(classes[k], 40)}: {Figures.Count(count)} ({Figures.Percent(count, total)})";
            svg.Rect(x, y, cell - 1, cell - 1, i == k ? "hit" : "miss", tip, 0.04 + (0.9 * share));
            if (numbered && count > 0)
            {
                svg.Text(x + ((cell - 1) / 2), y + (cell / 2) + 4, Figures.Brief(count), share > 0.5 ? "t s on" : "t s", "middle");
            }
        }

        if (numbered)
        {
            svg.Text(svg.Width - 6, top + (cell * (i + 0.5)) + 4, Figures.Percent(counts[i][i], total), "t s", "end");
        }
    }

    private static string Describe(IReadOnlyList<string> classes, long[][] counts)
    {
        long right = counts.Select((row, i) => row[i]).Sum();
        long all = counts.Sum(row => row.Sum());
        return $"{classes.Count} classes; {Figures.Count(right)} of {Figures.Count(all)} rows are on the diagonal.";
    }
}
