using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Tests.Nn.Layers;

public sealed class FlattenTests : LayerConformance
{
    protected override Shape InputShape => [2, 3, 4, 5];

    protected override Shape OutputShape => [2, 60];

    protected override (Shape Shape, string Message)? Refused => ([], "Flatten: expected input [B, ...], got [].");

    [Fact]
    public void Pictures_that_lie_channels_last_come_out_in_the_order_of_their_shape()
    {
        // One picture of two channels and two pixels: pixel 0 = (1, 2), pixel 1 = (3, 4).
        Tensor x = Tensor.ForStepChannelsLast([1, 2, 3, 4], [1, 2, 1, 2]);

        Assert.Equal([1, 3, 2, 4], new Flatten().Forward(x).ToArray());
    }

    protected override Module Create() => new Flatten();
}
