using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Tests.Nn.Layers;

public sealed class LinearTests : LayerConformance
{
    protected override Shape InputShape => [4, 3, 5];

    protected override Shape OutputShape => [4, 3, 7];

    protected override string[] StateNames => ["weight [7, 5]", "bias [7]"];

    protected override (Shape Shape, string Message)? Refused =>
        ([4, 6], "Linear(5 -> 7): expected input [..., 5], got [4, 6]. Does the layer before it give 5 features?");

    // y = W x + b with W = [[1, 2], [3, 4]], b = (10, 20), x = (5, 6): (5 + 12 + 10, 15 + 24 + 20).
    [Fact]
    public void The_worked_example()
    {
        var layer = new Linear(2, 2);
        layer.Initialize(1);
        layer.Weight.Value.Assign([1, 2, 3, 4]);
        layer.Bias!.Value.Assign([10, 20]);

        Assert.Equal([27, 59], layer.Forward(Tensor.From([5f, 6f], [1, 2])).ToArray());
    }

    [Fact]
    public void Without_bias_there_is_none_in_the_state()
    {
        var layer = new Linear(2, 3, bias: false);
        layer.Initialize(1);

        Assert.Equal(["weight"], layer.StateDictionary().Keys);
        Assert.Equal([0, 0, 0], layer.Forward(Tensor.From([0f, 0f], [1, 2])).ToArray());
    }

    [Fact]
    public void A_size_of_zero_is_refused() =>
        Assert.StartsWith("inFeatures: expected an integer >= 1, got 0.", Assert.Throws<ArgumentOutOfRangeException>(() => new Linear(0, 1)).Message);

    protected override Module Create() => new Linear(5, 7);
}
