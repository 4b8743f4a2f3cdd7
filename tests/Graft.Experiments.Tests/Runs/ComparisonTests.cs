using Graft.Experiments.Runs;

namespace Graft.Experiments.Tests.Runs;

public sealed class ComparisonTests
{
    private readonly RunRecord _run = new()
    {
        Name = "quick",
        Status = RunStatus.Done,
        Seconds = 12.5,
        Question = Question.Transfer,
        Arms = ["scratch", "full"],
        Baseline = "scratch",
        Metrics = [new MetricInfo("accuracy", true, true), new MetricInfo("log-loss", false, false)],
    };

    // 0.6, 0.7, 0.8: mean 0.7, squares 0.01 + 0 + 0.01 = 0.02, over n - 1 = 2 is 0.01, root 0.1.
    [Fact]
    public void Each_arm_task_and_metric_is_one_row_with_mean_and_sample_deviation()
    {
        ComparisonRecord comparison = Comparison.Build(_run, [Job("full", 2, 0.7), Job("full", 1, 0.6), Job("full", 3, 0.8), Job("scratch", 1, 0.5)]);

        Assert.Equal(["scratch accuracy", "scratch log-loss", "full accuracy", "full log-loss"], comparison.Comparison.Select(r => $"{r.Arm} {r.Metric}"));
        ComparisonRow full = comparison.Comparison[2];
        Assert.Equal(0.7, full.Mean, tolerance: 1e-12);
        Assert.Equal(0.1, full.Std, tolerance: 1e-12);
        Assert.Equal(3, full.Seeds);
        Assert.Equal([1L, 2, 3], full.Values.Select(v => v.Seed));
        Assert.True(full.IsPrimary);
    }

    [Fact]
    public void One_seed_has_a_deviation_of_zero_and_says_that_it_is_one() =>
        Assert.Equal((0.0, 1), Comparison.Build(_run, [Job("full", 1, 0.6)]).Comparison.Select(r => (r.Std, r.Seeds)).First());

    [Fact]
    public void A_seed_without_a_value_does_not_count()
    {
        ComparisonRow row = Comparison.Build(_run, [Job("full", 1, 0.6), Job("full", 2, double.NaN)]).Comparison[0];

        Assert.Equal((0.6, 1, 2), (row.Mean, row.Seeds, row.Values.Count));
    }

    [Fact]
    public void Jobs_that_prepare_or_did_not_finish_do_not_count() => Assert.Empty(Comparison.Build(
        _run,
        [Job("full", 1, 0.6) with { Compared = false }, Job("full", 2, 0.6) with { Status = RunStatus.Interrupted }]).Comparison);

    [Fact]
    public void Independent_jobs_of_one_arm_come_together_and_means_over_tasks_stand_apart()
    {
        ComparisonRecord comparison = Comparison.Build(
            _run,
            [Job("full", 1, 0.6, "a"), Job("full", 1, 0.8, "b"), Job("full", 2, 0.7, "a"), Job("full", 2, 0.9, "b"), Job("full", 3, 0.1, "a")]);

        Assert.Equal(4, comparison.Comparison.Count);
        ComparisonRow mean = comparison.Summary.Single(r => r.Metric == "accuracy");
        Assert.Equal((Comparison.MeanOverTasks, 2), (mean.Task, mean.Seeds));
        Assert.Equal(0.75, mean.Mean, tolerance: 1e-12);
    }

    [Fact]
    public void Json_has_the_agreed_form()
    {
        ComparisonRecord comparison = Comparison.Build(_run, [Job("full", 1, 0.5), Job("full", 2, 0.75)]);

        string json = RunSummary.From(comparison, "runs/quick/report.html").ToJson();

        Assert.Equal(
            """{"run":"quick","status":"done","seconds":12.5,"comparison":["""
            + """{"arm":"full","task":"digits","metric":"accuracy","mean":0.625,"std":0.1767766952966369,"seeds":2},"""
            + """{"arm":"full","task":"digits","metric":"log-loss","mean":1,"std":0,"seeds":2}],"report":"runs/quick/report.html"}""",
            json);
        Assert.EndsWith("\"report\":null}", RunSummary.From(comparison, null).ToJson());
    }

    private static JobRecord Job(string arm, long seed, double accuracy, string task = "digits") => new()
    {
        Id = $"new-{arm}-{task}-s{seed}",
        Arm = arm,
        Seed = seed,
        Compared = true,
        Status = RunStatus.Done,
        Results =
        [
            new TaskRecord
            {
                Task = task,
                PrimaryMetric = "accuracy",
                Test = new Dictionary<string, double> { ["log-loss"] = 1, ["accuracy"] = accuracy },
            },
        ],
    };
}
