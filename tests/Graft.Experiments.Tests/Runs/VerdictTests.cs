using Graft.Experiments.Runs;

namespace Graft.Experiments.Tests.Runs;

public sealed class VerdictTests
{
    // d = 0.12, 0.13, 0.11: mean 0.12, s = 0.01, half = 4.303 * 0.01 / sqrt(3) = 0.0248.
    [Fact]
    public void A_steady_gain_helps()
    {
        Verdict verdict = Transfer([0.60, 0.62, 0.61], [0.72, 0.75, 0.72]);

        Assert.Equal(Outcome.Helps, verdict.Outcome);
        Assert.Equal(
            "Transfer helps: full is 12.0 points above scratch in accuracy on average over 3 seeds (95 % interval 9.5 to 14.5), better on every seed.",
            verdict.Headline);
        Effect effect = Assert.Single(verdict.Overall);
        Assert.Equal(0.12, effect.Difference, tolerance: 1e-12);
        Assert.Equal(0.12 - 0.02484, effect.Low, tolerance: 1e-5);
        Assert.Equal(3, effect.SeedsBetter);
    }

    // d = 0.001, 0.001, 0.0012 while each arm moves by 0.05 from seed to seed.
    [Fact]
    public void A_steady_gain_below_the_spread_helps_a_little() => Assert.StartsWith(
        "Transfer helps a little: full is 0.1 points above scratch",
        Transfer([0.55, 0.60, 0.65], [0.551, 0.601, 0.6512]).Headline);

    // d = 0.02, 0.10, 0.03: mean 0.05, s = 0.0436, half = 0.108; the arms' own spread is 0.04 and 0.01.
    [Fact]
    public void A_gain_on_every_seed_that_the_interval_does_not_prove_probably_helps()
    {
        Verdict verdict = Transfer([0.64, 0.57, 0.64], [0.66, 0.67, 0.67]);

        Assert.Equal(Outcome.ProbablyHelps, verdict.Outcome);
        Assert.Equal(
            "Transfer probably helps: full is better on every one of 3 seeds, 5.0 points above scratch in accuracy on average; "
            + "the 95 % interval -5.8 to 15.8 still holds zero, more seeds would tell.",
            verdict.Headline);
    }

    [Fact]
    public void A_steady_loss_says_do_not_transfer()
    {
        Verdict verdict = Transfer([0.72, 0.75, 0.72], [0.60, 0.62, 0.61]);

        Assert.Equal(Outcome.Hurts, verdict.Outcome);
        Assert.Equal(
            "Do not transfer: full is 12.0 points below scratch in accuracy on average over 3 seeds (95 % interval -14.5 to -9.5), worse on every seed.",
            verdict.Headline);
    }

    // d = 0.01, -0.02, 0.02: mean 0.0033; spreads of 0.02 and 0.02.
    [Fact]
    public void A_difference_below_the_spread_is_no_benefit()
    {
        Verdict verdict = Transfer([0.60, 0.62, 0.58], [0.61, 0.60, 0.60]);

        Assert.Equal(Outcome.NoBenefit, verdict.Outcome);
        Assert.StartsWith("No benefit: full and scratch differ by 0.3 points in accuracy, less than their spread of 1.5 points over 3 seeds", verdict.Headline);
    }

    [Fact]
    public void Two_seeds_are_too_few() => Assert.Equal(
        "Not decided: 2 seeds are too few to tell; full is 13.0 points above scratch in accuracy so far.",
        Transfer([0.60, 0.62], [0.73, 0.75]).Headline);

    [Fact]
    public void Without_a_common_seed_nothing_is_decided()
    {
        ComparisonRow[] rows = [Row("scratch", "t", [(1, 0.5)]), Row("full", "t", [(2, 0.9)])];

        Assert.Equal("Not decided: no seed has finished both full and scratch.", Verdict.Judge(Run(Question.Transfer), rows, [])!.Headline);
    }

    [Fact]
    public void Seeds_that_change_nothing_count_as_one() => Assert.Equal(
        "Not decided: every seed gave the same values, so they count as one; full is 10.0 points above scratch in accuracy.",
        Transfer([0.6, 0.6, 0.6], [0.7, 0.7, 0.7]).Headline);

