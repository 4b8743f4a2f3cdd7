using Graft.Data.Encoders;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Tests.Models;

public sealed class LayerStackTests : BackboneConformance
{
    protected override InputShape Input => new(InputKind.Picture, [9, 6, 2]);

    protected override int Features => 5;

    protected override string[] StateNames =>
    [
        "conv1.weight [4, 2, 3, 3]", "1.weight [4]", "1.bias [4]",
        "6.weight [6, 60]", "6.bias [6]", "last.weight [5, 6]", "1.running_mean [4]", "1.running_var [4]",
    ];

    protected override string[] Layers => ["conv1", "1", "6", "last"];

    protected override Backbone Create() => new LayerStack(
        ["conv 4 3 padding 1 no-bias as conv1", "batch-norm", "relu", "max-pool 3 stride 2 padding 1", "leaky-relu 0.1", "flatten", "linear 6", "tanh", "linear 5 no-bias as last"]);

    [Fact]
    public void A_picture_at_the_end_becomes_its_mean_and_then_any_size_goes()
    {
        var trunk = new LayerStack(["conv 7 3 stride 2", "relu"]);
        Assert.True(trunk.TakesAnySize);       // known before it is built: data sets are looked at then
        Assert.False(new LayerStack(["flatten"]).TakesAnySize);
        trunk.Build(new InputShape(InputKind.Picture, [9, 9, 3]));
        trunk.Initialize(1);

        Assert.Equal(7, trunk.Features);
        Assert.True(trunk.TakesAnySize);
        Assert.Equal([2, 7], trunk.Forward(Tensor.Ones([2, 3, 15, 12])).Shape.Sizes.ToArray());
    }

    [Theory]
    [InlineData("cnov 3 3", "lines: expected conv, max-pool, avg-pool, mean, flatten, linear")]
    [InlineData("conv 3", "lines: expected a number behind its kind, got 'conv 3'.")]
    [InlineData("conv 3 3 stride", "lines: expected numbers, stride, padding, dilation or groups with a number")]
    [InlineData("linear 4", "lines: 'linear 4': expected a row of features, got picture [9, 9, 3]. Put flatten or mean before it.")]
    [InlineData("conv 4 11", "lines: 'conv 4 11': expected a picture of at least 11 pixels a side, got picture [9, 9, 3].")]
    public void What_cannot_be_is_said(string line, string message)
    {
        var e = Assert.ThrowsAny<ArgumentException>(() => new LayerStack([line]).Build(new InputShape(InputKind.Picture, [9, 9, 3])));

        Assert.StartsWith(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_stands_once()
    {
        var e = Assert.Throws<ArgumentException>(() => new LayerStack(["relu as a", "tanh as a"]));

        Assert.StartsWith("lines: expected distinct names, got a twice.", e.Message, StringComparison.Ordinal);
    }
}
