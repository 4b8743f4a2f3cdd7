using Graft.Experiments.Runs;

namespace Graft.Experiments.Reports.Charts;

/// <summary>Many tasks at a glance: one dot for each, sorted by what the arm gains over the baseline.</summary>
internal static class SortedChart
{
    /// <summary>Draws the tasks of one arm.</summary>
    /// <param name="title">What the chart shows.</param>
    /// <param name="metric">How differences are written.</param>
    /// <param name="effects">One for each task, of one arm.</param>
    /// <param name="look">The look of the arm.</param>
    public static string Draw(string title, MetricInfo metric, IReadOnlyList<Effect> effects, Look look)
    {
        Effect[] sorted = [.. effects.Where(e => double.IsFinite(e.Gain)).OrderByDescending(e => e.Gain)];
        int better = sorted.Count(e => e.Gain > 0);
        var svg = new Svg(720, 250, title, $"{better} of {sorted.Length} tasks are better than {effects[0].Baseline}.");
        var frame = new Frame(svg, 48, 12, 30, 34);
        Scale y = Scale.Linear(sorted.SelectMany(Extent).Append(0), frame.Bottom, frame.Top, least: metric.IsFraction ? 0.01 : 1);
        string unit = metric.IsFraction ? "points of " : "";
        frame.AxisY(y, v => Figures.Axis(metric.IsFraction ? 100 * v : v), $"{unit}{metric.Name}, {Html.Cut(effects[0].Arm, 20)} against {Html.Cut(effects[0].Baseline, 20)}{(metric.HigherIsBetter ? "" : " (below zero is better)")}");
        double step = (frame.Right - frame.Left) / Math.Max(1, sorted.Length);
        for (int i = 0; i < sorted.Length; i++)
        {
            Effect e = sorted[i];
            double x = frame.Left + (step * (i + 0.5));
            if (double.IsFinite(e.Low))
            {
                svg.Line(x, y.At(Clip(e.Low, sorted)), x, y.At(Clip(e.High, sorted)), look.Css + " hair");
            }

            svg.Dot(x, y.At(e.Difference), Math.Clamp(step / 2, 1.6, 4), $"{(e.Gain < 0 ? "bad" : look.Css)} fill", $"{e.Task}: {Figures.Signed(metric, e.Difference)}");
        }

        svg.Line(frame.Left, y.At(0), frame.Right, y.At(0), "zero");
        double turn = frame.Left + (step * better);
        svg.Text(Math.Max(frame.Left + 4, turn - 6), frame.Bottom + 15, $"better on {better} \u2190", "t s", turn - frame.Left > 80 ? "end" : "start");
        if (frame.Right - turn > 80)
        {
            svg.Text(turn + 6, frame.Bottom + 15, $"\u2192 not better on {sorted.Length - better}", "t s");
        }

        svg.Text((frame.Left + frame.Right) / 2, svg.Height - 4, $"{sorted.Length} tasks, sorted", "t m", "middle");
        return svg.ToString();
    }

    // Intervals of a few seeds can be huge; the axis follows the differences, and intervals end at twice the largest of them.
    private static IEnumerable<double> Extent(Effect e) => [e.Difference, 1.3 * e.Difference];

    private static double Clip(double value, Effect[] sorted)
    {
        double most = 1.3 * Math.Max(sorted.Max(e => e.Difference), 0);
        double least = 1.3 * Math.Min(sorted.Min(e => e.Difference), 0);
        return Math.Clamp(value, least, most);
    }
}
