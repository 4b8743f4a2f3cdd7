namespace Graft.Tensors.Tests;

public sealed class CheckTests
{
    [Fact]
    public void A_refused_number_is_named_with_its_bound_and_value()
    {
        int maxIterations = 0;

        var e = Assert.Throws<ArgumentOutOfRangeException>(() => Check.AtLeast(1, maxIterations));

        Assert.StartsWith("maxIterations: expected an integer >= 1, got 0.", e.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(float.NaN), InlineData(float.PositiveInfinity), InlineData(0f), InlineData(-1f)]
    public void Positive_refuses_what_is_not_a_finite_number_above_zero(float rate) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Check.Positive(rate));
}
