using Graft.Data.Encoders;
using Graft.Models;
using Graft.Models.Formats;
using Graft.Tensors;

namespace Graft.Tests.Models;

public sealed class VitTests : BackboneConformance
{
    protected override InputShape Input => new(InputKind.Picture, [8, 12, 2]);

    protected override int Features => 6;

    protected override string[] StateNames =>
    [
        "cls_token [1, 1, 6]", "pos_embed [1, 7, 6]", "patch_embed.proj.weight [6, 2, 4, 4]", "patch_embed.proj.bias [6]", "blocks.0.norm1.weight [6]", "blocks.0.norm1.bias [6]",
        "blocks.0.attn.qkv.weight [18, 6]", "blocks.0.attn.qkv.bias [18]", "blocks.0.attn.proj.weight [6, 6]", "blocks.0.attn.proj.bias [6]", "blocks.0.norm2.weight [6]",
        "blocks.0.norm2.bias [6]", "blocks.0.mlp.fc1.weight [24, 6]", "blocks.0.mlp.fc1.bias [24]", "blocks.0.mlp.fc2.weight [6, 24]", "blocks.0.mlp.fc2.bias [6]",
        "norm.weight [6]", "norm.bias [6]",
    ];

    protected override string[] Layers => ["cls_token", "pos_embed", "patch_embed.proj", "blocks.0", "norm"];

    protected override Backbone Create() => new Vit(patch: 4, width: 6, depth: 1, heads: 2);

    [Fact]
    public void Embeddings_of_places_of_another_size_are_interpolated_as_timm_does()
    {
        var network = new Vit(patch: 4, width: 2, depth: 1, heads: 1);
        network.Build(new InputShape(InputKind.Picture, [12, 24, 3]));
        var file = new WeightFile("torch", new Dictionary<string, NamedArray> { ["pos_embed"] = new([1, 17, 2], PictureNetworkTests.Wave(34, 5)) });

        NamedArray places = network.Translate(file)["pos_embed"];

        Assert.Equal([1, 19, 2], places.Sizes);
        Assert.Equal(PictureNetworkTests.Places(), places.Values.Select(v => (double)v), (a, b) => Math.Abs(a - b) < 1e-5);
    }

    [Fact]
    public void Pictures_that_are_no_whole_patches_are_refused()
    {
        var e = Assert.Throws<ShapeException>(() => new Vit().Build(new InputShape(InputKind.Picture, [224, 225, 3])));

        Assert.Equal("Vit(16 x 16, 192, 12 blocks): expected pictures whose sides are multiples of 16 pixels, got picture [224, 225, 3]. Resize them, or set patch.", e.Message);
        Assert.StartsWith("heads: expected a divisor of the width 192, got 5.", Assert.Throws<ArgumentOutOfRangeException>(() => new Vit(heads: 5)).Message, StringComparison.Ordinal);
    }
}
