using Graft.Experiments.Runs;

namespace Graft.Experiments.Reports.Charts;

/// <summary>Differences from the baseline with their 95 % intervals, and a line at zero.</summary>
internal static class EffectChart
{
    private const double RowHeight = 26;

    /// <summary>Draws one row for each effect.</summary>
    /// <param name="title">What the chart shows.</param>
    /// <param name="metric">How differences are written; the same for all effects.</param>
    /// <param name="effects">At least one.</param>
    /// <param name="name">What a row is called.</param>
    /// <param name="look">The look of an arm.</param>
    public static string Draw(string title, MetricInfo metric, IReadOnlyList<Effect> effects, Func<Effect, string> name, Func<string, Look> look)
    {
        string[] names = [.. effects.Select(e => Html.Cut(name(e), 24))];
        string[] texts = [.. effects.Select(e => Text(metric, e))];
        var svg = new Svg(400, 58 + (RowHeight * effects.Count), title, string.Join("; ", effects.Select(e => e.Sentence)));
        var frame = new Frame(svg, 14 + (6.6 * names.Max(n => n.Length)), 20 + (7.2 * texts.Max(t => t.Length)), 18, 40);
        var x = Scale.Linear(effects.SelectMany(e => new[] { e.Difference, e.Low, e.High, 0 }), frame.Left, frame.Right, 6, least: metric.IsFraction ? 0.01 : 1);
        string unit = metric.IsFraction ? "points of " : "";
        frame.AxisX(x, v => Figures.Axis(metric.IsFraction ? 100 * v : v), $"{unit}{metric.Name} against {Html.Cut(effects[0].Baseline, 16)}");
        svg.Line(x.At(0), frame.Top - 4, x.At(0), frame.Bottom, "zero");
        svg.Text(frame.Left, 11, metric.HigherIsBetter ? "\u2190 worse" : "\u2190 better", "t s");
        svg.Text(frame.Right, 11, metric.HigherIsBetter ? "better \u2192" : "worse \u2192", "t s", "end");
        for (int i = 0; i < effects.Count; i++)
        {
            Effect e = effects[i];
            double y = frame.Top + (RowHeight * (i + 0.5));
            Look shown = look(e.Arm);
            if (double.IsFinite(e.Low))
            {
                svg.Line(x.At(e.Low), y, x.At(e.High), y, shown.Css + " thick");
                svg.Line(x.At(e.Low), y - 4, x.At(e.Low), y + 4, shown.Css + " thick");
                svg.Line(x.At(e.High), y - 4, x.At(e.High), y + 4, shown.Css + " thick");
            }

            if (e.Seeds > 0)
            {
                svg.Marker(shown.Shape, x.At(e.Difference), y, 5, shown.Css + " fill edge", e.Sentence);
            }

            svg.Text(frame.Left - 8, y + 4, names[i], "t", "end");
            svg.Text(frame.Right + 10, y + 4, texts[i], "t");
        }

        return svg.ToString();
    }

    private static string Text(MetricInfo metric, Effect e) => e.Seeds == 0 ? "no pair" : Figures.Signed(metric, e.Difference);
}
