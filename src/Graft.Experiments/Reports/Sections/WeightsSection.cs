using Graft.Experiments.Runs;

namespace Graft.Experiments.Reports.Sections;

/// <summary>What became of the weights of the models that others started from.</summary>
internal static class WeightsSection
{
    private const int MaxPaths = 400;

    /// <summary>Writes the section; nothing where every model began from nothing.</summary>
    public static void Write(ReportContent content, Html html)
    {
        // Seeds of one stage and arm carry the same weights; the first speaks for all, and one that differs is shown as well.
        JobRecord[] jobs =
        [
            .. content.Jobs.Where(j => j.Weights is not null)
                .GroupBy(j => (j.Stage, j.Arm, Signature(j.Weights!)))
                .Select(g => g.First())
                .Take(40),
        ];
        if (jobs.Length == 0)
        {
            return;
        }

        html.Table(
            "Weights of the new model by where they came from: tensors, and the numbers in them",
            ["stage", "arm", "#carried", "#started anew", "#missing in the source", "#left in the source", "#wrong shape", "#kept frozen"],
            jobs.Select(j => (IReadOnlyList<Cell>)
            [
                Html.Cut(j.Stage, 60),
                Html.Cut(j.Arm ?? "all", 40),
                Size(j.Weights!.Carried),
                Size(j.Weights.Reinitialized),
                Size(j.Weights.Missing),
                Size(j.Weights.Unexpected),
                Size(j.Weights.WrongShape),
                Figures.Count(j.Weights.Frozen.Count),
            ]));
        foreach (JobRecord job in jobs)
        {
            html.Fold(
                $"Every weight of {Html.Cut(job.Stage, 60)}{(job.Arm is null ? "" : ", " + Html.Cut(job.Arm, 40))}, from {Html.Cut(job.Weights!.Source, 80)}",
                () => html.Table("By its name in the model", ["weight", "shape", "what became of it"], Lines(job.Weights).Take(MaxPaths)));
        }
    }

    private static IEnumerable<IReadOnlyList<Cell>> Lines(WeightsRecord weights)
    {
        var frozen = weights.Frozen.ToHashSet();
        return
        [
            .. Lines(weights.Carried, "carried", frozen),
            .. Lines(weights.Reinitialized, "started anew, as the plan asks", frozen),
            .. Lines(weights.Missing, "missing in the source, started anew", frozen),
            .. Lines(weights.WrongShape, "wrong shape, started anew", frozen),
            .. Lines(weights.Unexpected, "in the source only, not used", frozen),
        ];
    }

    private static IEnumerable<IReadOnlyList<Cell>> Lines(IReadOnlyList<WeightPath> paths, string fate, HashSet<string> frozen) =>
        paths.Select(p => (IReadOnlyList<Cell>)
        [
            Html.Cut(p.Path, 120),
            Shape(p.Shape) + (p.SourceShape is null ? "" : $" (source {Shape(p.SourceShape)})"),
            fate + (frozen.Contains(p.Path) ? ", frozen" : "") + (p.Note is null ? "" : $"; {Html.Cut(p.Note, 200)}"),
        ]);

    private static string Shape(IReadOnlyList<int> shape) => "[" + string.Join(", ", shape.Take(8).Select(n => Figures.Count(n))) + "]";

    private static string Size(IReadOnlyList<WeightPath> paths) => paths.Count == 0
        ? "-"
        : $"{Figures.Count(paths.Count)} ({Figures.Large(paths.Sum(p => p.Shape.Aggregate(1.0, (a, n) => a * n)))})";

    private static string Signature(WeightsRecord w) => string.Join(
        '|',
        new[] { w.Carried, w.Reinitialized, w.Missing, w.Unexpected, w.WrongShape }.Select(l => string.Join(',', l.Select(p => p.Path)))
            .Append(string.Join(',', w.Frozen)));
}
