using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Tests.Nn.Layers;

public sealed class BatchNormTests : LayerConformance
{
    protected override Shape InputShape => [4, 3, 2, 5];

    protected override Shape OutputShape => [4, 3, 2, 5];

    protected override string[] StateNames => ["weight [3]", "bias [3]", "running_mean [3]", "running_var [3]"];

    protected override (Shape Shape, string Message)? Refused =>
        ([4, 2, 5, 3], "BatchNorm(3): expected input [B, 3], [B, 3, L] or [B, 3, H, W], got [4, 2, 5, 3]. Pictures have the channels at axis 1; Permute(0, 3, 1, 2) brings them there.");

    // Values 1 and 3: mean 2, biased variance 1, unbiased 2. Running: 0.9 · 0 + 0.1 · 2 and 0.9 · 1 + 0.1 · 2.
    [Fact]
    public void The_worked_example()
    {
        var layer = new BatchNorm(1);
        layer.Initialize(1);

        float[] y = layer.Forward(Tensor.From([1f, 3f], [2, 1])).ToArray();

        Assert.Equal(-1, y[0], 1e-5f);
        Assert.Equal(1, y[1], 1e-5f);
        Assert.Equal(0.2f, layer.RunningMean.Value.Item(), 1e-6f);
        Assert.Equal(1.1f, layer.RunningVar.Value.Item(), 1e-6f);
    }

    [Fact]
    public void Frozen_in_training_it_uses_and_keeps_its_running_statistics()
    {
        var layer = new BatchNorm(1, epsilon: 1e-9f);
        layer.Initialize(1);
        layer.RunningMean.Value.Assign([5]);
        layer.RunningVar.Value.Assign([4]);
        layer.Freeze();

        float[] y = layer.Forward(Tensor.From([1f, 3f], [2, 1])).ToArray();

        Assert.Equal(-2, y[0], 1e-5f);
        Assert.Equal(-1, y[1], 1e-5f);
        Assert.Equal(5, layer.RunningMean.Value.Item());
        Assert.Equal(4, layer.RunningVar.Value.Item());
    }

    [Fact]
    public void One_row_cannot_be_learned_from_but_can_be_normalized()
    {
        var layer = new BatchNorm(2);
        layer.Initialize(1);
        Tensor one = Tensor.From([1f, 2f], [1, 2]);

        var e = Assert.Throws<ShapeException>(() => layer.Forward(one));
        layer.Train(false);

        Assert.Equal("BatchNorm(2): expected more than one value a channel to learn from, got [1, 2]. Take larger batches, or drop a last batch of one row.", e.Message);
        Assert.Equal([1, 2], layer.Forward(one).ToArray(), (a, b) => MathF.Abs(a - b) < 1e-4f);
    }

    [Fact]
    public void A_relu_done_on_the_way_changes_no_number()
    {
        var first = new BatchNorm(3);
        Sequential both = [first, new Relu()];
        both.Initialize(3);
        Tensor x = Input([8, 3, 4, 4]);

        Assert.Equal(first.Forward(x).Relu().ToArray(), both.Forward(x).ToArray());
    }

    protected override Module Create() => new BatchNorm(3);
}

public sealed class LayerNormTests : LayerConformance
{
    protected override Shape InputShape => [4, 3, 5];

    protected override Shape OutputShape => [4, 3, 5];

    protected override string[] StateNames => ["weight [5]", "bias [5]"];

    protected override (Shape Shape, string Message)? Refused =>
        ([4, 6], "LayerNorm([5]): expected input [..., 5], got [4, 6]. The last axes must be those that the layer was made for.");

    [Fact]
    public void A_row_may_be_several_axes()
    {
        var layer = new LayerNorm([2, 2]);
        layer.Initialize(1);

        float[] y = layer.Forward(Tensor.From([1f, 1, 3, 3], [1, 2, 2])).ToArray();

        Assert.Equal([-1, -1, 1, 1], y, (a, b) => MathF.Abs(a - b) < 1e-4f);
    }

    protected override Module Create() => new LayerNorm(5);
}

public sealed class GroupNormTests : LayerConformance
{
    protected override Shape InputShape => [2, 6, 3, 4];

    protected override Shape OutputShape => [2, 6, 3, 4];

    protected override string[] StateNames => ["weight [6]", "bias [6]"];

    protected override (Shape Shape, string Message)? Refused =>
        ([2, 5, 3, 4], "GroupNorm(6 in 3 groups): expected input [B, 6], [B, 6, L] or [B, 6, H, W], got [2, 5, 3, 4]. Does the layer before it give 6 channels?");

    [Fact]
    public void Groups_that_do_not_divide_the_channels_are_refused() =>
        Assert.StartsWith(
            "groups: expected a divisor of 6 and 6, got 4.",
            Assert.Throws<ArgumentOutOfRangeException>(() => new GroupNorm(4, 6)).Message);

    protected override Module Create() => new GroupNorm(3, 6);
}
