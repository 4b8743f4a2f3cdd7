using Graft.Experiments.Runs;

namespace Graft.Experiments.Reports.Sections;

/// <summary>What is needed to do it again: the machine, the trainings, the experiment file.</summary>
internal static class HowSection
{
    private const int MaxJobs = 300;

    private const int MaxFile = 200_000;

    /// <summary>Writes the section.</summary>
    public static void Write(ReportContent content, Html html)
    {
        long[] seeds = [.. content.Run.Jobs.Select(j => j.Seed).Distinct().Order()];
        if (seeds.Length > 0)
        {
            html.Element("p", $"Seeds: {string.Join(", ", seeds.Take(60))}. On the same kind of processor the same seed gives the same numbers, however many threads compute them.");
        }

        if (content.Environment is { } env)
        {
            Environment(html, env);
        }

        Chosen(content, html);
        html.Notices(content.Jobs.SelectMany(j => j.Notices.Select(n => (j.Id, n))).GroupBy(n => n.n).Take(20).Select(g => g.Count() == 1
            ? $"{g.First().Id}: {g.Key}"
            : $"{g.First().Id} and {Figures.Count(g.Count() - 1, "other training")}: {g.Key}"));
        if (content.Run.Jobs.Count > 0)
        {
            html.Fold($"{Figures.Count(content.Run.Jobs.Count, "training")}", () => Jobs(content, html), open: content.Run.Jobs.Count <= 12);
        }

        if (content.Experiment.Length > 0)
        {
            html.Fold("The experiment file with every default filled in", () => html.Raw("<pre tabindex=\"0\">")
                .Raw(Html.Escape(content.Experiment.Length > MaxFile ? content.Experiment[..MaxFile] : content.Experiment))
                .Close("pre"));
        }
    }

    private static void Environment(Html html, EnvironmentRecord env)
    {
        (string Name, string Value)[] lines =
        [
            ("command", env.Command),
            ("begun", env.Started),
            ("Graft", env.Graft),
            ("runtime", env.Runtime),
            ("system", env.System),
            ("processor", env.Processor),
            ("cores, threads used", $"{env.Cores}, {env.Threads}"),
            .. env.Other.Take(30).Select(o => (o.Key, o.Value ?? "")),
        ];
        html.Table("Where it ran", ["what", "value"], lines.Where(l => l.Value.Length > 0).Select(l => (IReadOnlyList<Cell>)[Html.Cut(l.Name, 60), Html.Cut(l.Value, 400)]));
    }

    private static void Chosen(ReportContent content, Html html)
    {
        JobRecord[] jobs = [.. content.Jobs.Where(j => j.Chosen.Count > 0).Take(MaxJobs)];
        if (jobs.Length > 0)
        {
            html.Table("What the search chose, on validation rows", ["training", "settings"], jobs.Select(j => (IReadOnlyList<Cell>)
                [Html.Cut(j.Id, 80), Html.Cut(string.Join(", ", j.Chosen.Select(c => $"{c.Key} = {c.Value}")), 300)]));
        }
    }

    private static void Jobs(ReportContent content, Html html)
    {
        var results = content.Jobs.ToDictionary(j => j.Id);
        html.Table(
            content.Run.Jobs.Count > MaxJobs ? $"The first {MaxJobs} trainings" : "In the order of the plan",
            ["training", "seed", "status", "#time", "#updates", "#epochs", "#kept epoch", "stopped because", "starts from"],
            content.Run.Jobs.Take(MaxJobs).Select(plan =>
            {
                JobRecord? job = results.GetValueOrDefault(plan.Id);
                return (IReadOnlyList<Cell>)
                [
                    Html.Cut(plan.Id, 80),
                    plan.Seed.ToString(System.Globalization.CultureInfo.InvariantCulture),
                    job is null ? "not done" : job.Status.ToString().ToLowerInvariant(),
                    job is null ? "-" : Figures.Duration(job.Seconds),
                    job is null ? "-" : Figures.Count(job.Steps),
                    job is null ? "-" : Figures.Count(job.Epochs),
                    job?.BestEpoch is { } best ? Figures.Count(best) : "-",
                    Html.Cut(job?.StopReason ?? "", 80),
                    Html.Cut(string.Join(", ", plan.DependsOn), 80),
                ];
            }));
    }
}