    [Fact]
    public void Equal_arms_do_not_differ() => Assert.Equal(
        "No benefit: full and scratch do not differ over 3 seeds in accuracy.",
        Transfer([0.6, 0.6, 0.6], [0.6, 0.6, 0.6]).Headline);

    // d = 0.3, 0.3, -0.1, 0.3: mean 0.2, s = 0.2, half = 3.182 * 0.2 / 2 = 0.318; spread of the arms about 0.14.
    [Fact]
    public void A_large_difference_with_mixed_signs_is_not_decided()
    {
        Verdict verdict = Transfer([0.5, 0.5, 0.7, 0.5], [0.8, 0.8, 0.6, 0.8]);

        Assert.Equal(Outcome.NotDecided, verdict.Outcome);
        Assert.Equal(
            "Not decided: full is better on 3 of 4 seeds, 20.0 points above scratch in accuracy on average, and the 95 % interval -11.8 to 51.8 holds zero.",
            verdict.Headline);
    }

    [Fact]
    public void For_an_error_lower_is_better()
    {
        RunRecord run = Run(Question.Transfer) with { Metrics = [new MetricInfo("rmse", false, false)] };
        ComparisonRow[] rows =
        [
            Row("scratch", "t", [(1, 4.0), (2, 4.2), (3, 4.1)], "rmse"),
            Row("full", "t", [(1, 3.0), (2, 3.1), (3, 3.1)], "rmse"),
        ];

        Verdict verdict = Verdict.Judge(run, rows, [])!;

        Assert.Equal(Outcome.Helps, verdict.Outcome);
        Assert.Equal(-1.03333, verdict.Overall[0].Difference, tolerance: 1e-5);
        Assert.Equal(1.03333, verdict.Overall[0].Gain, tolerance: 1e-5);
        Assert.StartsWith("Transfer helps: full is 1.03 below scratch in rmse (lower is better) on average over 3 seeds (95 % interval -1.18 to -0.890)", verdict.Headline);
    }

    // Labels of pure noise: joint is a little better than independent on every seed, and neither beats the mean (explained variance 0).
    [Fact]
    public void Arms_that_are_no_better_than_guessing_are_no_benefit()
    {
        RunRecord run = Run(Question.MultiTask) with { Baseline = "independent", Arms = ["independent", "joint"] };
        ComparisonRow[] rows =
        [
            Row("independent", "t", [(1, -0.20), (2, -0.22), (3, -0.21)], guess: 0),
            Row("joint", "t", [(1, -0.02), (2, 0.01), (3, -0.04)], guess: 0),
        ];

        Verdict verdict = Verdict.Judge(run, rows, [])!;

        Assert.Equal(Outcome.NoBenefit, verdict.Outcome);
        Assert.Equal("No benefit: neither joint nor independent is better than guessing by accuracy, over 3 seeds.", verdict.Headline);
    }

    [Fact]
    public void The_arm_that_gains_speaks_for_all()
    {
        ComparisonRow[] rows =
        [
            Row("scratch", "t", [(1, 0.60), (2, 0.62), (3, 0.61)]),
            Row("partial", "t", [(1, 0.50), (2, 0.51), (3, 0.52)]),
            Row("full", "t", [(1, 0.72), (2, 0.75), (3, 0.72)]),
        ];

        Verdict verdict = Verdict.Judge(Run(Question.Transfer), rows, [])!;

        Assert.StartsWith("Transfer helps: full is", verdict.Headline);
        Assert.Equal([Outcome.Hurts, Outcome.Helps], verdict.Overall.Select(e => e.Outcome));
    }

    [Fact]
    public void Where_one_arm_hurts_and_none_helps_the_verdict_is_not_to_transfer()
    {
        ComparisonRow[] rows =
        [
            Row("scratch", "t", [(1, 0.60), (2, 0.62), (3, 0.61)]),
            Row("partial", "t", [(1, 0.50), (2, 0.51), (3, 0.52)]),
            Row("full", "t", [(1, 0.61), (2, 0.62), (3, 0.60)]),
        ];

        Verdict verdict = Verdict.Judge(Run(Question.Transfer), rows, [])!;

        Assert.Equal(Outcome.Hurts, verdict.Outcome);
        Assert.StartsWith("Do not transfer: partial is 10.0 points below scratch", verdict.Headline);
        Assert.EndsWith(" Full does not help either (0.0 points above scratch).", verdict.Headline);
    }

