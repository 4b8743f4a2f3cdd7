using Graft.Data.Encoders;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Tests.Models;

public sealed class VggTests : BackboneConformance
{
    protected override InputShape Input => new(InputKind.Picture, [32, 65, 3]);

    protected override int Features => 5;

    protected override string[] StateNames => [.. PictureNetworkTests.StateOf("vgg11", without: "classifier."), "classifier.0.weight [5, 1024]", "classifier.0.bias [5]"];

    protected override string[] Layers =>
        ["features.0", "features.3", "features.6", "features.8", "features.11", "features.13", "features.16", "features.18", "classifier.0"];

    protected override Backbone Create() => new Vgg(11, pooling: PicturePooling.Flatten, dense: [5], dropout: 0);

    // 128 pixels are halved five times: 4 x 4 x 512 = 8192, and two layers of 4096.
    [Fact]
    public void Without_top_the_last_maps_can_be_flattened_for_fully_connected_layers_of_ones_own()
    {
        var trunk = new Vgg(16, pooling: PicturePooling.Flatten, dense: [4096, 4096], dropout: 0);
        var means = new Vgg();
        var grid = new Vgg(pooling: PicturePooling.Grid);
        var picture = new InputShape(InputKind.Picture, [128, 128, 3]);

        trunk.Build(picture);
        means.Build(picture);
        grid.Build(picture);

        Assert.Equal(14_714_688 + (8192 * 4096) + 4096 + (4096 * 4096) + 4096, trunk.ParameterCount);
        Assert.Equal([4096, 512, 25088], new[] { trunk.Features, means.Features, grid.Features });
        Assert.Equal(14_714_688, means.ParameterCount);
        Assert.Equal([false, true, true], new[] { trunk.TakesAnySize, means.TakesAnySize, grid.TakesAnySize });
        Assert.Equal(new InputShape(InputKind.Picture, [4, 4, 512]), trunk.BlockOutput(4));
    }

    // At 224 pixels 7 x 7 x 512 flattened are what the published classifier takes: its layers load by name.
    [Fact]
    public void At_224_pixels_flattened_its_dense_layers_are_those_of_the_published_classifier()
    {
        var trunk = new Vgg(11, pooling: PicturePooling.Flatten, dense: [4096, 4096]);
        trunk.Build(new InputShape(InputKind.Picture, [224, 224, 3]));

        Assert.Equal(PictureNetworkTests.StateOf("vgg11", without: "classifier.6"), trunk.NamedParameters().Select(p => $"{p.Path} {p.Parameter.Shape}"));
    }

    [Fact]
    public void What_is_no_such_network_is_refused()
    {
        var depth = Assert.Throws<ArgumentOutOfRangeException>(() => new Vgg(12));
        var dense = Assert.Throws<ArgumentOutOfRangeException>(() => new Vgg(dense: [0]));
        var small = Assert.Throws<ShapeException>(() => new Vgg().Build(new InputShape(InputKind.Picture, [31, 32, 3])));

        Assert.StartsWith("depth: expected 11, 13, 16 or 19, got 12.", depth.Message, StringComparison.Ordinal);
        Assert.StartsWith("dense: expected up to 16 widths, each at least 1, got [0].", dense.Message, StringComparison.Ordinal);
        Assert.Equal("VGG-16(average): expected pictures of at least 32 x 32 pixels, got picture [31, 32, 3]. Enlarge them, or use cnn for small pictures.", small.Message);
    }
}
