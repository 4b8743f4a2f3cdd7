namespace Graft.Tensors.Tests.Ops;

/// <summary>Every op that maps elements one by one.</summary>
public sealed class UnaryTests : OpConformance
{
    private static readonly int[][] Shapes = [[], [1], [3], [15], [17], [33], [3, 5], [2, 3, 5, 2], [0], [2, 0]];

    protected override IEnumerable<OpCase> Cases
    {
        get
        {
            foreach (int[] shape in Shapes)
            {
                yield return Case("abs", shape, x => x.Abs(), Math.Abs);
                yield return Case("affine", shape, x => x.Affine(1.5f, -0.25f), x => (x * 1.5) - 0.25);
                yield return Case("clamp", shape, x => x.Clamp(-0.7f, 1.1f), x => Math.Clamp(x, -0.7f, 1.1f));
                yield return Case("elu", shape, x => x.Elu(0.8f), x => x > 0 ? x : 0.8f * (Math.Exp(x) - 1));
                yield return Case("erf", shape, x => x.Erf(), Erf);
                yield return Case("exp", shape, x => x.Exp(), Math.Exp);
                yield return Case("gelu", shape, x => x.Gelu(), x => 0.5 * x * (1 + Erf(x / Math.Sqrt(2))));
                yield return Case("hard sigmoid", shape, x => x.HardSigmoid(), x => Math.Clamp((x / 6) + 0.5, 0, 1), -5, 5);
                yield return Case("hard sigmoid of Keras", shape, x => x.HardSigmoid(0.2f, 0.4f), x => Math.Clamp((x * 0.2f) + 0.4f, 0, 1), -5, 5);
                yield return Case("hard swish", shape, x => x.HardSwish(), x => x * Math.Clamp((x / 6) + 0.5, 0, 1), -5, 5);
                yield return Case("leaky relu", shape, x => x.LeakyRelu(0.2f), x => x > 0 ? x : 0.2f * x);
                yield return Case("log", shape, x => x.Log(), Math.Log, 0.2f, 3);
                yield return Case("negate", shape, x => -x, x => -x);
                yield return Case("pow 3", shape, x => x.Pow(3), x => Math.Pow(x, 3));
                yield return Case("pow 4", shape, x => x.Pow(4), x => Math.Pow(x, 4));
                yield return Case("pow 2", shape, x => x.Pow(2), x => x * x);
                yield return Case("pow 1", shape, x => x.Pow(1), x => x);
                yield return Case("pow 0", shape, x => x.Pow(0), x => 1) with { CarriesNaN = false };
                yield return Case("pow -2", shape, x => x.Pow(-2), x => Math.Pow(x, -2), 0.4f, 2);
                yield return Case("pow -1", shape, x => x.Pow(-1), x => 1 / x, 0.4f, 2);
                yield return Case("pow 0.5", shape, x => x.Pow(0.5f), Math.Sqrt, 0.2f, 3);
                yield return Case("pow 1.7", shape, x => x.Pow(1.7f), x => Math.Pow(x, 1.7f), 0.2f, 3) with { CarriesNaN = false };
                yield return Case("reciprocal", shape, x => x.Reciprocal(), x => 1 / x, 0.4f, 3);
                yield return Case("relu", shape, x => x.Relu(), x => Math.Max(x, 0));
                yield return Case("relu 6", shape, x => x.Relu6(), x => Math.Clamp(x, 0, 6), -4, 10);
                yield return Case("sigmoid", shape, x => x.Sigmoid(), x => 1 / (1 + Math.Exp(-x)), -6, 6);
                yield return Case("silu", shape, x => x.Silu(), x => x / (1 + Math.Exp(-x)), -6, 6);
                yield return Case("softplus", shape, x => x.Softplus(), x => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x))), -6, 6);
                yield return Case("sqrt", shape, x => x.Sqrt(), Math.Sqrt, 0.2f, 3);
                yield return Case("square", shape, x => x.Square(), x => x * x);
                yield return Case("tanh", shape, x => x.Tanh(), Math.Tanh, -3, 3);
                yield return Case("plus a number", shape, x => 2 + x + 3, x => x + 5);
                yield return Case("less a number", shape, x => 2 - (x - 3), x => 5 - x);
                yield return Case("times a number", shape, x => 2 * x * 3, x => x * 6);
                yield return Case("over a number", shape, x => 2 / x / 4, x => 2 / x / 4, 0.4f, 3);
            }
        }
    }

    [Fact]
    public void A_reversed_gradient_changes_its_sign_and_size()
    {
        Tensor x = Tensor.Variable(Tensor.From([1f, -2, 3], [3]));

        Tensor y = x.ReverseGradient(0.5f);
        y.Backward(Tensor.From([1f, 2, 4], [3]));

        Assert.Equal(x.ToArray(), y.ToArray());
        Assert.Equal([-0.5f, -1, -2], x.Grad!.Value.ToArray());
    }

    [Fact]
    public void Slopes_at_the_kinks_are_what_PyTorch_has()
    {
        // abs and relu 0 at 0; leaky relu its slope; elu its alpha; clamp 1 on its bounds; relu 6 and the hard sigmoid 0 there; the hard swish has values.
        Assert.Equal(0, SlopeAt(0, x => x.Relu6()));
        Assert.Equal(0, SlopeAt(6, x => x.Relu6()));
        Assert.Equal(0, SlopeAt(3, x => x.HardSigmoid()));
        Assert.Equal(-0.5f, SlopeAt(-3, x => x.HardSwish()), 1e-6);
        Assert.Equal(1.5f, SlopeAt(3, x => x.HardSwish()), 1e-6);
        Assert.Equal(0, SlopeAt(0, x => x.Abs()));
        Assert.Equal(0, SlopeAt(0, x => x.Relu()));
        Assert.Equal(0.2f, SlopeAt(0, x => x.LeakyRelu(0.2f)));
        Assert.Equal(0.8f, SlopeAt(0, x => x.Elu(0.8f)));
        Assert.Equal(1, SlopeAt(1, x => x.Clamp(-1, 1)));
        Assert.Equal(1, SlopeAt(-1, x => x.Clamp(-1, 1)));
        Assert.Equal(0, SlopeAt(1.1f, x => x.Clamp(-1, 1)));
    }

    [Fact]
    public void A_negative_base_has_powers_for_integers_alone()
    {
        Tensor x = Tensor.From([-2f, 0, 2], [3]);

        Assert.Equal([-8f, 0, 8], x.Pow(3).ToArray().Select(v => MathF.Round(v, 4)));
        Assert.Equal([16f, 0, 16], x.Pow(4).ToArray().Select(v => MathF.Round(v, 4)));
        Assert.True(float.IsNaN(x.Pow(1.5f).ToArray()[0]));
    }

    [Fact]
    public void Integers_are_refused_where_numbers_are_needed()
    {
        var e = Assert.Throws<ShapeException>(() => Tensor.From([1, 2], [2]).Exp());

        Assert.Equal("Exp: expected floating point numbers, got integers [2]. Convert with ToFloat().", e.Message);
    }

    [Fact]
    public void Numbers_and_integers_convert_into_each_other()
    {
        Assert.Equal([1, -1, 0], Tensor.From([1.7f, -1.7f, float.NaN], [3]).ToInt().ToIntArray());
        Assert.Equal([1f, -2], Tensor.From([1, -2], [2]).ToFloat().ToArray());
    }

    internal static double Erf(double x)
    {
        if (Math.Abs(x) > 5)
        {
            return Math.Sign(x);
        }

        double term = x, sum = x;
        for (int n = 1; n < 120; n++)
        {
            term *= -x * x / n;
            sum += term / ((2 * n) + 1);
        }

        return 2 / Math.Sqrt(Math.PI) * sum;
    }

    private static float SlopeAt(float at, Func<Tensor, Tensor> op)
    {
        Tensor x = Tensor.Variable(Tensor.Scalar(at));
        op(x).Backward();
        return x.Grad!.Value.Item();
    }

    private static OpCase Case(string name, int[] shape, Func<Tensor, Tensor> op, Func<double, double> f, float low = -2, float high = 2) =>
        new($"{name} [{string.Join(", ", shape)}]", [shape], x => op(x[0]), x => x[0].Map(f)) { Low = low, High = high };
}
