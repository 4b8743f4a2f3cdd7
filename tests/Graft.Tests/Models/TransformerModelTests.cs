using Graft.Data.Encoders;
using Graft.Models;
using Graft.Models.Formats;
using Graft.Models.Weights;
using Graft.Tensors;

namespace Graft.Tests.Models;

public sealed class BertModelTests : TextModelConformance
{
    protected override int Features => 4;

    protected override string[] Layers => ["embeddings", "encoder.layer.0", "encoder.layer.1", "pooler.dense"];

    protected override string[] StateNames => Names(4, 6, 2, 9, segments: true, pooler: true);

    protected override IReadOnlyDictionary<string, Backbone> Networks => new Dictionary<string, Backbone> { ["bert"] = new BertModel(8, 2, 2, 12, 7, dropout: 0) };

    protected override Backbone Create() => new BertModel(4, 2, 2, 6, 9, dropout: 0);

    // The published models: bert-base-uncased and all-MiniLM-L6-v2 with their poolers, distilbert-base-uncased without its head.
    [Fact]
    public void Published_sizes_have_as_many_weights_as_published()
    {
        var input = new InputShape(InputKind.Tokens, [128]) { Vocabulary = 30_522 };
        Backbone bert = new BertModel(), distilled = new DistilBertModel(), mini = new MiniLmModel(pooling: TokenPooling.Pooler), mean = new MiniLmModel();
        foreach (Backbone trunk in new[] { bert, distilled, mini, mean })
        {
            trunk.Build(input);
        }

        Assert.Equal(109_482_240, bert.ParameterCount);
        Assert.Equal(66_362_880, distilled.ParameterCount);
        Assert.Equal(22_713_216, mini.ParameterCount);
        Assert.Equal(22_713_216 - (384 * 385), mean.ParameterCount);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        var longer = Assert.Throws<ShapeException>(() => new BertModel(8, 1, 2, 8, positions: 4).Build(Input));
        var heads = Assert.Throws<ArgumentOutOfRangeException>(() => new BertModel(10, heads: 3));
        var picture = Assert.Throws<ShapeException>(() => new BertModel().Build(new InputShape(InputKind.Picture, [8, 8, 3])));

        Assert.Equal("BertModel(1 layers of 8, 2 heads): expected texts of at most 4 tokens, got tokens [6]. Cut longer texts, or take more positions.", longer.Message);
        Assert.StartsWith("heads: expected a divisor of the width 10, got 3.", heads.Message, StringComparison.Ordinal);
        Assert.Equal("BertModel(12 layers of 768, 12 heads): expected texts as tokens, got picture [8, 8, 3]. Use cnn for pictures.", picture.Message);
    }

    [Fact]
    public void Dropout_acts_while_it_learns_only()
    {
        var trunk = new BertModel(8, 1, 2, 8, 6, dropout: 0.4f);
        trunk.Build(Input);
        trunk.Initialize(1);

        float[] first = trunk.Forward(Rows(3), null).ToArray();
        Assert.NotEqual(first, trunk.Forward(Rows(3), null).ToArray());
        trunk.Train(false);

        Assert.Equal(trunk.Forward(Rows(3), null).ToArray(), trunk.Forward(Rows(3), null).ToArray());
    }

    // As in the first published files: the whole model's name before each path, gamma and beta in normalizations, heads beside.
    [Fact]
    public void Published_names_are_translated()
    {
        var trunk = (BertModel)Ready();
        Dictionary<string, NamedArray> published = trunk.StateDictionary().ToDictionary(
            e => "bert." + e.Key.Replace("LayerNorm.weight", "LayerNorm.gamma", StringComparison.Ordinal).Replace("LayerNorm.bias", "LayerNorm.beta", StringComparison.Ordinal),
            e => new NamedArray(e.Value.Shape.Sizes.ToArray(), [.. e.Value.ToArray().Select(v => v + 1)]));
        published["cls.seq_relationship.bias"] = new NamedArray([2], [0, 0]);
        float[] before = trunk.StateDictionary()["encoder.layer.1.output.LayerNorm.bias"].ToArray();

        CarryReport report = WeightCarry.CarryPretrained(WeightSource.For(trunk, new WeightFile("torch", published), "file"), trunk);

        Assert.Equal(trunk.StateDictionary().Count, report.Carried.Count);
        Assert.Equal("cls.seq_relationship.bias", Assert.Single(report.Unexpected).Path);
        Assert.Equal(before.Select(v => v + 1), trunk.StateDictionary()["encoder.layer.1.output.LayerNorm.bias"].ToArray());
    }

