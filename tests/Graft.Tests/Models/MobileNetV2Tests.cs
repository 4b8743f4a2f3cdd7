using Graft.Data.Encoders;
using Graft.Models;

namespace Graft.Tests.Models;

public sealed class MobileNetV2Tests : BackboneConformance
{
    protected override InputShape Input => new(InputKind.Picture, [33, 40, 3]);

    protected override int Features => 1000;

    protected override string[] StateNames => PictureNetworkTests.StateOf("mobilenet_v2");

    protected override string[] Layers => [.. Enumerable.Range(0, 19).Select(i => $"features.{i}"), "classifier.1"];

    protected override Backbone Create() => new MobileNetV2(dropout: 0, top: true);

    // torchvision: 0.35 of 32 channels are 11.2, rounded to 8 they would lose more than a tenth.
    [Fact]
    public void Channels_are_multiples_of_8_that_lose_at_most_a_tenth()
    {
        var network = new MobileNetV2(0.35);
        network.Build(new InputShape(InputKind.Picture, [32, 32, 3]));

        Assert.Equal(16, network.BlockOutput(0).Sizes[2]);
        Assert.Equal(1280, network.Features);
    }
}
