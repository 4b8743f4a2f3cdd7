using Graft.Data.Encoders;
using Graft.Models;

namespace Graft.Tests.Models;

/// <summary>Residual networks for large pictures, of basic blocks.</summary>
public sealed class LargeResNetTests : BackboneConformance
{
    protected override InputShape Input => new(InputKind.Picture, [33, 36, 3]);

    protected override int Features => 512;

    protected override string[] StateNames => PictureNetworkTests.StateOf("resnet18", without: "fc.");

    protected override string[] Layers => ["conv1", "bn1", "layer1.0", "layer1.1", "layer2.0", "layer2.1", "layer3.0", "layer3.1", "layer4.0", "layer4.1"];

    protected override Backbone Create() => new ResNet(18);

    [Fact]
    public void The_depth_says_which_pictures_a_network_is_for()
    {
        var large = new ResNet(50);
        var small = new ResNet(44, top: true);
        var e = Assert.Throws<ArgumentOutOfRangeException>(() => new ResNet(18, shortcut: ShortcutKind.ZeroPad));

        Assert.Equal((64, ShortcutKind.Projection, 1000), (large.Width, large.Shortcut, large.Classes));
        Assert.Equal((16, ShortcutKind.ZeroPad, 10), (small.Width, small.Shortcut, small.Classes));
        Assert.Equal("ResNet-50(64, 128, 256, 512)", large.ToString());
        Assert.Equal("ResNet-44(16, 32, 64; 10 classes)", small.ToString());
        Assert.StartsWith("shortcut: expected projection at depth 18, got ZeroPad.", e.Message, StringComparison.Ordinal);
    }
}

/// <summary>Residual networks for large pictures, of bottlenecks, narrow.</summary>
public sealed class BottleneckResNetTests : BackboneConformance
{
    protected override InputShape Input => new(InputKind.Picture, [32, 32, 3]);

    protected override int Features => 7;

    protected override string[] StateNames => [.. PictureNetworkTests.StateOf("resnet50").Select(Narrowed)];

    protected override string[] Layers =>
        ["conv1", "bn1", .. new[] { 3, 4, 6, 3 }.SelectMany((n, s) => Enumerable.Range(0, n).Select(i => $"layer{s + 1}.{i}")), "fc"];

    protected override Backbone Create() => new ResNet(50, width: 4, top: true, classes: 7);

    // All channels but the picture's 3 are 16 times as many in the published network; windows stay.
    private static string Narrowed(string state)
    {
        string[] parts = state[..^1].Split(" [");
        int[] sizes = [.. parts[1].Split(", ").Select(int.Parse)];
        return $"{parts[0]} [{string.Join(", ", sizes.Select(s => s >= 64 ? s == 1000 ? 7 : s / 16 : s))}]";
    }
}
