using Graft.MultiTask.Judging;

namespace Graft.Experiments.Runs;

/// <summary>Gathers the test results of the compared jobs by arm, task and metric, over the seeds.</summary>
public static class Comparison
{
    /// <summary>The name under which means over tasks stand in the summary.</summary>
    public const string MeanOverTasks = "mean";

    /// <summary>Compares the arms of a run, as far as it came.</summary>
    /// <param name="run">The plan.</param>
    /// <param name="jobs">Results of jobs, in the order of the plan; those that are not done, or not to be compared, are passed over.</param>
    public static ComparisonRecord Build(RunRecord run, IReadOnlyList<JobRecord> jobs)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(jobs);
        ComparisonRow[] rows = Rows(run, jobs.Where(j => j.Compared));
        int tasks = rows.Select(r => r.Task).Distinct().Count();
        ComparisonRow[] summary = tasks > 1 ? [.. Summarize(rows, tasks)] : [];
        return new ComparisonRecord
        {
            Run = run.Name,
            Status = run.Status,
            Seconds = run.Seconds,
            Comparison = rows,
            Summary = summary,
            Verdict = Verdict.Judge(run, rows, summary),
            MultiTask = MultiTaskJudgement.Of(run, rows, [.. jobs.Where(j => j.Compared && j.Status == RunStatus.Done)]),
        };
    }

    /// <summary>The test results of some jobs by arm, or by stage where they have none, task and metric, over the seeds.</summary>
    /// <param name="run">The plan.</param>
    /// <param name="jobs">Their results; those that are not done are passed over.</param>
    internal static ComparisonRow[] Rows(RunRecord run, IEnumerable<JobRecord> jobs)
    {
        var cells = new OrderedDictionary<(string Arm, string Task, string Metric), SortedDictionary<long, SeedValue>>();
        var primary = new Dictionary<string, string>();
        foreach (JobRecord job in jobs.Where(j => j.Status == RunStatus.Done))
        {
            foreach (TaskRecord result in job.Results)
            {
                primary[result.Task] = result.PrimaryMetric;
                foreach ((string metric, double value) in result.Test)
                {
                    var key = (job.Arm ?? job.Stage, result.Task, metric);
                    if (!cells.TryGetValue(key, out SortedDictionary<long, SeedValue>? seeds))
                    {
                        cells[key] = seeds = [];
                    }

                    // A later stage of the same arm and seed replaces what an earlier one gave.
                    seeds[job.Seed] = new SeedValue(job.Seed, value, result.Guess.GetValueOrDefault(metric, double.NaN));
                }
            }
        }

        string[] tasks = [.. primary.Keys];
        string[] metrics = [.. run.Metrics.Select(m => m.Name)];
        return
        [
            .. cells.Select(c => Row(c.Key.Arm, c.Key.Task, c.Key.Metric, primary[c.Key.Task] == c.Key.Metric, [.. c.Value.Values]))
                .OrderBy(r => Place(run.Arms, r.Arm))
                .ThenBy(r => Array.IndexOf(tasks, r.Task))
                .ThenBy(r => Place(metrics, r.Metric)),
        ];
    }

    private static ComparisonRow Row(string arm, string task, string metric, bool isPrimary, IReadOnlyList<SeedValue> values)
    {
        double[] finite = [.. values.Select(v => v.Value).Where(double.IsFinite)];
        double[] guesses = [.. values.Select(v => v.Guess).Where(double.IsFinite)];
        return new ComparisonRow(
            arm,
            task,
            metric,
            finite.Length == 0 ? double.NaN : finite.Average(),
            Spread.Of(finite),
            finite.Length,
            isPrimary,
            guesses.Length == 0 ? double.NaN : guesses.Average(),
            values);
    }

    // A seed counts in a mean over tasks only where every task has a value for it: the means must be over the same things.
    private static IEnumerable<ComparisonRow> Summarize(ComparisonRow[] rows, int taskCount) =>
        from row in rows
        group row by (row.Arm, row.Metric) into same
        where same.Count() == taskCount
        let seeds = same.SelectMany(r => r.Values).Where(v => double.IsFinite(v.Value)).GroupBy(v => v.Seed).Where(g => g.Count() == taskCount)
        select Row(
            same.Key.Arm,
            MeanOverTasks,
            same.Key.Metric,
            same.All(r => r.IsPrimary),
            [.. seeds.OrderBy(g => g.Key).Select(g => new SeedValue(g.Key, g.Average(v => v.Value), g.Average(v => v.Guess)))]);

    private static int Place(IReadOnlyList<string> order, string name)
    {
        for (int i = 0; i < order.Count; i++)
        {
            if (order[i] == name)
            {
                return i;
            }
        }

        return order.Count;
    }
}
