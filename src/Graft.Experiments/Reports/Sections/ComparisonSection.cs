using Graft.Experiments.Reports.Charts;
using Graft.Experiments.Runs;

namespace Graft.Experiments.Reports.Sections;

/// <summary>The arms side by side, by task and metric.</summary>
internal static class ComparisonSection
{
    private const string Measured = "Measured once, on the test rows, with the weights that each training kept.";

    private const string Spread = " \u00b1 is the sample standard deviation over seeds, in points where the value is a percentage."
        + " In the charts each mark is a seed, the bar is the mean, the band is one standard deviation.";

    private const string Best = " \u2605 marks the best mean, which need not be a clear difference.";

    /// <summary>Writes the section; nothing where nothing was measured.</summary>
    public static void Write(ReportContent content, Html html)
    {
        if (content.Tasks.Count > 0)
        {
            bool seeds = content.Comparison.Comparison.Any(r => r.Seeds > 1);
            html.Element("p", Measured + (seeds ? Spread : "") + (content.Arms.Count > 1 ? Best : ""), "note");
            if (content.Tasks.Count > ReportContent.ManyTasks)
            {
                ManyTasks.Write(content, html);
            }
            else
            {
                FewTasks(content, html);
            }
        }

        Earlier(content, html);
    }

    /// <summary>Writes one table: arms down, metrics across.</summary>
    public static void ArmTable(ReportContent content, Html html, string caption, IReadOnlyList<ComparisonRow> rows)
    {
        MetricInfo[] metrics = [.. rows.Select(r => r.Metric).Distinct().Select(content.Metric)];
        string[] arms = [.. rows.Select(r => r.Arm).Distinct()];
        if (arms.Length > ReportContent.ManyArms && content.Metric((rows.FirstOrDefault(r => r.IsPrimary) ?? rows[0]).Metric) is { } main)
        {
            arms = [.. content.Sorted(rows.Where(r => r.Metric == main.Name), main).Select(r => r.Arm).Union(arms)];
        }

        html.Table(
            caption,
            [content.Run.Arms.Count > 0 ? "arm" : "stage", .. metrics.Select(m => "#" + m.Name), "#seeds"],
            arms.Select(arm => (IReadOnlyList<Cell>)
            [
                arm,
                .. metrics.Select(m => Value(content, m, arm, [.. rows.Where(r => r.Metric == m.Name)])),
                rows.Where(r => r.Arm == arm).Max(r => r.Seeds).ToString(System.Globalization.CultureInfo.InvariantCulture),
            ]));
    }

    /// <summary>The cell of an arm among all rows of one task and metric.</summary>
    public static Cell Value(ReportContent content, MetricInfo metric, string arm, IReadOnlyList<ComparisonRow> rows)
    {
        if (rows.FirstOrDefault(r => r.Arm == arm) is not { } row)
        {
            return "-";
        }

        bool best = rows.Count > 1 && content.Run.FindMetric(metric.Name) is not null && double.IsFinite(row.Mean)
            && content.Sorted(rows, metric).First().Mean == row.Mean;
        return new Cell(Figures.MeanAndSpread(metric, row), best);
    }

    private static void FewTasks(ReportContent content, Html html)
    {
        if (content.Comparison.Summary.Count > 0)
        {
            html.Element("h3", $"Mean over {content.Tasks.Count} tasks");
            ArmTable(content, html, "Mean over the tasks of each seed, then over seeds", content.Comparison.Summary);
        }

        Effects(content, html);
        foreach (string task in content.Tasks)
        {
            html.Element("h3", Html.Cut(task, 120)).Open("div", "charts");
            if (content.Primary(task) is { } metric && content.Rows(task, metric.Name) is { } rows && (rows.Count > 1 || rows[0].Seeds > 1))
            {
                html.Chart(StripChart.Draw($"{metric.Name} of each seed, {task}", metric, content.Shown(rows, metric), content.LookOf));
            }

            ArmTable(content, html, $"Test rows of {Html.Cut(task, 80)}", [.. content.Comparison.Comparison.Where(r => r.Task == task)]);
            html.Close("div");
        }
    }

    private static void Effects(ReportContent content, Html html)
    {
        if (content.Tasks.Count < 2 || content.Comparison.Verdict is not { } verdict || content.Arms.Count > ReportContent.ManyArms)
        {
            return;
        }

        html.Element("h3", $"Task by task, against {Html.Cut(content.Run.Baseline ?? "", 60)}").Open("div", "charts");
        foreach (IGrouping<(string Arm, string Metric), Effect> same in verdict.Tasks.GroupBy(e => (e.Arm, e.Metric)))
        {
            html.Chart(
                EffectChart.Draw($"{same.Key.Arm} against the baseline, task by task", content.Metric(same.Key.Metric), [.. same], e => e.Task, content.LookOf),
                Html.Cut(same.Key.Arm, 60));
        }

        html.Close("div");
    }

    private static void Earlier(ReportContent content, Html html)
    {
        JobRecord[] jobs = [.. content.Jobs.Where(j => !j.Compared && j.Status == RunStatus.Done && j.Results.Any(r => r.Test.Count > 0 || r.Validation.Count > 0))];
        if (jobs.Length == 0)
        {
            return;
        }

        var rows =
            from job in jobs
            from result in job.Results
            group (job, result) by (job.Stage, job.Arm, result.Task) into same
            select (IReadOnlyList<Cell>)
            [
                Html.Cut(same.Key.Stage, 60),
                Html.Cut(same.Key.Arm ?? "all", 40),
                Html.Cut(same.Key.Task, 60),
                Text(content, same.First().result.PrimaryMetric, [.. same.Select(s => s.result.Validation)]),
                Text(content, same.First().result.PrimaryMetric, [.. same.Select(s => s.result.Test)]),
                Figures.Count(same.Count()),
            ];
        html.Element("h3", "Other stages");
        html.Table("What the stages learned that are not compared, such as those that the compared ones started from", ["stage", "arm", "task", "#validation", "#test", "#trainings"], rows.Take(200));
    }

    private static string Text(ReportContent content, string metric, IReadOnlyList<IReadOnlyDictionary<string, double>> values)
    {
        string name = values.Any(v => v.ContainsKey(metric)) ? metric : values.SelectMany(v => v.Keys).FirstOrDefault("");
        double[] found = [.. values.Select(v => v.GetValueOrDefault(name, double.NaN)).Where(double.IsFinite)];
        return found.Length == 0 ? "-" : $"{name} {Figures.Of(content.Metric(name), found.Average())}";
    }
}
