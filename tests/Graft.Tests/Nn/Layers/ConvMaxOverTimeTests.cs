using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Tests.Nn.Layers;

public sealed class ConvMaxOverTimeTests : LayerConformance
{
    protected override Shape InputShape => [3, 9, 4];

    protected override Shape OutputShape => [3, 6];

    protected override string[] StateNames => ["weight [6, 4, 1, 3]", "bias [6]"];

    protected override (Shape Shape, string Message)? Refused => ([3, 9, 5], "ConvMaxOverTime(4 -> 6, 3): expected input [B, T, 4], got [3, 9, 5].");

    // The layers that it stands for, with the same weights.
    [Fact]
    public void It_is_a_convolution_and_the_greatest_of_the_steps_that_count()
    {
        var layer = (ConvMaxOverTime)Ready();
        var conv = new Conv2d(4, 6, (1, 3));
        conv.Initialize(1);
        conv.Weight.Value.Assign(layer.Weight.Value.ToArray());
        conv.Bias!.Value.Assign(layer.Bias!.Value.ToArray());
        Tensor x = Input(InputShape), lengths = Tensor.From([9, 5, 3], [3]);

        Tensor y = layer.Forward(x, lengths);

        Tensor maps = conv.Forward(x.Reshape(3, 1, 9, 4).Permute(0, 3, 1, 2)).Squeeze(2).Transpose(1, 2);
        Assert.Equal(Steps.Max(maps, Tensor.From([7, 3, 1], [3])).ToArray(), y.ToArray());
    }

    // A sequence of two steps is as good as one of three that ends with zeros.
    [Fact]
    public void A_sequence_shorter_than_the_window_is_filled_up_with_zeros()
    {
        Module layer = Ready();
        Tensor x = Input([2, 2, 4]);

        Assert.Equal(layer.Forward(Tensor.Concat([x, Tensor.Zeros([2, 1, 4])], 1)).ToArray(), layer.Forward(x).ToArray());
    }

    protected override Module Create() => new ConvMaxOverTime(4, 6, 3);
}
