using System.Text.Json.Serialization;

namespace Graft.Experiments.Runs;

/// <summary>What a comparison of arms comes to: one sentence for people, and what it rests on.</summary>
/// <param name="Outcome">The answer.</param>
/// <param name="Headline">The answer in words, one or two sentences.</param>
/// <param name="Overall">Each arm against the baseline, over all tasks where they share a metric; else empty.</param>
/// <param name="Tasks">Each arm against the baseline, task by task.</param>
public sealed record Verdict(Outcome Outcome, string Headline, IReadOnlyList<Effect> Overall, IReadOnlyList<Effect> Tasks)
{
    /// <summary>Judges every arm against the baseline on the metric that decides.</summary>
    /// <param name="run">Names the baseline, the question and the direction of the metrics.</param>
    /// <param name="rows">One row for each arm, task and metric.</param>
    /// <param name="summary">The means over tasks; empty for a single task.</param>
    /// <returns>The verdict, or null where there is nothing to compare: no baseline, or no metric whose direction is known.</returns>
    public static Verdict? Judge(RunRecord run, IReadOnlyList<ComparisonRow> rows, IReadOnlyList<ComparisonRow> summary)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(summary);
        Effect[] tasks = [.. Effects(run, rows)];
        Effect[] means = [.. Effects(run, summary)];
        if (tasks.Length == 0)
        {
            return null;
        }

        bool single = tasks.Select(e => e.Task).Distinct().Count() == 1;
        Effect[] overall = single ? tasks : means;
        (Outcome outcome, string headline) = overall.Length > 0
            ? VerdictText.Headline(run, overall, single ? [] : tasks)
            : VerdictText.TaskByTask(run, tasks);
        return new Verdict(outcome, headline, overall, tasks);
    }

    private static IEnumerable<Effect> Effects(RunRecord run, IReadOnlyList<ComparisonRow> rows)
    {
        var baselines = rows.Where(r => r.Arm == run.Baseline && r.IsPrimary).ToDictionary(r => r.Task);
        return
            from row in rows
            where row.IsPrimary && row.Arm != run.Baseline && baselines.ContainsKey(row.Task)
            let metric = run.FindMetric(row.Metric)
            where metric is not null
            select Effect.Judge(run.Question, metric, row, baselines[row.Task]);
    }
}

/// <summary>How an arm does against the baseline.</summary>
public enum Outcome
{
    /// <summary>The seeds cannot tell.</summary>
    [JsonStringEnumMemberName("not-decided")]
    NotDecided,

    /// <summary>Better, and chance does not explain it: the 95 % interval lies on the good side.</summary>
    [JsonStringEnumMemberName("helps")]
    Helps,

    /// <summary>Better on every seed and by more than the spread, but the 95 % interval holds zero.</summary>
    [JsonStringEnumMemberName("probably-helps")]
    ProbablyHelps,

    /// <summary>The difference is smaller than the spread over seeds, or neither arm is better than guessing.</summary>
    [JsonStringEnumMemberName("no-benefit")]
    NoBenefit,

    /// <summary>Worse on every seed and by more than the spread, but the 95 % interval holds zero.</summary>
    [JsonStringEnumMemberName("probably-hurts")]
    ProbablyHurts,

    /// <summary>Worse, and chance does not explain it: the 95 % interval lies on the bad side.</summary>
    [JsonStringEnumMemberName("hurts")]
    Hurts,
}
