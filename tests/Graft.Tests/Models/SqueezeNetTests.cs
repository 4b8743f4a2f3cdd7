using Graft.Data.Encoders;
using Graft.Models;
using Graft.Models.Formats;
using Graft.Tensors;

namespace Graft.Tests.Models;

public sealed class SqueezeNetTests : BackboneConformance
{
    protected override InputShape Input => new(InputKind.Picture, [40, 37, 3]);

    protected override int Features => 512;

    protected override string[] StateNames => PictureNetworkTests.StateOf("squeezenet1_0", without: "classifier.");

    protected override string[] Layers => ["features.0", "features.3", "features.4", "features.5", "features.7", "features.8", "features.9", "features.10", "features.12"];

    protected override Backbone Create() => new SqueezeNet(1.0);

    [Theory]
    [InlineData(1.0, 21)]
    [InlineData(1.1, 17)]
    public void The_smallest_pictures_that_it_names_go_through(double version, int least)
    {
        var network = new SqueezeNet(version);
        network.Build(new InputShape(InputKind.Picture, [least, least, 1]));
        network.Initialize(1);
        var small = Assert.Throws<ShapeException>(() => new SqueezeNet(version).Build(new InputShape(InputKind.Picture, [least, least - 1, 1])));

        Assert.Equal([1, 512], network.Forward(Tensor.Ones([1, 1, least, least])).Shape.Sizes.ToArray());
        Assert.StartsWith(FormattableString.Invariant($"SqueezeNet-{version:0.0}(average): expected pictures of at least {least} x {least} pixels"), small.Message, StringComparison.Ordinal);
    }

    // A window [1, 2, 3, 4] = [h, w, in, out] whose numbers count on: element (o, i, h, w) is 12 w + 4 i + o.
    [Fact]
    public void Weights_of_Keras_come_under_their_names_and_in_its_layouts()
    {
        var network = new SqueezeNet(top: true);
        network.Build(new InputShape(InputKind.Picture, [32, 32, 3]));
        NamedArray window = new([1, 2, 3, 4], [.. Enumerable.Range(0, 24).Select(i => (float)i)]), bias = new([4], [1f, 2, 3, 4]);
        string[] names = ["uniform1", "conv1_b", "uniform2", "fire2/squeeze1x1_b", "uniform4", "fire9/expand3x3_b", "conv10/kernel:0", "fire3/expand1x1/bias:0", "other"];

        var tensors = network.Translate(new WeightFile("keras", names.ToDictionary(n => n, n => n.Contains('b', StringComparison.Ordinal) ? bias : window)));

        Assert.Equal(
            ["features.0.weight", "features.0.bias", "features.3.squeeze.weight", "features.3.squeeze.bias", "features.3.expand3x3.weight", "features.12.expand3x3.bias",
                "classifier.1.weight", "features.4.expand1x1.bias", "other"],
            tensors.Keys);
        Assert.Equal([4, 3, 1, 2], tensors["features.0.weight"].Sizes);
        Assert.Equal([0f, 12, 4, 16, 8, 20, 1, 13], tensors["features.0.weight"].Values[..8]);
        Assert.Same(bias, tensors["features.0.bias"]);
    }
}
