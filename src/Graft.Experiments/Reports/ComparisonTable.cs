using System.Text;
using Graft.Experiments.Runs;

namespace Graft.Experiments.Reports;

/// <summary>The comparison as plain text, for a terminal or a log.</summary>
public static class ComparisonTable
{
    private const int MaxTasks = 12;

    /// <summary>The verdict and a table: a line for each arm and task and for guessing, a column for each metric.</summary>
    /// <param name="comparison">The comparison.</param>
    /// <param name="run">Says how the metrics are to be read.</param>
    /// <returns>Lines with a line feed behind each; ASCII but for names that are not. With many tasks only their mean.</returns>
    public static string ToText(ComparisonRecord comparison, RunRecord run)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        ArgumentNullException.ThrowIfNull(run);
        bool many = comparison.Comparison.Select(r => r.Task).Distinct().Count() > MaxTasks;
        IReadOnlyList<ComparisonRow> rows = many && comparison.Summary.Count > 0 ? comparison.Summary : [.. comparison.Comparison, .. comparison.Summary];
        var text = new StringBuilder();
        Append(text, run, rows, "arm");

        if (comparison.MultiTask is { } together)
        {
            text.Append('\n');
            Append(text, [
                ["arm", "delta-m %", "delta-p %", "mean rank", "time a seed", "updates/s", "parameters"],
                .. Sections.TogetherSection.Sorted(together).Select(Line),
            ], names: 1);
        }

        if (comparison.Verdict is { } verdict)
        {
            text.Append(text.Length > 0 ? "\n" : "").Append(verdict.Headline).Append('\n');
        }

        if (comparison.MultiTask is { } judged)
        {
            text.Append(Ascii(Plain(judged.Sentence, 1000))).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>What the stages learned that are not compared, such as those that the compared ones started from: a line for each stage and task.</summary>
    /// <param name="jobs">The run's jobs.</param>
    /// <param name="run">Says how the metrics are to be read.</param>
    /// <returns>Lines with a line feed behind each; empty where there are none, or tasks are many.</returns>
    public static string OtherStages(IReadOnlyList<JobRecord> jobs, RunRecord run)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        ArgumentNullException.ThrowIfNull(run);
        ComparisonRow[] rows = Comparison.Rows(run, jobs.Where(j => !j.Compared));
        var text = new StringBuilder();
        if (rows.Select(r => r.Task).Distinct().Count() <= MaxTasks)
        {
            Append(text, run, rows, "stage");
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, RunRecord run, IReadOnlyList<ComparisonRow> rows, string by)
    {
        if (rows.Count == 0)
        {
            return;
        }

        string[] metrics = [.. rows.Select(r => r.Metric).Distinct()];
        var lines = new List<string[]> { (string[])["task", by, .. metrics, "seeds"] };
        foreach (string task in rows.Select(r => r.Task).Distinct())
        {
            ComparisonRow[] same = [.. rows.Where(r => r.Task == task)];
            lines.AddRange(same.Select(r => r.Arm).Distinct().Select(arm => Line(run, task, arm, metrics, same)));
            if (same.Any(r => double.IsFinite(r.Guess)))
            {
                lines.Add([Plain(task, 40), "guessing", .. metrics.Select(m => Guess(run, m, same)), ""]);
            }
        }

        Append(text, lines);
    }

    private static string[] Line(MultiTaskRow row) =>
    [
        Plain(row.Arm, 30),
        Ascii(Sections.TogetherSection.PlusMinus(row.DeltaM)),
        Ascii(Sections.TogetherSection.PlusMinus(row.DeltaP)),
        Figures.Short(row.MeanRank),
        Figures.Duration(row.Cost.Seconds),
        double.IsFinite(row.Cost.StepsPerSecond) ? Figures.Large(row.Cost.StepsPerSecond) : "-",
        double.IsFinite(row.Cost.Parameters) ? Figures.Large(row.Cost.Parameters) : "-",
    ];

    private static string[] Line(RunRecord run, string task, string arm, string[] metrics, ComparisonRow[] rows)
    {
        ComparisonRow[] own = [.. rows.Where(r => r.Arm == arm)];
        return
        [
            Plain(task, 40),
            Plain(arm, 30),
            .. metrics.Select(m => own.FirstOrDefault(r => r.Metric == m) is { } row
                ? Figures.MeanAndSpread(run.FindMetric(m) ?? new MetricInfo(m, true, false), row).Replace("\u00b1", "+-", StringComparison.Ordinal)
                : ""),
            Figures.Count(own.Max(r => r.Seeds)),
        ];
    }

    private static string Guess(RunRecord run, string metric, ComparisonRow[] rows) =>
        rows.FirstOrDefault(r => r.Metric == metric && double.IsFinite(r.Guess)) is { } row && run.FindMetric(metric) is { } info ? Figures.Of(info, row.Guess) : "";

    private static string Ascii(string text) =>
        text.Replace("\u0394", "delta-", StringComparison.Ordinal).Replace("\u00b1", "+-", StringComparison.Ordinal);

    // A name from a file must not steer the terminal.
    private static string Plain(string name, int length) =>
        Html.Cut(new string([.. name.Select(c => char.IsControl(c) ? '?' : c)]), length);

    private static void Append(StringBuilder text, List<string[]> lines, int names = 2)
    {
        int[] widths = [.. Enumerable.Range(0, lines[0].Length).Select(i => lines.Max(l => l[i].Length))];
        foreach (string[] line in lines)
        {
            string row = string.Join("  ", line.Select((cell, i) => i < names ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i])));
            text.Append(row.TrimEnd()).Append('\n');
        }
    }
}