    /// <summary>The state of a transformer with BERT's names and 11 tokens.</summary>
    internal static string[] Names(int e, int inner, int depth, int positions, bool segments, bool pooler) =>
    [
        $"embeddings.word_embeddings.weight [11, {e}]", $"embeddings.position_embeddings.weight [{positions}, {e}]",
        .. segments ? [$"embeddings.token_type_embeddings.weight [2, {e}]"] : Array.Empty<string>(),
        $"embeddings.LayerNorm.weight [{e}]", $"embeddings.LayerNorm.bias [{e}]",
        .. Enumerable.Range(0, depth).SelectMany(i => new[]
        {
            $"attention.self.query.weight [{e}, {e}]", $"attention.self.query.bias [{e}]", $"attention.self.key.weight [{e}, {e}]", $"attention.self.key.bias [{e}]",
            $"attention.self.value.weight [{e}, {e}]", $"attention.self.value.bias [{e}]", $"attention.output.dense.weight [{e}, {e}]", $"attention.output.dense.bias [{e}]",
            $"attention.output.LayerNorm.weight [{e}]", $"attention.output.LayerNorm.bias [{e}]", $"intermediate.dense.weight [{inner}, {e}]", $"intermediate.dense.bias [{inner}]",
            $"output.dense.weight [{e}, {inner}]", $"output.dense.bias [{e}]", $"output.LayerNorm.weight [{e}]", $"output.LayerNorm.bias [{e}]",
        }.Select(n => $"encoder.layer.{i}.{n}")),
        .. pooler ? [$"pooler.dense.weight [{e}, {e}]", $"pooler.dense.bias [{e}]"] : Array.Empty<string>(),
    ];
}

public sealed class DistilBertModelTests : TextModelConformance
{
    protected override int Features => 6;

    protected override string[] Layers => ["embeddings", "transformer.layer.0"];

    protected override string[] StateNames =>
    [
        "embeddings.word_embeddings.weight [11, 6]", "embeddings.position_embeddings.weight [6, 6]", "embeddings.LayerNorm.weight [6]", "embeddings.LayerNorm.bias [6]",
        .. new[]
        {
            "attention.q_lin.weight [6, 6]", "attention.q_lin.bias [6]", "attention.k_lin.weight [6, 6]", "attention.k_lin.bias [6]",
            "attention.v_lin.weight [6, 6]", "attention.v_lin.bias [6]", "attention.out_lin.weight [6, 6]", "attention.out_lin.bias [6]",
            "sa_layer_norm.weight [6]", "sa_layer_norm.bias [6]", "ffn.lin1.weight [24, 6]", "ffn.lin1.bias [24]",
            "ffn.lin2.weight [6, 24]", "ffn.lin2.bias [6]", "output_layer_norm.weight [6]", "output_layer_norm.bias [6]",
        }.Select(n => $"transformer.layer.0.{n}"),
    ];

    protected override IReadOnlyDictionary<string, Backbone> Networks =>
        new Dictionary<string, Backbone> { ["distilbert"] = new DistilBertModel(6, 2, 3, 10, 6, TokenPooling.Mean, 0) };

    protected override Backbone Create() => new DistilBertModel(6, 1, 3, inner: 0, positions: 0, dropout: 0);
}

public sealed class MiniLmModelTests : TextModelConformance
{
    protected override int Features => 8;

    protected override string[] Layers => ["embeddings", "encoder.layer.0"];

    protected override string[] StateNames => BertModelTests.Names(8, 12, 1, 7, segments: true, pooler: false);

    protected override IReadOnlyDictionary<string, Backbone> Networks => new Dictionary<string, Backbone> { ["bert"] = new MiniLmModel(8, 2, 2, 12, 7, TokenPooling.Pooler, 0) };

    protected override Backbone Create() => new MiniLmModel(8, 1, 2, 12, 7, dropout: 0);
}

public sealed class SmallTransformerTests : TextModelConformance
{
    protected override int Features => 8;

    protected override string[] Layers => ["embeddings", "encoder.layer.0", "encoder.layer.1"];

    protected override string[] StateNames => BertModelTests.Names(8, 32, 2, 6, segments: false, pooler: false);

    protected override IReadOnlyDictionary<string, Backbone> Networks => new Dictionary<string, Backbone>();

    protected override Backbone Create() => new SmallTransformer(8, 2, 2, dropout: 0, pooling: TokenPooling.Max);
}
