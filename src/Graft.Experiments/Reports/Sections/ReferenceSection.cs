using Graft.Experiments.Runs;

namespace Graft.Experiments.Reports.Sections;

/// <summary>The papers of the methods that were used.</summary>
internal static class ReferenceSection
{
    /// <summary>Writes the section; nothing where no method has a paper.</summary>
    public static void Write(ReportContent content, Html html)
    {
        if (content.Run.References.Count == 0)
        {
            return;
        }

        html.Open("ul");
        foreach (Reference reference in content.Run.References.Take(200))
        {
            html.Raw("<li>").Element("code", Html.Cut(reference.Name, 60)).Raw(": ").Raw(Html.Escape(Html.Cut(reference.Citation, 400)));
            if (reference.Link.StartsWith("https://", StringComparison.Ordinal))
            {
                html.Raw($" <a rel=\"noreferrer\" href=\"{Html.Escape(reference.Link)}\">{Html.Escape(Html.Cut(reference.Link, 100))}</a>");
            }

            html.Raw("</li>\n");
        }

        html.Close("ul");
    }
}
