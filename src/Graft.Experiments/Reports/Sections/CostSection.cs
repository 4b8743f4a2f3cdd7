using Graft.Experiments.Reports.Charts;
using Graft.Experiments.Runs;

namespace Graft.Experiments.Reports.Sections;

/// <summary>What each arm took: time, updates, numbers to learn; the stages before stand apart, for all arms that need them.</summary>
internal static class CostSection
{
    /// <summary>Writes the section; nothing where no training ended.</summary>
    public static void Write(ReportContent content, Html html)
    {
        var groups = content.Jobs.Where(j => j.Status == RunStatus.Done)
            .GroupBy(j => (j.Stage, j.Arm))
            .Select(g => (g.Key.Stage, g.Key.Arm, Jobs: g.ToArray(), Seconds: g.Sum(j => j.Seconds), Seeds: g.Select(j => j.Seed).Distinct().Count()))
            .ToArray();
        if (groups.Length == 0)
        {
            return;
        }

        bool several = groups.Select(g => g.Stage).Distinct().Count() > 1;
        string Name(string stage, string? arm) => arm is null ? stage : several ? $"{stage}, {arm}" : arm;
        html.Open("div", "charts").Chart(
            BarChart.Draw(
                "Seconds of training for one seed",
                [.. groups.Select(g => (Name(g.Stage, g.Arm), g.Seconds / g.Seeds, Figures.Duration(g.Seconds / g.Seeds), content.LookOf(g.Arm ?? g.Stage)))]),
            "Time of training for one seed. An arm that starts from an earlier stage needs that stage's time as well, once for each seed.").Close("div");
        html.Table(
            "Updates, epochs and parameters are means over the trainings; trained parameters are those that training may change",
            ["stage", "arm", "#trainings", "#time together", "#updates", "#epochs", "#parameters", "#of them trained"],
            groups.Select(g => (IReadOnlyList<Cell>)
            [
                Html.Cut(g.Stage, 60),
                Html.Cut(g.Arm ?? "all", 40),
                Figures.Count(g.Jobs.Length),
                Figures.Duration(g.Seconds),
                Figures.Large(g.Jobs.Average(j => j.Steps)),
                Figures.Axis(Math.Round(g.Jobs.Average(j => j.Epochs), 1)),
                Figures.Large(g.Jobs.Average(j => j.Parameters)),
                Figures.Large(g.Jobs.Average(j => j.TrainableParameters)),
            ]));
    }
}
