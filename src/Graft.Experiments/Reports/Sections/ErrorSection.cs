using Graft.Experiments.Reports.Charts;
using Graft.Experiments.Runs;

namespace Graft.Experiments.Reports.Sections;

/// <summary>What is taken for what: confusion matrices, the pairs most often confused, and the rows that were most wrong.</summary>
internal static class ErrorSection
{
    private const int MaxPairs = 10;

    private const int MaxExamples = 12;

    /// <summary>Writes the section; nothing where there are neither classes nor examples.</summary>
    public static void Write(ReportContent content, Html html)
    {
        foreach (string task in content.Featured)
        {
            var matrices = content.Ranked(task)
                .Select(arm => (Arm: arm, Matrix: ConfusionMatrix.Sum(content.Results(arm, task).Select(r => r.Task))))
                .Where(a => a.Matrix is not null)
                .ToArray();
            string? best = content.Ranked(task).FirstOrDefault(a => content.Results(a, task).Any(r => r.Task.Worst.Count > 0));
            if (matrices.Length == 0 && best is null)
            {
                continue;
            }

            html.Element("h3", Html.Cut(task, 120));
            for (int i = 0; i < matrices.Length; i++)
            {
                (string arm, ConfusionMatrix? matrix) = matrices[i];
                int seeds = content.Results(arm, task).Count;
                string all = seeds > 1 ? $", {Figures.Count(seeds, "seed")} together" : "";
                if (i == 0)
                {
                    Matrix(html, $"{arm}{(matrices.Length > 1 ? ", the best mean" : "")}{all}", task, matrix!);
                }
                else
                {
                    html.Fold($"The same for {Html.Cut(arm, 60)}", () => Matrix(html, arm + all, task, matrix!));
                }
            }

            if (best is not null)
            {
                Worst(content, html, task, best);
            }
        }
    }

    private static void Matrix(Html html, string caption, string task, ConfusionMatrix matrix)
    {
        html.Open("div", "charts");
        if (matrix.Counts.Length <= HeatMap.MaxClasses)
        {
            html.Raw("<div class=\"scroll wide\">").Chart(HeatMap.Draw($"Confusion matrix of {task}: {caption}", matrix.Classes, matrix.Counts), caption).Close("div");
        }
        else
        {
            html.Element("p", $"{matrix.Counts.Length} classes are too many to draw; {caption}.", "note");
        }

        html.Raw("<div>").Table(
            "Most often confused",
            ["true", "predicted", "#rows", "#of that class"],
            matrix.Confused().Take(MaxPairs).Select(p => (IReadOnlyList<Cell>)
                [Html.Cut(p.Truth, 40), Html.Cut(p.Predicted, 40), Figures.Count(p.Rows), Figures.Percent(p.Rows, p.Total)]));
        html.Fold("Precision and recall of every class", () => html.Table(
            "Of those predicted, how many are right; of those there are, how many are found",
            ["class", "#rows", "#precision", "#recall"],
            matrix.PerClass().Select(c => (IReadOnlyList<Cell>)
                [Html.Cut(c.Class, 40), Figures.Count(c.Rows), Figures.Percent(c.Hits, c.Predicted), Figures.Percent(c.Hits, c.Rows)])));
        html.Close("div").Close("div");
    }

    private static void Worst(ReportContent content, Html html, string task, string arm)
    {
        IReadOnlyList<(JobRecord Job, TaskRecord Task)> results = content.Results(arm, task);
        var examples = results.SelectMany(r => r.Task.Worst)
            .GroupBy(e => e.Row)
            .Select((g, place) => (Example: g.First(), Seeds: g.Count(), Place: place))
            .OrderByDescending(e => e.Seeds)
            .ThenBy(e => e.Place)
            .Take(MaxExamples)
            .ToArray();
        html.Element("p", $"The test rows that {(content.Arms.Count > 1 ? Html.Cut(arm, 60) + " gets" : "it gets")} most wrong{(results.Count > 1 ? ", first those that are among the worst of most seeds" : "")}:");
        html.Open("div", "cards");
        foreach ((ExampleRecord e, int seeds, _) in examples)
        {
            html.Open("div", e.Png is null ? "card text" : "card");
            if (e.Png is not null)
            {
                html.Picture(e.Png, $"{e.Row}: true {e.Truth}, predicted {e.Predicted}");
            }

            html.Raw("true ").Element("b", Html.Cut(e.Truth, 60)).Raw("<br>predicted ").Element("span", Html.Cut(e.Predicted, 60), "wrong");
            if (double.IsFinite(e.Confidence))
            {
                html.Raw($"<br>{Figures.Axis(Math.Round(100 * Math.Clamp(e.Confidence, 0, 1)))} % sure");
            }

            html.Raw("<br>").Element("span", Html.Cut(e.Row, 60) + (results.Count > 1 ? $", {seeds} of {results.Count} seeds" : ""), "note");
            if (e.Text is not null)
            {
                html.Raw("<br>").Raw(Html.Escape(Html.Cut(e.Text, 260)));
            }

            html.Close("div");
        }

        html.Close("div");
    }
}
