using Graft.Experiments.Runs;

namespace Graft.Experiments.Reports.Charts;

/// <summary>Standing bars for many counts, largest first; names below where they fit.</summary>
internal static class ColumnChart
{
    private const int MaxColumns = 300;

    /// <summary>Draws the columns.</summary>
    /// <param name="title">What the chart shows.</param>
    /// <param name="label">What the columns count.</param>
    /// <param name="counts">At least one, largest first.</param>
    public static string Draw(string title, string label, IReadOnlyList<(string Name, long Count)> counts)
    {
        (string Name, long Count)[] shown = [.. counts.Take(MaxColumns)];
        string most = $"{counts[0].Name}: {Figures.Count(counts[0].Count)}";
        string least = $"{counts[^1].Name}: {Figures.Count(counts[^1].Count)}";
        var frame = new Frame(new Svg(400, 170, title, $"{counts.Count} classes, from {most} to {least}"), 48, 10, 26, 36);
        Scale y = Scale.Linear(shown.Select(c => (double)c.Count).Append(0), frame.Bottom, frame.Top, 4);
        frame.AxisY(y, Figures.Axis, label);
        double step = (frame.Right - frame.Left) / shown.Length;
        bool named = step >= 7.5 * Math.Min(6, shown.Max(c => c.Name.Length));
        for (int i = 0; i < shown.Length; i++)
        {
            (string name, long count) = shown[i];
            double top = y.At(count);
            frame.Svg.Rect(frame.Left + (step * i) + (step * 0.1), top, step * 0.8, frame.Bottom - top, "c0 fill", $"{name}: {Figures.Count(count)}", 0.85);
            if (named)
            {
                frame.Svg.Text(frame.Left + (step * (i + 0.5)), frame.Bottom + 14, Html.Cut(name, 6), "t s", "middle");
            }
        }

        frame.Svg.Line(frame.Left, frame.Bottom, frame.Right, frame.Bottom, "axis");
        string rest = shown.Length < counts.Count ? $", the first {shown.Length} drawn" : "";
        frame.Svg.Text(frame.Left, frame.Svg.Height - 4, Html.Cut(most, 26), "t s m");
        frame.Svg.Text(frame.Right, frame.Svg.Height - 4, Html.Cut(least, 26) + rest, "t s m", "end");
        return frame.Svg.ToString();
    }
}
