using Graft.Experiments.Reports.Charts;
using Graft.Experiments.Runs;

namespace Graft.Experiments.Reports.Sections;

/// <summary>Whether the models are right as often as they are sure.</summary>
internal static class CalibrationSection
{
    /// <summary>Writes the section; nothing where no task has calibration bins.</summary>
    public static void Write(ReportContent content, Html html)
    {
        var charts = content.Featured
            .Select(task => (Task: task, Arms: content.Arms
                .Select(arm => (arm, content.LookOf(arm), Bins(content.Results(arm, task))))
                .Where(a => a.Item3.Count > 0)
                .ToArray()))
            .Where(t => t.Arms.Length > 0)
            .ToArray();
        if (charts.Length == 0)
        {
            return;
        }

        html.Element("p", "Test rows grouped by how sure the model was. Below the dashed line it was surer than right. Larger marks stand for more rows." + RegressionSection.Choice(content), "note");
        html.Legend([.. charts.SelectMany(c => c.Arms).Select(a => (a.arm, a.Item2)).Distinct()]).Open("div", "charts");
        foreach ((string task, var arms) in charts)
        {
            html.Chart(CalibrationChart.Draw($"Calibration of {task}", arms), Html.Cut(task, 60));
        }

        html.Close("div");
    }

    // Bins of several seeds with the same place are one bin of all their rows.
    private static IReadOnlyList<CalibrationBin> Bins(IReadOnlyList<(JobRecord Job, TaskRecord Task)> results) =>
    [
        .. results.SelectMany(r => (r.Task.Calibration ?? []).Select((bin, place) => (bin, place)))
            .Where(b => b.bin.Rows > 0 && double.IsFinite(b.bin.Confidence) && double.IsFinite(b.bin.Accuracy))
            .GroupBy(b => b.place)
            .OrderBy(g => g.Key)
            .Select(g => (Rows: g.Sum(b => (double)b.bin.Rows), Group: g))
            .Select(g => new CalibrationBin(
                Math.Clamp(g.Group.Sum(b => b.bin.Confidence * b.bin.Rows) / g.Rows, 0, 1),
                Math.Clamp(g.Group.Sum(b => b.bin.Accuracy * b.bin.Rows) / g.Rows, 0, 1),
                (long)g.Rows)),
    ];
}
