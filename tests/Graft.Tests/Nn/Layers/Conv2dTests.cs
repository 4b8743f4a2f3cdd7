using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Tests.Nn.Layers;

public sealed class Conv2dTests : LayerConformance
{
    protected override Shape InputShape => [2, 4, 7, 9];

    protected override Shape OutputShape => [2, 6, 4, 9];

    protected override string[] StateNames => ["weight [6, 2, 3, 5]", "bias [6]"];

    protected override (Shape Shape, string Message)? Refused =>
        ([2, 7, 9, 4], "Conv2d(4 -> 6, 3 x 5): expected input [B, 4, H, W], got [2, 7, 9, 4]. Pictures have the channels at axis 1; Permute(0, 3, 1, 2) brings them there.");

    [Fact]
    public void A_picture_smaller_than_the_window_is_refused()
    {
        var layer = new Conv2d(1, 1, 5, padding: 1);
        layer.Initialize(1);

        var e = Assert.Throws<ShapeException>(() => layer.Forward(Input([1, 1, 2, 8])));

        Assert.Equal("Conv2d(1 -> 1, 5): expected pictures of at least 3 x 3, got [1, 1, 2, 8]. Take a smaller window, more padding, or larger pictures.", e.Message);
    }

    [Fact]
    public void Groups_that_do_not_divide_the_channels_are_refused() =>
        Assert.StartsWith(
            "groups: expected a divisor of 4 and 6, got 4.",
            Assert.Throws<ArgumentOutOfRangeException>(() => new Conv2d(4, 6, 3, groups: 4)).Message);

    protected override Module Create() => new Conv2d(4, 6, (3, 5), stride: (2, 1), padding: (1, 2), groups: 2);
}
