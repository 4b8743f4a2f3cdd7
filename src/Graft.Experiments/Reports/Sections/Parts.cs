using Graft.Experiments.Reports.Charts;

namespace Graft.Experiments.Reports.Sections;

/// <summary>Small things that several sections need.</summary>
internal static class Parts
{
    private const int MaxPicture = 256 << 10;

    private static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a];

    /// <summary>Adds a chart with its caption.</summary>
    public static Html Chart(this Html html, string svg, string caption = "")
    {
        html.Raw("<figure>").Raw(svg);
        return (caption.Length == 0 ? html : html.Element("figcaption", caption)).Close("figure");
    }

    /// <summary>Adds what each color and shape stands for; nothing where there is one series alone.</summary>
    public static Html Legend(this Html html, IReadOnlyList<(string Name, Look Look)> series)
    {
        if (series.Count < 2)
        {
            return html;
        }

        html.Raw("<ul class=\"legend\">");
        foreach ((string name, Look look) in series)
        {
            var mark = new Svg(16, 14, name);
            mark.Marker(look.Shape, 8, 7, 5, look.Css + " fill");
            html.Raw("<li>").Raw(mark.ToString().Replace("role=\"img\"", "aria-hidden=\"true\"", StringComparison.Ordinal)).Raw(Html.Escape(name)).Raw("</li>");
        }

        return html.Close("ul");
    }

    /// <summary>Adds a notice for each sentence.</summary>
    public static Html Notices(this Html html, IEnumerable<string> sentences, bool isError = false)
    {
        foreach (string sentence in sentences)
        {
            html.Element("div", Html.Cut(sentence, 1000), isError ? "notice err" : "notice");
        }

        return html;
    }

    /// <summary>Adds a picture, or says that there is none to show.</summary>
    public static Html Picture(this Html html, byte[]? png, string description) =>
        png is { Length: > 8 and <= MaxPicture } && png.AsSpan().StartsWith(PngSignature)
            ? html.Raw($"<img alt=\"{Html.Escape(Html.Cut(description, 100))}\" src=\"data:image/png;base64,{Convert.ToBase64String(png)}\">")
            : html.Element("span", "no picture", "note");
}
