using Graft.Experiments.Runs;

namespace Graft.Experiments.Reports.Charts;

/// <summary>True values across, predicted values up, and the line where they agree.</summary>
internal static class ScatterChart
{
    private const int MaxDots = 500;

    /// <summary>Draws the pairs.</summary>
    /// <param name="title">What the chart shows.</param>
    /// <param name="label">Stands above the plot.</param>
    /// <param name="pairs">At least one.</param>
    /// <param name="look">The look of the arm.</param>
    public static string Draw(string title, string label, IReadOnlyList<ValuePair> pairs, Look look)
    {
        ValuePair[] shown = [.. pairs.Where(p => double.IsFinite(p.Truth) && double.IsFinite(p.Predicted)).Take(MaxDots)];
        var frame = new Frame(new Svg(240, 236, title, $"{shown.Length} rows."), 44, 14, 26, 36);
        double[] values = [.. shown.SelectMany(p => new[] { p.Truth, p.Predicted })];
        var x = Scale.Linear(values, frame.Left, frame.Right, 4);
        var y = Scale.Linear(values, frame.Bottom, frame.Top, 4);
        frame.AxisY(y, Figures.Axis, label);
        frame.AxisX(x, Figures.Axis, "true (across), predicted (up)");
        frame.Svg.Line(x.At(x.Ticks[0]), y.At(y.Ticks[0]), x.At(x.Ticks[^1]), y.At(y.Ticks[^1]), "dash");
        foreach (ValuePair p in shown)
        {
            frame.Svg.Dot(x.At(p.Truth), y.At(p.Predicted), 2.4, look.Css + " cloud");
        }

        return frame.Svg.ToString();
    }
}
