using Graft.Experiments.Reports.Charts;
using Graft.Experiments.Runs;

namespace Graft.Experiments.Reports.Sections;

/// <summary>Predicted against true values of regressions.</summary>
internal static class RegressionSection
{
    private const int Few = 3;

    /// <summary>Writes the section; nothing where there is no regression.</summary>
    public static void Write(ReportContent content, Html html)
    {
        string[] tasks = [.. content.Featured.Where(t => content.Arms.Any(a => Pairs(content, a, t).Length > 0))];
        if (tasks.Length == 0)
        {
            return;
        }

        html.Element("p", "A sample of test rows of all seeds. On the dashed line prediction and truth agree." + Choice(content), "note");
        if (tasks.Length > Few)
        {
            html.Open("div", "charts");
            foreach (string task in tasks)
            {
                Charts(content, html, task, arm => $"{Html.Cut(task, 16)}, {Html.Cut(arm, 16)}");
            }

            html.Close("div");
            return;
        }

        foreach (string task in tasks)
        {
            html.Element("h3", Html.Cut(task, 120)).Open("div", "charts");
            Charts(content, html, task, arm => Html.Cut(arm, 30));
            html.Close("div");
        }
    }

    /// <summary>Says which tasks are shown where not all are; else empty.</summary>
    public static string Choice(ReportContent content) => content.Featured.Count == content.Tasks.Count
        ? ""
        : $" {content.Featured.Count} of {content.Tasks.Count} tasks are shown"
            + (content.Comparison.Verdict is null ? "." : ": those that gain most and those that lose most.");

    private static void Charts(ReportContent content, Html html, string task, Func<string, string> label)
    {
        foreach (string arm in content.Arms)
        {
            if (Pairs(content, arm, task) is { Length: > 0 } pairs)
            {
                html.Chart(ScatterChart.Draw($"Predicted and true values of {task}, {arm}", label(arm), pairs, content.LookOf(arm)));
            }
        }
    }

    private static ValuePair[] Pairs(ReportContent content, string arm, string task)
    {
        IReadOnlyList<(JobRecord Job, TaskRecord Task)> results = content.Results(arm, task);
        int each = results.Count == 0 ? 0 : Math.Max(20, 500 / results.Count);
        return [.. results.SelectMany(r => r.Task.Pairs.Take(each))];
    }
}
