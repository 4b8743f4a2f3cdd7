using Graft.Experiments.Runs;

namespace Graft.Experiments.Reports.Charts;

/// <summary>Lines over epochs: thin ones for seeds, thick ones for their mean.</summary>
internal static class CurveChart
{
    private const int MaxPoints = 160;

    /// <summary>Draws the lines.</summary>
    /// <param name="title">What the chart shows.</param>
    /// <param name="label">What the vertical axis measures.</param>
    /// <param name="curves">At least one.</param>
    /// <param name="metric">How values are written; null for a loss.</param>
    /// <param name="range">Values that the vertical axis must hold besides those of the curves, so that charts side by side agree.</param>
    public static string Draw(string title, string label, IReadOnlyList<Curve> curves, MetricInfo? metric = null, IEnumerable<double>? range = null)
    {
        var frame = new Frame(new Svg(324, 216, title, Describe(curves, metric)), 48, 12, 26, 36);
        var x = Scale.Linear(curves.SelectMany(c => c.Points).Select(p => p.X), frame.Left, frame.Right, snap: false);
        IEnumerable<double> values = curves.SelectMany(c => c.Points).Select(p => p.Y).Concat(range ?? []);
        Scale y = metric is null ? Scale.LogIfWide(values, frame.Bottom, frame.Top) : Scale.Linear(values, frame.Bottom, frame.Top, most: metric.IsFraction ? 1 : double.PositiveInfinity);
        frame.AxisY(y, v => metric?.IsFraction == true ? Figures.Axis(100 * v) + " %" : Figures.Axis(v), label + (y.IsLog ? " (log scale)" : ""));
        frame.AxisX(x, v => v == Math.Round(v) ? Figures.Axis(v) : "", "epoch");
        foreach (Curve curve in curves.OrderBy(c => !c.Thin))
        {
            string css = $"{curve.Look.Css} {(curve.Thin ? "thin" : "thick")}";
            frame.Svg.Path(Thinned(curve.Points).Select(p => (x.At(p.X), y.At(p.Y))), css, curve.Name);
            if (curve.Points.Count == 1)
            {
                frame.Svg.Dot(x.At(curve.Points[0].X), y.At(curve.Points[0].Y), 2.5, curve.Look.Css + " fill", curve.Name);
            }
            else if (curve.Mark is { } mark && curve.Points.FirstOrDefault(p => p.X == mark) is { X: > 0 } point)
            {
                frame.Svg.Dot(x.At(point.X), y.At(point.Y), 3, curve.Look.Css + " ring", $"{curve.Name}: the weights of this epoch were kept");
            }
        }

        return frame.Svg.ToString();
    }

    private static IEnumerable<(double X, double Y)> Thinned(IReadOnlyList<(double X, double Y)> points)
    {
        int every = Math.Max(1, points.Count / MaxPoints);
        return points.Where((_, i) => i % every == 0 || i == points.Count - 1);
    }

    private static string Describe(IReadOnlyList<Curve> curves, MetricInfo? metric) => string.Join(
        "; ",
        curves.Where(c => !c.Thin && c.Points.Count > 0)
            .Take(12)
            .Select(c => $"{c.Name}: from {Figures.Of(metric, c.Points[0].Y)} to {Figures.Of(metric, c.Points[^1].Y)}"));
}
