using System.Text.Json.Nodes;
using Graft.Data.Encoders;

namespace Graft.Tests.Data.Encoders;

public sealed class NumberScalerTests
{
    [Theory, InlineData(NumberScaling.Standard, "standard"), InlineData(NumberScaling.Minmax, "minmax"), InlineData(NumberScaling.Robust, "robust")]
    public void Scaled_values_are_those_of_scikit_learn(NumberScaling kind, string name)
    {
        JsonNode golden = Golden.Read("encoders.json");
        float[] values = golden["values"].Floats();

        var scaler = NumberScaler.Fit(values, kind);

        // 32-bit results of 64-bit sums: relative 1e-7 of numbers below 3.
        double[] expected = golden["scaled"]![name].Doubles();
        Assert.All(values, (v, i) => Assert.Equal(expected[i], scaler.Apply(v), tolerance: 3e-7));
        Assert.All(values, v => Assert.Equal(v, scaler.Invert(scaler.Apply(v)), tolerance: 1e-6));
    }

    // 1, 2, 9: mean 4, median 2.
    [Theory, InlineData(Imputation.Mean, 4), InlineData(Imputation.Median, 2)]
    public void A_missing_value_is_filled_by_what_training_rows_have(Imputation impute, float fill)
    {
        var scaler = NumberScaler.Fit([1, float.NaN, 2, 9], NumberScaling.None, impute);

        Assert.Equal(fill, scaler.Apply(float.NaN));
    }

    [Theory, InlineData(0f), InlineData(0.1f), InlineData(-1e6f), InlineData(1e30f)]
    public void A_constant_becomes_zero_whatever_its_size(float constant)
    {
        foreach (NumberScaling kind in Enum.GetValues<NumberScaling>().Except([NumberScaling.None]))
        {
            var scaler = NumberScaler.Fit([constant, constant, constant], kind);

            Assert.Equal(0, scaler.Apply(constant), tolerance: Math.Abs(constant) * 1e-15);
            Assert.Equal(1, scaler.Scale);
        }
    }

    [Fact]
    public void Nothing_but_missing_values_leaves_zeros() =>
        Assert.Equal(0, NumberScaler.Fit([float.NaN, float.NaN], NumberScaling.Standard).Apply(float.NaN));
}
