using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Tests.Nn.Layers;

public sealed class MaxPool2dTests : LayerConformance
{
    protected override Shape InputShape => [2, 3, 7, 6];

    protected override Shape OutputShape => [2, 3, 4, 3];

    protected override (Shape Shape, string Message)? Refused => ([2, 3, 7], "MaxPool2d(3): expected input [B, C, H, W], got [2, 3, 7].");

    [Fact]
    public void A_picture_smaller_than_the_window_is_refused() =>
        Assert.Equal(
            "MaxPool2d(2): expected pictures of at least 2 x 2, got [1, 1, 1, 4]. Take a smaller window, more padding, or larger pictures.",
            Assert.Throws<ShapeException>(() => new MaxPool2d(2).Forward(Input([1, 1, 1, 4]))).Message);

    [Fact]
    public void A_padding_of_more_than_half_a_window_is_refused() =>
        Assert.StartsWith("padding: expected a number from 0 to 1, got 2.", Assert.Throws<ArgumentOutOfRangeException>(() => new MaxPool2d(3, padding: 2)).Message);

    protected override Module Create() => new MaxPool2d(3, stride: 2, padding: 1);
}

public sealed class DilatedMaxPool2dTests : LayerConformance
{
    protected override Shape InputShape => [2, 3, 7, 6];

    protected override Shape OutputShape => [2, 3, 2, 2];

    protected override (Shape Shape, string Message)? Refused =>
        ([2, 3, 3, 6], "MaxPool2d(3): expected pictures of at least 4 x 4, got [2, 3, 3, 6]. Take a smaller window, more padding, or larger pictures.");

    protected override Module Create() => new MaxPool2d(3, stride: 2, dilation: 2, ceil: true);
}

public sealed class RoundedUpAvgPool2dTests : LayerConformance
{
    protected override Shape InputShape => [2, 3, 6, 8];

    protected override Shape OutputShape => [2, 3, 3, 4];

    protected override (Shape Shape, string Message)? Refused => ([6, 8], "AvgPool2d(3): expected input [B, C, H, W], got [6, 8].");

    // The last window holds the last row and column alone.
    [Fact]
    public void A_window_over_the_edge_divides_by_what_it_holds() =>
        Assert.Equal([1f, 2, 3, 4], new AvgPool2d(2, stride: 2, countPadding: true, ceil: true).Forward(Tensor.From([1f, 1, 2, 1, 1, 2, 3, 3, 4], [1, 1, 3, 3])).ToArray());

    protected override Module Create() => new AvgPool2d(3, stride: 2, ceil: true);
}

public sealed class AvgPool2dTests : LayerConformance
{
    protected override Shape InputShape => [2, 3, 6, 9];

    protected override Shape OutputShape => [2, 3, 3, 3];

    protected override (Shape Shape, string Message)? Refused => ([6, 9], "AvgPool2d(2 x 3): expected input [B, C, H, W], got [6, 9].");

    protected override Module Create() => new AvgPool2d((2, 3));
}

public sealed class AdaptiveAvgPool2dTests : LayerConformance
{
    protected override Shape InputShape => [2, 3, 7, 5];

    protected override Shape OutputShape => [2, 3, 3, 2];

    protected override (Shape Shape, string Message)? Refused => ([3, 7, 5], "AdaptiveAvgPool2d(3 x 2): expected input [B, C, H, W], got [3, 7, 5].");

    [Fact]
    public void With_1_it_is_the_mean_of_the_whole_picture() =>
        Assert.Equal(2.5f, new AdaptiveAvgPool2d(1).Forward(Tensor.From([1f, 2, 3, 4], [1, 1, 2, 2])).Item());

    protected override Module Create() => new AdaptiveAvgPool2d((3, 2));
}
