namespace Graft.Experiments.Reports.Charts;

/// <summary>How one arm looks in every chart: a color by class and a shape.</summary>
/// <param name="Css">"base", "c0", "c1" ...</param>
/// <param name="Shape">Which marker.</param>
internal readonly record struct Look(string Css, int Shape)
{
    /// <summary>Colors that differ for every kind of color vision; after these they begin anew, with other shapes.</summary>
    public const int Colors = 6;

    /// <summary>The look of the series with that number.</summary>
    public static Look Of(int index) => new($"c{index % Colors}", 1 + index);

    /// <summary>The look of the baseline.</summary>
    public static Look Baseline => new("base", 0);
}

/// <summary>One line of a chart.</summary>
/// <param name="Name">What it shows, for the tip.</param>
/// <param name="Look">Its color.</param>
/// <param name="Points">Its points from left to right.</param>
/// <param name="Thin">Whether it is one of several that a thick line sums up.</param>
/// <param name="Mark">X of a point to mark, or null.</param>
internal sealed record Curve(string Name, Look Look, IReadOnlyList<(double X, double Y)> Points, bool Thin, double? Mark);
