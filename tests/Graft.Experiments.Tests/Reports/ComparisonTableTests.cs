using Graft.Experiments.Reports;
using Graft.Experiments.Runs;

namespace Graft.Experiments.Tests.Reports;

public sealed class ComparisonTableTests
{
    private readonly RunRecord _run = new()
    {
        Name = "quick",
        Question = Question.Transfer,
        Arms = ["scratch", "full"],
        Baseline = "scratch",
        Metrics = [new MetricInfo("accuracy", true, true), new MetricInfo("log-loss", false, false)],
    };

    [Fact]
    public void A_line_for_each_arm_then_the_verdict()
    {
        ComparisonRecord comparison = Comparison.Build(_run, [.. Jobs("scratch", 0.60, 0.62, 0.61), .. Jobs("full", 0.72, 0.75, 0.72)]);

        string text = ComparisonTable.ToText(comparison, _run);

        Assert.Equal(
            """
            task    arm           accuracy        log-loss  seeds
            digits  scratch  61.0 % +- 1.0  0.390 +- 0.010      3
            digits  full     73.0 % +- 1.7  0.270 +- 0.017      3

            Transfer helps: full is 12.0 points above scratch in accuracy on average over 3 seeds (95 % interval 9.5 to 14.5), better on every seed.

            """,
            text);
    }

    [Fact]
    public void What_guessing_gives_stands_below_the_arms()
    {
        JobRecord[] jobs = [.. Jobs("full", 0.9, 0.8).Select(j => j with { Results = [j.Results[0] with { Guess = new Dictionary<string, double> { ["accuracy"] = 0.541 } }] })];

        string text = ComparisonTable.ToText(Comparison.Build(_run, jobs), _run);

        Assert.Equal(
            """
            task    arm            accuracy        log-loss  seeds
            digits  full      85.0 % +- 7.1  0.150 +- 0.071      2
            digits  guessing         54.1 %
            """,
            text.TrimEnd());
    }

    [Fact]
    public void Many_tasks_are_shown_by_their_mean()
    {
        ComparisonRecord comparison = Comparison.Build(_run, [.. Enumerable.Range(0, 40).SelectMany(t => Jobs("full", [0.5, 0.7], $"t{t}"))]);

        string text = ComparisonTable.ToText(comparison, _run);

        Assert.Equal(2, text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("mean  full  60.0 % +- 14.1", text);
    }

    [Fact]
    public void A_name_from_a_file_cannot_steer_the_terminal()
    {
        ComparisonRecord comparison = Comparison.Build(_run, Jobs("full", [0.5], "\u001b[2Jt"));

        Assert.DoesNotContain('\u001b', ComparisonTable.ToText(comparison, _run));
    }

    [Fact]
    public void Stages_that_are_not_compared_stand_for_themselves()
    {
        JobRecord[] probe = [.. Jobs("full", 0.9, 0.8).Select(j => j with { Arm = null, Stage = "probe", Compared = false })];

        string text = ComparisonTable.OtherStages([.. probe, .. Jobs("full", 0.7, 0.7)], _run);

        Assert.Equal(
            """
            task    stage       accuracy        log-loss  seeds
            digits  probe  85.0 % +- 7.1  0.150 +- 0.071      2

            """,
            text);
        Assert.Equal("", ComparisonTable.OtherStages(Jobs("full", 0.7), _run));
    }

    [Fact]
    public void Nothing_measured_is_an_empty_text() => Assert.Equal("", ComparisonTable.ToText(Comparison.Build(_run, []), _run));

    private static JobRecord[] Jobs(string arm, params double[] values) => Jobs(arm, values, "digits");

    private static JobRecord[] Jobs(string arm, double[] values, string task) =>
    [
        .. values.Select((v, i) => new JobRecord
        {
            Id = $"new-{arm}-s{i}",
            Arm = arm,
            Seed = i,
            Compared = true,
            Status = RunStatus.Done,
            Results = [new TaskRecord { Task = task, PrimaryMetric = "accuracy", Test = new Dictionary<string, double> { ["accuracy"] = v, ["log-loss"] = 1 - v } }],
        }),
    ];
}
