using Graft.Tensors;
using Graft.Tensors.Autograd;

namespace Graft.Tests.Tensors;

/// <summary>Ops written outside the engine's assembly, with what is public alone.</summary>
public sealed class CustomOperationTests
{
    [Fact]
    public void An_op_from_outside_computes_and_differentiates_as_it_says()
    {
        Tensor a = Tensor.Variable(Tensor.From([1f, 2, 3], [3])), b = Tensor.Variable(Tensor.From([4f, 5, 6], [3]));

        Tensor y = new CubeTimes().Apply(a, b);
        (y * Tensor.From([1f, 10, 100], [3])).Sum().Backward();

        Assert.Equal([4f, 40, 162], y.ToArray());
        Assert.Equal([12f, 600, 16200], a.Grad!.Value.ToArray());
        Assert.Equal([1f, 80, 2700], b.Grad!.Value.ToArray());
    }

    [Fact]
    public void Its_gradient_goes_on_to_what_its_inputs_were_computed_from_and_adds_up()
    {
        Tensor a = Tensor.Variable(Tensor.From([1f, 2], [2]));

        var cube = new CubeTimes();
        Tensor y = cube.Apply(a * 2, Tensor.Ones([2])) + a;
        (y + cube.Apply(a, a)).Sum().Backward();

        // (2a)³ + a + a⁴: 24 a² + 1 + 4 a³.
        Assert.Equal([29f, 129], a.Grad!.Value.ToArray());
    }

    [Fact]
    public void An_input_that_needs_no_gradient_is_told_so()
    {
        Tensor a = Tensor.Variable(Tensor.From([1f, 2], [2]));
        var op = new CubeTimes();

        op.Apply(a, Tensor.Ones([2])).Sum().Backward();

        Assert.Equal([true, false], op.Asked);
    }

    [Fact]
    public void Without_recording_it_only_computes()
    {
        Tensor a = Tensor.Variable(Tensor.From([1f, 2], [2]));
        using var silence = new NoGrad();

        Assert.False(new CubeTimes().Apply(a, a).RequiresGrad);
    }

    [Fact]
    public void A_result_that_is_an_input_or_a_view_of_one_is_its_own_tensor()
    {
        Tensor a = Tensor.Variable(Tensor.From([1f, 2, 3, 4], [2, 2]));

        Tensor y = new Turn().Apply(a);
        y.Backward(Tensor.From([1f, 10, 100, 1000], [2, 2]));

        Assert.Equal([1f, 3, 2, 4], y.ToArray());
        Assert.Equal([1f, 100, 10, 1000], a.Grad!.Value.ToArray());
    }

    [Fact]
    public void A_gradient_of_another_shape_is_named()
    {
        Tensor y = new Wrong().Apply(Tensor.Variable(Tensor.Ones([2, 3])));

        var e = Assert.Throws<ShapeException>(() => y.Sum().Backward());

        Assert.Equal("Wrong: expected a gradient of shape [2, 3] for input 0, got [3].", e.Message);
    }

    // y = a³ b
    private sealed class CubeTimes : CustomOperation
    {
        public bool[] Asked { get; private set; } = [];

        protected override Tensor Forward(ReadOnlySpan<Tensor> inputs) => inputs[0] * inputs[0] * inputs[0] * inputs[1];

        protected override void Backward(Tensor gradient, ReadOnlySpan<Tensor> inputs, Tensor output, Span<Tensor> inputGradients)
        {
            Asked = [inputs[0].RequiresGrad, inputs[1].RequiresGrad];
            inputGradients[0] = gradient * 3 * inputs[0].Square() * inputs[1];
            if (inputs[1].RequiresGrad)
            {
                inputGradients[1] = gradient * output / inputs[1];
            }
        }
    }

    private sealed class Turn : CustomOperation
    {
        protected override Tensor Forward(ReadOnlySpan<Tensor> inputs) => inputs[0].Transpose();

        protected override void Backward(Tensor gradient, ReadOnlySpan<Tensor> inputs, Tensor output, Span<Tensor> inputGradients) =>
            inputGradients[0] = gradient.Transpose();
    }

    private sealed class Wrong : CustomOperation
    {
        protected override Tensor Forward(ReadOnlySpan<Tensor> inputs) => inputs[0] * 2;

        protected override void Backward(Tensor gradient, ReadOnlySpan<Tensor> inputs, Tensor output, Span<Tensor> inputGradients) =>
            inputGradients[0] = gradient.Sum(0);
    }
}
