using System.Text.Json.Nodes;
using Graft.Nn.Schedules;

namespace Graft.Tests.Nn.Schedules;

public sealed class ScheduleTests
{
    private static readonly JsonNode Expected = Golden.Read("optimizers.json");

    public static TheoryData<string> Cases => [.. Create.Keys];

    private static Dictionary<string, Func<Schedule>> Create { get; } = new()
    {
        ["step"] = () => new StepSchedule(),
        ["exponential"] = () => new ExponentialSchedule(),
        ["cosine"] = () => new CosineSchedule(end: 0.05),
        ["one-cycle"] = () => new OneCycleSchedule(),
        ["polynomial"] = () => new PolynomialSchedule(power: 2),
        ["warm-up"] = () => new WarmUpSchedule(new CosineSchedule(), share: 0.2),
    };

    // Factors are near 1 and come out as floats: 1e-6 is a few roundings of PyTorch's chained products.
    [Theory, MemberData(nameof(Cases))]
    public void Every_factor_is_that_of_PyTorch(string name)
    {
        Schedule schedule = Create[name]();
        int total = Expected["total"]!.GetValue<int>();

        double[] factors = [.. Enumerable.Range(0, total).Select(t => (double)schedule.At(t, total))];

        double[] expected = Expected["schedules"]![name].Doubles();
        for (int t = 0; t < total; t++)
        {
            Assert.Equal(expected[t], factors[t], tolerance: 1e-6);
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Every_factor_of_every_length_is_between_0_and_1(string name)
    {
        Schedule schedule = Create[name]();

        for (int total = 1; total < 40; total++)
        {
            for (int t = 0; t <= total; t++)
            {
                Assert.InRange(schedule.At(t, total), 0, 1.000001f);
            }
        }
    }

    [Fact]
    public void The_constant_schedule_changes_nothing() => Assert.Equal(1, new ConstantSchedule().At(5, 10));

    [Fact]
    public void On_a_plateau_the_rate_falls_when_that_of_PyTorch_falls()
    {
        var schedule = new ReduceOnPlateauSchedule(0.5, patience: 2, cooldown: 1, least: 0.1);

        double[] rates = [.. Expected["plateau"]!["values"].Doubles().Select(v => Rate(schedule, v))];

        Assert.Equal(Expected["plateau"]!["rates"].Doubles(), rates, (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void Saved_and_loaded_in_a_warm_up_a_plateau_goes_on()
    {
        double[] values = Expected["plateau"]!["values"].Doubles();
        Schedule Make() => new WarmUpSchedule(new ReduceOnPlateauSchedule(0.5, patience: 2, cooldown: 1, least: 0.1), share: 0);
        Schedule schedule = Make(), other = Make();
        foreach (double v in values.AsSpan(0, 9))
        {
            schedule.Observe(v);
        }

        var state = new State();
        schedule.Save(state);
        other.Load(state);

        Assert.All(values[9..], v => Assert.Equal(Rate(schedule, v), Rate(other, v)));
    }

    [Fact]
    public void A_negative_result_is_better_only_when_it_is_smaller()
    {
        var schedule = new ReduceOnPlateauSchedule(0.5, patience: 0, threshold: 0.1);
        schedule.Observe(-1.0);

        // -1.05 undercuts -1 by less than a tenth; -1.2 by more.
        Assert.Equal(0.5, Rate(schedule, -1.05));
        Assert.Equal(0.5, Rate(schedule, -1.2));
    }

    [Fact]
    public void A_point_beyond_the_training_is_refused() =>
        Assert.StartsWith("at: expected a number in [0, 1), got 1.", Assert.Throws<ArgumentOutOfRangeException>(() => new StepSchedule(0.1, 0.5, 1)).Message);

    private static double Rate(Schedule schedule, double value)
    {
        schedule.Observe(value);
        return schedule.At(3, 10);
    }
}