    [Fact]
    public void Over_several_tasks_the_mean_decides_and_the_tasks_are_counted()
    {
        RunRecord run = Run(Question.MultiTask) with { Baseline = "independent", Arms = ["independent", "joint"] };
        JobRecord[] jobs =
        [
            .. from seed in new[] { 1, 2, 3 }
               from arm in run.Arms
               let gain = arm == "joint" ? 0.1 + (0.001 * seed) : 0
               select Job(arm, seed, ("a", 0.5 + gain + (0.01 * seed)), ("b", 0.7 + gain), ("c", 0.8 - (gain / 10))),
        ];

        ComparisonRecord comparison = Comparison.Build(run, jobs);

        Assert.Equal(Outcome.Helps, comparison.Verdict!.Outcome);
        Assert.StartsWith("Learning together helps: joint is 6.5 points above independent in accuracy", comparison.Verdict.Headline);
        Assert.EndsWith("This is the mean over 3 tasks: joint is ahead of independent on 2 and behind on 1.", comparison.Verdict.Headline);
        Assert.Equal(["a", "b", "c"], comparison.Verdict.Tasks.Select(e => e.Task));
    }

    [Fact]
    public void Tasks_with_different_metrics_are_counted()
    {
        RunRecord run = Run(Question.MultiTask) with
        {
            Baseline = "independent",
            Arms = ["independent", "joint"],
            Metrics = [new MetricInfo("accuracy", true, true), new MetricInfo("rmse", false, false)],
        };
        ComparisonRow[] rows =
        [
            Row("independent", "income", [(1, 0.60), (2, 0.62), (3, 0.61)]),
            Row("independent", "age", [(1, 4.0), (2, 4.2), (3, 4.1)], "rmse"),
            Row("joint", "income", [(1, 0.72), (2, 0.75), (3, 0.72)]),
            Row("joint", "age", [(1, 3.0), (2, 3.1), (3, 3.1)], "rmse"),
        ];

        Verdict verdict = Verdict.Judge(run, rows, [])!;

        Assert.Equal(
            "Learning together helps: of 2 tasks, joint is better than independent on 2 and worse on 0; the other 0 show no clear difference.",
            verdict.Headline);
    }

    [Fact]
    public void Without_a_baseline_there_is_no_verdict() =>
        Assert.Null(Verdict.Judge(Run(Question.Compare) with { Baseline = null }, [Row("a", "t", [(1, 0.5)])], []));

    [Fact]
    public void A_metric_whose_direction_is_unknown_gives_no_verdict() =>
        Assert.Null(Verdict.Judge(Run(Question.Compare) with { Metrics = [] }, [Row("scratch", "t", [(1, 0.5)]), Row("full", "t", [(1, 0.6)])], []));

    private static Verdict Transfer(double[] scratch, double[] full) => Verdict.Judge(
        Run(Question.Transfer),
        [Row("scratch", "digits", [.. scratch.Select((v, i) => (i + 1L, v))]), Row("full", "digits", [.. full.Select((v, i) => (i + 1L, v))])],
        [])!;

    private static RunRecord Run(Question question) => new()
    {
        Name = "r",
        Question = question,
        Arms = ["scratch", "partial", "full"],
        Baseline = "scratch",
        Metrics = [new MetricInfo("accuracy", true, true)],
    };

    private static ComparisonRow Row(string arm, string task, (long Seed, double Value)[] values, string metric = "accuracy", double guess = double.NaN) =>
        new(arm, task, metric, values.Average(v => v.Value), 0, values.Length, true, guess, [.. values.Select(v => new SeedValue(v.Seed, v.Value, guess))]);

    private static JobRecord Job(string arm, long seed, params (string Task, double Accuracy)[] results) => new()
    {
        Id = $"new-{arm}-s{seed}",
        Arm = arm,
        Seed = seed,
        Compared = true,
        Status = RunStatus.Done,
        Results =
        [
            .. results.Select(r => new TaskRecord
            {
                Task = r.Task,
                PrimaryMetric = "accuracy",
                Test = new Dictionary<string, double> { ["accuracy"] = r.Accuracy },
            }),
        ],
    };
}
