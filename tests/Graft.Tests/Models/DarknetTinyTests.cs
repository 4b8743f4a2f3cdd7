using Graft.Data.Encoders;
using Graft.Models;
using Graft.Models.Formats;

namespace Graft.Tests.Models;

public sealed class DarknetTinyTests : BackboneConformance
{
    protected override InputShape Input => new(InputKind.Picture, [33, 35, 3]);

    protected override int Features => 1000;

    protected override string[] StateNames => PictureNetworkTests.StateOf("darknet_tiny");

    protected override string[] Layers => [.. Enumerable.Range(1, 16).Select(i => $"conv{i}")];

    protected override Backbone Create() => new DarknetTiny(top: true);

    [Fact]
    public void Weights_of_Keras_come_under_its_names()
    {
        var network = new DarknetTiny(top: true);
        network.Build(new InputShape(InputKind.Picture, [32, 32, 3]));
        NamedArray window = new([1, 1, 2, 1], [1f, 2]), vector = new([2], new float[2]);
        var file = new Dictionary<string, NamedArray>
        {
            ["conv2d_1/kernel"] = window, ["batch_normalization_15/moving_variance"] = vector, ["conv2d_16/kernel"] = window, ["conv2d_16/bias"] = vector, ["x/y"] = vector,
        };

        var tensors = network.Translate(new WeightFile("tfjs", file));

        Assert.Equal(["conv1.conv.weight", "conv15.bn.running_var", "conv16.weight", "conv16.bias", "x/y"], tensors.Keys);
        Assert.Equal([1, 2, 1, 1], tensors["conv1.conv.weight"].Sizes);
    }
}
