using Graft.Data;
using Graft.Data.Encoders;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Tests.Models;

public sealed class EmbeddingMlpTests : BackboneConformance
{
    protected override InputShape Input => new(InputKind.Table, [9]) { Categories = [new(1, 3), new(6, 2)] };

    protected override int Features => 5;

    protected override string[] StateNames =>
        ["categories.0.weight [3, 2]", "categories.1.weight [2, 2]", "mlp.hidden.0.weight [5, 8]", "mlp.hidden.0.bias [5]"];

    protected override string[] Layers => ["categories.0", "categories.1", "mlp.hidden.0"];

    protected override Backbone Create() => new EmbeddingMlp([5], width: 2, activation: ActivationKind.Tanh);

    // Numbers at 0 and behind the category; levels (1, 2), (3, 4); the third level was not seen in training.
    [Fact]
    public void A_level_is_its_vector_and_a_strange_one_is_zeros()
    {
        var trunk = new EmbeddingMlp([4], width: 2);
        trunk.Build(new InputShape(InputKind.Table, [4]) { Categories = [new(1, 2)] });
        trunk.Initialize(1);
        trunk.StateDictionary()["categories.0.weight"].Assign([1, 2, 3, 4]);

        float[] y = trunk.Block(0, Tensor.From([7f, 1, 0, 8, 9, 0, 1, 5, 6, 0, 0, 4], [3, 4]), null).ToArray();

        Assert.Equal([1, 2, 7, 8, 3, 4, 9, 5, 0, 0, 6, 4], y);
    }

    // min(600, round(1.6 n^0.56)): 2 levels 2, 10 levels 6, 100 levels 21, a million 600 at most.
    [Theory]
    [InlineData(2, 2)]
    [InlineData(10, 6)]
    [InlineData(100, 21)]
    [InlineData(1_000_000, 600)]
    public void The_rule_gives_more_numbers_to_categories_with_more_levels(int levels, int expected)
    {
        var trunk = new EmbeddingMlp([4]);
        trunk.Build(new InputShape(InputKind.Table, [levels]) { Categories = [new(0, levels)] });

        Assert.Equal((long)levels * expected, trunk.Parameters().First().Shape.Count);
    }

    [Fact]
    public void The_encoder_of_a_table_says_where_its_categories_are()
    {
        var rows = new Dataset("t",
        [
            new NumberColumn("age", [1, 2, 3, 4]),
            new CategoryColumn("color", [0, 1, 2, 0], ["red", "green", "blue"]),
            new NumberColumn("size", [5, 6, 7, 9]),
            new CategoryColumn("shape", [0, 1, 1, -1], ["round", "flat"]),
        ]);

        InputEncoder encoder = InputEncoder.Fit(rows, new InputOptions());

        Assert.Equal([new CategoryBlock(1, 3), new CategoryBlock(5, 3)], encoder.Shape.Categories);
        Assert.Equal(encoder.Shape.Categories, InputEncoder.FromJson(encoder.ToJson()).Shape.Categories);
    }

    [Fact]
    public void Tables_without_categories_are_refused()
    {
        var e = Assert.Throws<ShapeException>(() => new EmbeddingMlp([4]).Build(new InputShape(InputKind.Table, [7])));

        Assert.Equal("EmbeddingMlp(4): expected a table with categories, got table [7] without any. Use mlp.", e.Message);
    }
}
