using System.Text.Json.Nodes;
using Graft.Nn;
using Graft.Nn.Initializers;
using Graft.Nn.Optimizers;
using Graft.Tensors;

namespace Graft.Tests.Nn.Optimizers;

public sealed class GradientClippingTests
{
    private static readonly JsonNode Expected = Golden.Read("optimizers.json");

    [Fact]
    public void Clipped_by_norm_gradients_are_those_of_PyTorch()
    {
        (Parameter a, Parameter b) = WithGradients(Expected["gradients"]![0].Floats());

        double norm = GradientClipping.ByNorm([a, b], 1.5);

        Assert.Equal(Expected["clip"]!["norm"]!.GetValue<double>(), norm, tolerance: 1e-5);
        Assert.Equal(Expected["clip"]!["gradients"].Floats(), GradientsOf(a, b), (x, y) => MathF.Abs(x - y) < 1e-6f);
    }

    [Fact]
    public void A_short_gradient_stays_as_it_is()
    {
        float[] g = Expected["gradients"]![0].Floats();
        (Parameter a, Parameter b) = WithGradients(g);

        GradientClipping.ByNorm([a, b], 100);

        Assert.Equal(g, GradientsOf(a, b));
    }

    [Fact]
    public void Clipped_by_value_every_number_is_within_the_bound()
    {
        float[] g = Expected["gradients"]![0].Floats();
        (Parameter a, Parameter b) = WithGradients(g);

        GradientClipping.ByValue([a, b], 0.25);

        Assert.Equal(g.Select(x => Math.Clamp(x, -0.25f, 0.25f)), GradientsOf(a, b));
    }

    [Fact]
    public void Gradients_whose_squares_overflow_are_clipped_all_the_same()
    {
        float[] g = new float[22];
        g[3] = 3e30f;
        g[20] = 4e30f;
        (Parameter a, Parameter b) = WithGradients(g);

        double norm = GradientClipping.ByNorm([a, b], 5);

        Assert.Equal(5e30, norm, tolerance: 1e25);
        Assert.Equal(3, a.Grad!.Value.ToArray()[3], 1e-5f);
    }

    [Fact]
    public void A_gradient_that_is_not_a_number_is_told_and_left_alone()
    {
        float[] g = new float[22];
        g[0] = float.NaN;
        g[1] = 7;
        (Parameter a, Parameter b) = WithGradients(g);

        double norm = GradientClipping.ByNorm([a, b], 5);

        Assert.True(double.IsNaN(norm));
        Assert.Equal(7, a.Grad!.Value.ToArray()[1]);
    }

    [Fact]
    public void A_frozen_parameter_does_not_count()
    {
        (Parameter a, Parameter b) = WithGradients(Expected["gradients"]![0].Floats());
        double alone = GradientClipping.Norm([a]);
        b.IsFrozen = true;

        Assert.Equal(alone, GradientClipping.Norm([a, b]));
    }

    private static (Parameter A, Parameter B) WithGradients(float[] g)
    {
        var model = new Pair();
        model.Initialize(1);
        ((model.A.Value * Tensor.From(g.AsSpan(0, 15), [3, 5])).Sum() + (model.B.Value * Tensor.From(g.AsSpan(15), [7])).Sum()).Backward();
        return (model.A, model.B);
    }

    private static float[] GradientsOf(Parameter a, Parameter b) => [.. a.Grad!.Value.ToArray(), .. b.Grad!.Value.ToArray()];

    private sealed class Pair : Module
    {
        public Parameter A { get; } = new([3, 5], Init.Ones, outputLast: true);

        public Parameter B { get; } = new([7], Init.Ones);

        public override Tensor Forward(Tensor x) => x;
    }
}
