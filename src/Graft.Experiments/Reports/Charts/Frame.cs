namespace Graft.Experiments.Reports.Charts;

/// <summary>A drawing with a plot in it: two scales, their ticks, and what they measure.</summary>
internal sealed class Frame
{
    /// <summary>Lays out the drawing; the scales are made from its pixels.</summary>
    /// <param name="svg">The drawing.</param>
    /// <param name="left">Room left of the plot.</param>
    /// <param name="right">Room right of it.</param>
    /// <param name="top">Room above it.</param>
    /// <param name="bottom">Room below it.</param>
    public Frame(Svg svg, double left, double right, double top, double bottom)
    {
        Svg = svg;
        (Left, Right, Top, Bottom) = (left, svg.Width - right, top, svg.Height - bottom);
    }

    /// <summary>The drawing.</summary>
    public Svg Svg { get; }

    /// <summary>Left edge of the plot.</summary>
    public double Left { get; }

    /// <summary>Right edge of the plot.</summary>
    public double Right { get; }

    /// <summary>Upper edge of the plot.</summary>
    public double Top { get; }

    /// <summary>Lower edge of the plot.</summary>
    public double Bottom { get; }

    /// <summary>Draws the vertical grid lines with their numbers below.</summary>
    public void AxisX(Scale scale, Func<double, string> format, string label)
    {
        double free = double.NegativeInfinity;
        foreach (double tick in scale.Ticks)
        {
            double x = scale.At(tick);
            Svg.Line(x, Top, x, Bottom, "grid");
            string text = format(tick);
            double half = 3.4 * text.Length;
            if (x - half > free)
            {
                Svg.Text(x, Bottom + 15, text, "t s", "middle");
                free = x + half + 4;
            }
        }

        Svg.Line(Left, Bottom, Right, Bottom, "axis");
        Svg.Text((Left + Right) / 2, Svg.Height - 4, label, "t m", "middle");
    }

    /// <summary>Draws the horizontal grid lines with their numbers to the left, and what they measure above.</summary>
    public void AxisY(Scale scale, Func<double, string> format, string label)
    {
        foreach (double tick in scale.Ticks)
        {
            double y = scale.At(tick);
            Svg.Line(Left, y, Right, y, "grid");
            Svg.Text(Left - 5, y + 4, format(tick), "t s", "end");
        }

        Svg.Text(4, 14, label, "t h");
    }
}
