using System.Globalization;
using System.Text;

namespace Graft.Experiments.Reports.Charts;

/// <summary>A drawing: shapes by class, so that the page's style decides the colors; text escaped; numbers in one form.</summary>
/// <param name="width">Width in pixels.</param>
/// <param name="height">Height in pixels.</param>
/// <param name="title">What it shows, for those who cannot see it.</param>
/// <param name="description">What can be read from it; may be empty.</param>
internal sealed class Svg(double width, double height, string title, string description = "")
{
    private readonly StringBuilder _shapes = new();

    /// <summary>Width in pixels.</summary>
    public double Width { get; } = width;

    /// <summary>Height in pixels.</summary>
    public double Height { get; } = height;

    /// <summary>A number as the drawing has it.</summary>
    public static string N(double value) => double.IsFinite(value) ? value.ToString("0.##", CultureInfo.InvariantCulture) : "0";

    /// <summary>A straight line.</summary>
    public void Line(double x1, double y1, double x2, double y2, string css) =>
        Add($"<line x1=\"{N(x1)}\" y1=\"{N(y1)}\" x2=\"{N(x2)}\" y2=\"{N(y2)}\" class=\"{css}\"/>");

    /// <summary>A line through points; points that are not numbers break it.</summary>
    public void Path(IEnumerable<(double X, double Y)> points, string css, string tip = "")
    {
        var path = new StringBuilder();
        bool pen = false;
        foreach ((double x, double y) in points)
        {
            bool here = double.IsFinite(x) && double.IsFinite(y);
            if (here)
            {
                path.Append(pen ? 'L' : 'M').Append(N(x)).Append(' ').Append(N(y));
            }

            pen = here;
        }

        if (path.Length > 0)
        {
            Add($"<path d=\"{path}\" class=\"{css}\"", "path", tip);
        }
    }

    /// <summary>A rectangle.</summary>
    public void Rect(double x, double y, double w, double h, string css, string tip = "", double opacity = 1) =>
        Add($"<rect x=\"{N(x)}\" y=\"{N(y)}\" width=\"{N(Math.Max(0, w))}\" height=\"{N(Math.Max(0, h))}\" class=\"{css}\"{Fill(opacity)}", "rect", tip);

    /// <summary>A disc.</summary>
    public void Dot(double x, double y, double r, string css, string tip = "") =>
        Add($"<circle cx=\"{N(x)}\" cy=\"{N(y)}\" r=\"{N(r)}\" class=\"{css}\"", "circle", tip);

    /// <summary>One of a few shapes, so that color is not the only thing that tells series apart.</summary>
    public void Marker(int shape, double x, double y, double r, string css, string tip = "")
    {
        switch (shape % 4)
        {
            case 0:
                Dot(x, y, r, css, tip);
                break;
            case 1:
                Rect(x - (0.9 * r), y - (0.9 * r), 1.8 * r, 1.8 * r, css, tip);
                break;
            case 2:
                Add($"<path d=\"M{N(x)} {N(y - (1.2 * r))}L{N(x + (1.1 * r))} {N(y + (0.9 * r))}L{N(x - (1.1 * r))} {N(y + (0.9 * r))}Z\" class=\"{css}\"", "path", tip);
                break;
            default:
                Add($"<path d=\"M{N(x)} {N(y - (1.3 * r))}L{N(x + (1.3 * r))} {N(y)}L{N(x)} {N(y + (1.3 * r))}L{N(x - (1.3 * r))} {N(y)}Z\" class=\"{css}\"", "path", tip);
                break;
        }
    }

    /// <summary>Text; anchor is start, middle or end.</summary>
    public void Text(double x, double y, string text, string css = "t", string anchor = "start", double turn = 0)
    {
        string rotate = turn == 0 ? "" : $" transform=\"rotate({N(turn)} {N(x)} {N(y)})\"";
        Add($"<text x=\"{N(x)}\" y=\"{N(y)}\" class=\"{css}\" text-anchor=\"{anchor}\"{rotate}>{Html.Escape(text)}</text>");
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        string described = description.Length == 0 ? "" : $"<desc>{Html.Escape(description)}</desc>";
        return $"<svg role=\"img\" viewBox=\"0 0 {N(Width)} {N(Height)}\" width=\"{N(Width)}\" height=\"{N(Height)}\">"
            + $"<title>{Html.Escape(title)}</title>{described}\n{_shapes}</svg>\n";
    }

    private static string Fill(double opacity) => opacity >= 1 ? "" : $" fill-opacity=\"{opacity.ToString("0.###", CultureInfo.InvariantCulture)}\"";

    private void Add(string open, string tag, string tip) =>
        Add(tip.Length == 0 ? open + "/>" : $"{open}><title>{Html.Escape(tip)}</title></{tag}>");

    private void Add(string shape) => _shapes.Append(shape).Append('\n');
}
