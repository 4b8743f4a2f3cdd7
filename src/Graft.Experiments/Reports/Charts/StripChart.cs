using Graft.Experiments.Runs;

namespace Graft.Experiments.Reports.Charts;

/// <summary>One line for each arm: a dot for each seed, a bar at the mean, a band of one standard deviation.</summary>
internal static class StripChart
{
    private const double RowHeight = 30;

    /// <summary>Draws the rows of one task and metric.</summary>
    /// <param name="title">What the chart shows.</param>
    /// <param name="metric">How values are written.</param>
    /// <param name="rows">One for each arm.</param>
    /// <param name="look">The look of an arm.</param>
    public static string Draw(string title, MetricInfo metric, IReadOnlyList<ComparisonRow> rows, Func<string, Look> look)
    {
        double names = 14 + (6.6 * rows.Max(r => Math.Min(r.Arm.Length, 16)));
        string[] texts = [.. rows.Select(r => Text(metric, r))];
        var svg = new Svg(400, 62 + (RowHeight * rows.Count), title, string.Join("; ", rows.Select((r, i) => $"{r.Arm}: {texts[i]}")));
        var frame = new Frame(svg, names, 16 + (6.6 * texts.Max(t => t.Length)), 22, 40);
        double guess = rows.Select(r => r.Guess).FirstOrDefault(double.IsFinite, double.NaN);
        double[] extent = [.. rows.SelectMany(r => Extent(metric, r)).Where(double.IsFinite).DefaultIfEmpty(0)];
        double room = extent.Max() - extent.Min();
        bool near = guess >= extent.Min() - room && guess <= extent.Max() + room;
        var x = Scale.Linear(near ? [.. extent, guess] : extent, frame.Left, frame.Right, 5, most: metric.IsFraction ? 1 : double.PositiveInfinity);
        frame.AxisX(x, v => metric.IsFraction ? Figures.Axis(100 * v) + " %" : Figures.Axis(v), metric.Name + (metric.HigherIsBetter ? "" : " (lower is better)"));
        if (double.IsFinite(guess) && !near)
        {
            string text = Figures.Of(metric, guess);
            bool left = guess < extent.Min();
            svg.Text(left ? frame.Left : frame.Right, frame.Top - 8, left ? $"\u2190 guessing {text}" : $"guessing {text} \u2192", "t s", left ? "start" : "end");
        }
        else if (near)
        {
            svg.Line(x.At(guess), frame.Top - 4, x.At(guess), frame.Bottom, "dash");
            svg.Text(x.At(guess), frame.Top - 8, "guessing", "t s", Anchor(x.At(guess), frame));
        }

        for (int i = 0; i < rows.Count; i++)
        {
            Draw(svg, x, frame.Top + (RowHeight * (i + 0.5)), rows[i], look(rows[i].Arm), metric);
            svg.Text(frame.Left - 8, frame.Top + (RowHeight * (i + 0.5)) + 4, Html.Cut(rows[i].Arm, 16), "t", "end");
            svg.Text(frame.Right + 10, frame.Top + (RowHeight * (i + 0.5)) + 4, texts[i], "t");
        }

        return svg.ToString();
    }

    private static void Draw(Svg svg, Scale x, double y, ComparisonRow row, Look look, MetricInfo metric)
    {
        if (row.Seeds == 0)
        {
            return;
        }

        if (row.Seeds > 1)
        {
            (double low, double high) = Band(metric, row);
            svg.Rect(x.At(low), y - 8, x.At(high) - x.At(low), 16, look.Css + " fill", opacity: 0.18);
        }

        svg.Line(x.At(row.Mean), y - 10, x.At(row.Mean), y + 10, look.Css + " thick");
        foreach (SeedValue seed in row.Values.Where(v => double.IsFinite(v.Value)).Take(60))
        {
            svg.Marker(look.Shape, x.At(seed.Value), y, 3.6, look.Css + " fill edge", $"{row.Arm}, seed {seed.Seed}: {Figures.Of(metric, seed.Value)}");
        }
    }

    private static IEnumerable<double> Extent(MetricInfo metric, ComparisonRow row)
    {
        (double low, double high) = Band(metric, row);
        return row.Values.Select(v => v.Value).Append(low).Append(high);
    }

    // A deviation of shares does not reach beyond all of them.
    private static (double Low, double High) Band(MetricInfo metric, ComparisonRow row) =>
        (row.Mean - row.Std, metric.IsFraction ? Math.Max(row.Mean, Math.Min(row.Mean + row.Std, 1)) : row.Mean + row.Std);

    private static string Text(MetricInfo metric, ComparisonRow row) => Figures.MeanAndSpread(metric, row);

    private static string Anchor(double x, Frame frame) => x - frame.Left < 26 ? "start" : frame.Right - x < 26 ? "end" : "middle";
}
