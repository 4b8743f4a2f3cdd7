using Graft.Experiments.Runs;

namespace Graft.Experiments.Reports.Charts;

/// <summary>How sure the model was across, how often it was right up; on the line the two agree.</summary>
internal static class CalibrationChart
{
    /// <summary>Draws a line of dots for each arm; a dot's area follows its rows.</summary>
    /// <param name="title">What the chart shows.</param>
    /// <param name="arms">At least one, each with its bins.</param>
    public static string Draw(string title, IReadOnlyList<(string Arm, Look Look, IReadOnlyList<CalibrationBin> Bins)> arms)
    {
        var frame = new Frame(new Svg(300, 280, title, "Points below the line: surer than right. Points above it: righter than sure."), 50, 22, 26, 36);
        var x = Scale.Linear([0, 1], frame.Left, frame.Right, 5);
        var y = Scale.Linear([0, 1], frame.Bottom, frame.Top, 5);
        frame.AxisY(y, v => Figures.Axis(100 * v) + " %", "how often right");
        frame.AxisX(x, v => Figures.Axis(100 * v) + " %", "how sure");
        frame.Svg.Line(x.At(0), y.At(0), x.At(1), y.At(1), "dash");
        foreach ((string arm, Look look, IReadOnlyList<CalibrationBin> bins) in arms)
        {
            CalibrationBin[] filled = [.. bins.Where(b => b.Rows > 0 && double.IsFinite(b.Confidence) && double.IsFinite(b.Accuracy))];
            long most = filled.Length == 0 ? 1 : filled.Max(b => b.Rows);
            frame.Svg.Path(filled.Select(b => (x.At(b.Confidence), y.At(b.Accuracy))), look.Css + " thick");
            foreach (CalibrationBin b in filled)
            {
                string tip = $"{arm}: {Figures.Percent(b.Confidence, 1)} sure, {Figures.Percent(b.Accuracy, 1)} right, {Figures.Count(b.Rows, "row")}";
                frame.Svg.Marker(look.Shape, x.At(b.Confidence), y.At(b.Accuracy), 2 + (4 * Math.Sqrt((double)b.Rows / most)), look.Css + " fill edge", tip);
            }
        }

        return frame.Svg.ToString();
    }
}
