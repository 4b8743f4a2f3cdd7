using Graft.Data.Encoders;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Tests.Models;

public sealed class EmbeddingAverageTests : BackboneConformance
{
    protected override InputShape Input => new(InputKind.Table, [7]);

    protected override int Features => 4;

    protected override string[] StateNames => ["words.weight [7, 3]", "hidden.0.weight [4, 3]", "hidden.0.bias [4]"];

    protected override string[] Layers => ["words", "hidden.0"];

    protected override Backbone Create() => new EmbeddingAverage(3, [4]);

    // Twice the word (1, 2) and once the word (4, 5): their mean is (2, 3). No word: zeros.
    [Fact]
    public void Features_are_the_mean_of_the_vectors_of_all_words()
    {
        var trunk = new EmbeddingAverage(2);
        trunk.Build(new InputShape(InputKind.Table, [3]));
        trunk.Initialize(1);
        trunk.StateDictionary()["words.weight"].Assign([1, 2, 7, 7, 4, 5]);

        float[] y = trunk.Forward(Tensor.From([2f, 0, 1, 0, 0, 0], [2, 3])).ToArray();

        Assert.Equal([2f, 3, 0, 0], y, (a, b) => Math.Abs(a - b) < 1e-6f);
    }

    // 1000 words of 20 numbers, then 20 -> 8.
    [Fact]
    public void It_has_as_many_weights_as_vocabulary_and_layers_need()
    {
        var trunk = new EmbeddingAverage(20, [8]);
        trunk.Build(new InputShape(InputKind.Table, [1000]));

        Assert.Equal(20_000 + 168, trunk.ParameterCount);
    }

    [Fact]
    public void Pictures_and_impossible_values_are_refused()
    {
        var picture = Assert.Throws<ShapeException>(() => new EmbeddingAverage().Build(new InputShape(InputKind.Picture, [8, 8, 1])));

        Assert.Equal("EmbeddingAverage(100): expected a table of word counts, got picture [8, 8, 1]. Use cnn for pictures.", picture.Message);
        Assert.StartsWith(
            "hidden: expected at most 100 widths, each at least 1, got [4, 0].", Assert.Throws<ArgumentOutOfRangeException>(() => new EmbeddingAverage(3, [4, 0])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new EmbeddingAverage(0));
    }
}

public sealed class EmbeddingAverageOfTokensTests : BackboneConformance
{
    protected override InputShape Input => new(InputKind.Tokens, [5]) { Vocabulary = 7 };

    protected override int Features => 4;

    protected override string[] StateNames => ["words.weight [7, 3]", "hidden.0.weight [4, 3]", "hidden.0.bias [4]"];

    protected override string[] Layers => ["words", "hidden.0"];

    protected override Backbone Create() => new EmbeddingAverage(3, [4]);

    // Tokens 0, 2, 0 are counts (2, 0, 1): the same numbers on both ways.
    [Fact]
    public void Tokens_and_their_counts_give_the_same()
    {
        EmbeddingAverage tokens = new(2), counts = new(2);
        tokens.Build(new InputShape(InputKind.Tokens, [3]) { Vocabulary = 3 });
        counts.Build(new InputShape(InputKind.Table, [3]));
        tokens.Initialize(1);
        counts.Initialize(1);

        float[] y = tokens.Forward(Tensor.From([0f, 2, 0, 1, 0, 0], [2, 3]), Tensor.From([3, 1], [2])).ToArray();

        Assert.Equal(counts.Forward(Tensor.From([2f, 0, 1, 0, 1, 0], [2, 3])).ToArray(), y, (a, b) => Math.Abs(a - b) < 1e-6f);
    }
}
