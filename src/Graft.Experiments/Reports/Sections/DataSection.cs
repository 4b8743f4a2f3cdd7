using Graft.Experiments.Reports.Charts;
using Graft.Experiments.Runs;

namespace Graft.Experiments.Reports.Sections;

/// <summary>What the data look like: sizes, classes, missing values, repeated rows.</summary>
internal static class DataSection
{
    private const int Few = 3;

    private const int MaxFolded = 30;

    private const int MaxBars = 12;

    private const int MaxColumns = 60;

    private const int MaxPictures = 40;

    /// <summary>Writes the section; nothing where the data were not described yet.</summary>
    public static void Write(ReportContent content, Html html)
    {
        IReadOnlyList<DataSetRecord> sets = content.Data?.DataSets ?? [];
        if (sets.Count == 0)
        {
            return;
        }

        string[] splits = [.. sets.SelectMany(s => s.Splits.Keys).Distinct().Take(6)];
        void Overview() => html.Table(
            sets.Count > 1 ? $"{sets.Count} data sets" : "Sizes",
            ["data set", "#rows", .. splits.Select(s => "#" + Html.Cut(s, 20)), "#columns", "#missing values", "#repeated in a split", "#repeated across splits"],
            sets.Take(1000).Select(s => (IReadOnlyList<Cell>)
            [
                Html.Cut(s.Name, 60),
                Figures.Count(s.Rows),
                .. splits.Select(split => (Cell)(s.Splits.TryGetValue(split, out long rows) ? Figures.Count(rows) : "-")),
                Figures.Count(Math.Max(s.ColumnCount, s.Columns.Count)),
                Figures.Count(s.Columns.Sum(c => c.Missing)),
                Figures.Count(s.DuplicatesInside),
                Figures.Count(s.DuplicatesAcross),
            ]));
        if (sets.Count > 12)
        {
            html.Element("p", $"{sets.Count} data sets, {Figures.Count(sets.Sum(s => s.Rows))} rows together, {Figures.Count(sets.Min(s => s.Rows))} to {Figures.Count(sets.Max(s => s.Rows))} each.");
            html.Fold($"All {sets.Count} data sets", Overview);
        }
        else
        {
            Overview();
        }

        Repeated(html, sets);
        foreach (DataSetRecord set in sets.Take(MaxFolded))
        {
            if (sets.Count <= Few)
            {
                html.Element("h3", Html.Cut(set.Name, 120));
                One(html, set);
            }
            else
            {
                html.Fold(Html.Cut(set.Name, 120), () => One(html, set));
            }
        }
    }

    private static void Repeated(Html html, IReadOnlyList<DataSetRecord> sets) => html.Notices(
    [
        .. sets.Where(s => s.DuplicatesAcross > 0).Take(10).Select(s =>
            $"{s.Name}: {Figures.Count(s.DuplicatesAcross, "row")} of validation or test also stand in train, so that the results there look better than they are."),
        .. sets.SelectMany(s => s.Notices.Take(20).Select(n => $"{s.Name}: {n}")).Take(20),
    ]);

    private static void One(Html html, DataSetRecord set)
    {
        if (set.Source.Length > 0)
        {
            html.Raw("<p class=\"note\">From ").Element("code", Html.Cut(set.Source, 300)).Raw("</p>");
        }

        html.Open("div", "charts");
        foreach (LabelRecord label in set.Labels.Take(12))
        {
            Label(html, label);
        }

        html.Close("div");
        if (set.Pictures.Count > 0)
        {
            html.Open("div", "thumbs");
            foreach (PictureRecord picture in set.Pictures.Take(MaxPictures))
            {
                html.Raw("<figure>").Picture(picture.Png, picture.Class).Element("figcaption", Html.Cut(picture.Class, 30)).Close("figure");
            }

            html.Close("div");
        }

        if (set.Columns.Count is > 0 and <= 10)
        {
            Columns(html, set);
        }
        else if (set.Columns.Count > 10)
        {
            html.Fold($"{Math.Max(set.ColumnCount, set.Columns.Count)} columns", () => Columns(html, set));
        }
    }

    private static void Label(Html html, LabelRecord label)
    {
        string missing = label.Missing > 0 ? $", {Figures.Count(label.Missing, "row")} without a label" : "";
        if (label.Classes.Count == 0)
        {
            html.Element("p", $"{Html.Cut(label.Task, 60)}: {Figures.Short(label.Min)} to {Figures.Short(label.Max)}, mean {Figures.Short(label.Mean)}{missing}.");
            return;
        }

        long all = label.Classes.Sum(c => c.Rows);
        string caption = $"{Html.Cut(label.Task, 60)}: {Figures.Count(label.Classes.Count)} classes"
            + (double.IsFinite(label.Imbalance) && label.Imbalance >= 1.05 ? $"; the largest is {Figures.Short(label.Imbalance)} times the smallest" : "") + missing;
        html.Chart(
            label.Classes.Count <= MaxBars
                ? BarChart.Draw(
                    $"Classes of {label.Task}",
                    [.. label.Classes.Select(c => (c.Name, (double)c.Rows, $"{Figures.Count(c.Rows)} ({Figures.Percent(c.Rows, all)})", Look.Of(0)))])
                : ColumnChart.Draw($"Classes of {label.Task}", "rows", [.. label.Classes.OrderByDescending(c => c.Rows).Select(c => (c.Name, c.Rows))]),
            caption);
    }

    private static void Columns(Html html, DataSetRecord set) => html.Table(
        set.ColumnCount > Math.Min(set.Columns.Count, MaxColumns) ? $"The first {Math.Min(set.Columns.Count, MaxColumns)} of {set.ColumnCount} columns" : "Columns",
        ["column", "kind", "#missing", "#different", "#min", "#mean", "#max", "remark"],
        set.Columns.Take(MaxColumns).Select(c => (IReadOnlyList<Cell>)
        [
            Html.Cut(c.Name, 60),
            Html.Cut(c.Kind, 20),
            c.Missing == 0 ? "0" : $"{Figures.Count(c.Missing)} ({Figures.Percent(c.Missing, set.Rows)})",
            Figures.Count(c.Distinct),
            Figures.Short(c.Min),
            Figures.Short(c.Mean),
            Figures.Short(c.Max),
            Html.Cut(c.Note, 100),
        ]));
}
