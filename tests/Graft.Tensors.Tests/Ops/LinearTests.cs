namespace Graft.Tensors.Tests.Ops;

public sealed class LinearTests : OpConformance
{
    protected override IEnumerable<OpCase> Cases
    {
        get
        {
            foreach ((int[] x, int outputs) in new[] { (new[] { 3, 5 }, 2), ([17, 33], 15), ([1, 1], 1), ([5], 3), ([2, 3, 4], 17), ([0, 3], 2), ([2, 1, 2, 3], 4) })
            {
                foreach (bool relu in new[] { false, true })
                {
                    yield return Case(x, outputs, bias: true, relu);
                    yield return Case(x, outputs, bias: false, relu);
                }

                yield return GeluCase(x, outputs, bias: true);
                yield return GeluCase(x, outputs, bias: false);
            }

            // Several tiles and panels, all of whose edges are odd.
            yield return GeluCase([45, 35], 71, bias: true);
        }
    }

    [Fact]
    public void An_input_that_does_not_fit_is_named()
    {
        var e = Assert.Throws<ShapeException>(() => Tensor.Ones([32, 256]).Linear(Tensor.Ones([10, 512])));

        Assert.Equal("Linear(512 -> 10): expected input [..., 512], got [32, 256].", e.Message);
    }

    [Fact]
    public void A_bias_that_does_not_fit_is_named()
    {
        var e = Assert.Throws<ShapeException>(() => Tensor.Ones([2, 3]).Linear(Tensor.Ones([4, 3]), Tensor.Ones([3])));

        Assert.Equal("Linear(3 -> 4): expected a bias of shape [4], got [3].", e.Message);
    }

    [Fact]
    public void A_weight_with_the_outputs_innermost_is_read_and_its_gradient_written_without_a_copy()
    {
        var memory = new ParameterMemory([15]);
        Tensor weight = memory.Next([3, 5], outputLast: true);
        weight.Assign([.. Enumerable.Range(0, 15).Select(i => i / 10f)]);
        weight.SetRequiresGrad(true);
        Tensor x = Tensor.From([1f, 2, 3, 4, 5], [1, 5]);
        using var scope = new Graft.Tensors.Autograd.TensorScope();
        int before = Graft.Tensors.Autograd.Tape.Current.Count;

        Tensor y = x.Linear(weight);
        y.Sum().Backward();

        // y = [4.0, 11.5, 19.0]: rows 0.0 .. 0.4, 0.5 .. 0.9, 1.0 .. 1.4 times 1 .. 5.
        OpConformance.Close([4, 11.5, 19], y.ToArray(), 1e-6, "y");
        OpConformance.Close([1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2, 3, 4, 5], weight.Grad!.Value.ToArray(), 1e-6, "gradient");
        Assert.Equal(before + 3, Graft.Tensors.Autograd.Tape.Current.Count);
    }

    private static OpCase GeluCase(int[] x, int outputs, bool bias) => new(
        $"[{string.Join(", ", x)}] -> {outputs}{(bias ? " with bias" : "")} and gelu",
        bias ? [x, [outputs, x[^1]], [outputs]] : [x, [outputs, x[^1]]],
        i => i[0].LinearGelu(i[1], bias ? i[2] : null),
        i =>
        {
            Nd y = MatMulTests.Product(i[0], i[1].Permute(1, 0));
            return (bias ? Nd.Zip(y, i[2], (a, b) => a + b) : y).Map(v => 0.5 * v * (1 + UnaryTests.Erf(v / Math.Sqrt(2))));
        })
    {
        // The reference's series of the error function loses its digits far from 0.
        Low = -0.7f,
        High = 0.7f,
    };

    private static OpCase Case(int[] x, int outputs, bool bias, bool relu) => new(
        $"[{string.Join(", ", x)}] -> {outputs}{(bias ? " with bias" : "")}{(relu ? " and relu" : "")}",
        bias ? [x, [outputs, x[^1]], [outputs]] : [x, [outputs, x[^1]]],
        i => i[0].Linear(i[1], bias ? i[2] : null, relu),
        i =>
        {
            Nd y = MatMulTests.Product(i[0], i[1].Permute(1, 0));
            y = bias ? Nd.Zip(y, i[2], (a, b) => a + b) : y;
            return relu ? y.Map(v => double.IsNaN(v) ? v : Math.Max(v, 0)) : y;
        });
}
