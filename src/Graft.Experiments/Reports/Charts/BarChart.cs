namespace Graft.Experiments.Reports.Charts;

/// <summary>Lying bars, each with its name before and its value behind it.</summary>
internal static class BarChart
{
    private const double RowHeight = 21;

    /// <summary>Draws the bars.</summary>
    /// <param name="title">What the chart shows.</param>
    /// <param name="bars">At least one; lengths are 0 or more.</param>
    public static string Draw(string title, IReadOnlyList<(string Name, double Length, string Text, Look Look)> bars)
    {
        var svg = new Svg(400, 6 + (RowHeight * bars.Count), title, string.Join("; ", bars.Take(40).Select(b => $"{b.Name}: {b.Text}")));
        double left = 14 + (6.6 * bars.Max(b => Math.Min(b.Name.Length, 22)));
        double right = svg.Width - 12 - (6.4 * bars.Max(b => b.Text.Length));
        double most = bars.Max(b => double.IsFinite(b.Length) ? b.Length : 0);
        for (int i = 0; i < bars.Count; i++)
        {
            (string name, double length, string text, Look look) = bars[i];
            double y = 3 + (RowHeight * i);
            double width = most > 0 && double.IsFinite(length) ? Math.Max(length > 0 ? 1 : 0, length / most * (right - left)) : 0;
            svg.Text(left - 8, y + 14, Html.Cut(name, 22), "t", "end");
            svg.Rect(left, y + 3, width, RowHeight - 7, look.Css + " fill", $"{name}: {text}", 0.85);
            svg.Text(left + width + 6, y + 14, text, "t s");
        }

        return svg.ToString();
    }
}
