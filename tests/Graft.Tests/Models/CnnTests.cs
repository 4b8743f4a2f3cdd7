using Graft.Data.Encoders;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Tests.Models;

public sealed class CnnTests : BackboneConformance
{
    protected override InputShape Input => new(InputKind.Picture, [9, 6, 2]);

    protected override int Features => 5;

    // 9 x 6 pixels become 4 x 3, then 2 x 1.
    protected override string[] StateNames =>
    [
        "conv1.weight [3, 2, 5, 5]", "conv1.bias [3]", "conv2.weight [4, 3, 5, 5]", "conv2.bias [4]",
        "fc1.weight [5, 8]", "fc1.bias [5]",
    ];

    protected override string[] Layers => ["conv1", "conv2", "fc1"];

    protected override Backbone Create() => new Cnn([3, 4], dense: 5, kernel: 5);

    // The model of the third sample: 3x3 windows with 32 and 64 channels, 28 x 28 grey pixels, 128 features:
    // (9 + 1) 32 + (9 · 32 + 1) 64 + (7 · 7 · 64 + 1) 128 weights.
    [Fact]
    public void The_default_has_the_number_of_weights_that_it_should()
    {
        var trunk = new Cnn();
        trunk.Build(new InputShape(InputKind.Picture, [28, 28, 1]));

        Assert.Equal(320 + 18_496 + 401_536, trunk.ParameterCount);
        Assert.Equal(128, trunk.Features);
    }

    // One window of a single 1 in its middle keeps the picture; pooling takes the greatest of each 2 x 2; the layer behind adds them up.
    [Fact]
    public void Windows_pooling_and_the_layer_behind_can_be_followed_by_hand()
    {
        var trunk = new Cnn([1], dense: 1);
        trunk.Build(new InputShape(InputKind.Picture, [2, 4, 1]));
        trunk.Initialize(1);
        trunk.StateDictionary()["conv1.weight"].Assign([0, 0, 0, 0, 1, 0, 0, 0, 0]);
        trunk.StateDictionary()["fc1.weight"].Assign([1, 10]);

        float[] y = trunk.Forward(Tensor.From([1f, 2, -5, -6, 3, 0, -7, 4], [1, 1, 2, 4])).ToArray();

        Assert.Equal([43], y);
    }

    [Fact]
    public void Tables_and_pictures_that_are_too_small_are_refused()
    {
        var table = Assert.Throws<ShapeException>(() => new Cnn().Build(new InputShape(InputKind.Table, [3])));
        var small = Assert.Throws<ShapeException>(() => new Cnn([4, 4, 4]).Build(new InputShape(InputKind.Picture, [28, 7, 1])));

        Assert.Equal("Cnn(32, 64; 128): expected pictures of at least 4 x 4 pixels, got table [3]. Use mlp for tables, lstm or gru for sequences.", table.Message);
        Assert.Equal("Cnn(4, 4, 4; 128): expected pictures of at least 8 x 8 pixels, got picture [28, 7, 1]. Use fewer convolutions.", small.Message);
    }

    [Fact]
    public void Impossible_values_are_refused()
    {
        Assert.StartsWith(
            "channels: expected 1 to 16 numbers, each at least 1, got [3, 0].", Assert.Throws<ArgumentOutOfRangeException>(() => new Cnn([3, 0])).Message, StringComparison.Ordinal);
        Assert.StartsWith("kernel: expected an odd number >= 1, got 4.", Assert.Throws<ArgumentOutOfRangeException>(() => new Cnn(kernel: 4)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Cnn(dense: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Cnn(dropout: 1));
    }
}
