using Graft.Experiments.Reports.Charts;

namespace Graft.Experiments.Tests.Reports;

public sealed class ScaleTests
{
    [Fact]
    public void Ticks_are_round_and_hold_all_values()
    {
        var scale = Scale.Linear([0.613, 0.871], 0, 100);

        Assert.Equal([0.6, 0.7, 0.8, 0.9], scale.Ticks.Select(t => Math.Round(t, 9)));
        Assert.Equal(0, scale.At(0.6), tolerance: 1e-9);
        Assert.Equal(100, scale.At(0.9), tolerance: 1e-9);
    }

    [Fact]
    public void The_room_around_equal_shares_ends_at_all_of_them()
    {
        Assert.Equal(1, Scale.Linear([0.993, 0.993], 0, 100, most: 1).Ticks[^1], 1e-9);
        Assert.True(Scale.Linear([0.993, 0.993], 0, 100).Ticks[^1] > 1.05);
    }

    [Fact]
    public void Pixels_may_run_backwards() => Assert.Equal(75, Scale.Linear([0, 1], 100, 0).At(0.25), tolerance: 1e-9);

    [Theory]
    [InlineData(new double[0])]
    [InlineData(new[] { 3.0 })]
    [InlineData(new[] { 0.0, 0.0 })]
    [InlineData(new[] { double.NaN, double.PositiveInfinity })]
    [InlineData(new[] { -1e308, 1e308 })]
    [InlineData(new[] { 1e-320, 2e-320 })]
    [InlineData(new[] { 1e15, 1e15 + 1 })]
    public void Strange_values_still_make_a_scale(double[] values)
    {
        foreach (Scale scale in new[] { Scale.Linear(values, 0, 100), Scale.LogIfWide(values, 0, 100), Scale.Linear(values, 0, 100, snap: false) })
        {
            Assert.InRange(scale.Ticks.Count, 0, 60);
            Assert.All(values.Where(v => Math.Abs(v) < 1e300), v => Assert.InRange(scale.At(v), -1, 101));
        }
    }

    [Fact]
    public void Zeros_alone_have_the_room_that_is_asked_for()
    {
        Scale scale = Scale.Linear([0, 0], 0, 100, least: 0.01);

        Assert.Equal([-0.01, 0.01], [scale.Ticks[0], scale.Ticks[^1]]);
        Assert.Equal(50, scale.At(0), tolerance: 1e-9);
    }

    [Fact]
    public void Wide_positive_values_are_placed_by_factors()
    {
        Scale scale = Scale.LogIfWide([0.01, 100], 0, 400);

        Assert.True(scale.IsLog);
        Assert.Equal(200, scale.At(1), tolerance: 1e-9);
        Assert.False(Scale.LogIfWide([0.5, 2], 0, 1).IsLog);
        Assert.False(Scale.LogIfWide([0, 100], 0, 1).IsLog);
    }
}
