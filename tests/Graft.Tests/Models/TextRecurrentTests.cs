using Graft.Data.Encoders;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Tests.Models;

public sealed class TextLstmModelTests : TextModelConformance
{
    protected override int Features => 6;

    protected override string[] Layers => ["words", "lstm.0", "lstm.1", "attention"];

    protected override string[] StateNames =>
    [
        "words.weight [11, 5]",
        .. from layer in new[] { (0, In: 5, H: 4), (1, In: 8, H: 3) }
           from way in new[] { "", "_reverse" }
           from weight in new[] { ("weight_ih", $"[{4 * layer.H}, {layer.In}]"), ("weight_hh", $"[{4 * layer.H}, {layer.H}]"), ("bias_ih", $"[{4 * layer.H}]"), ("bias_hh", $"[{4 * layer.H}]") }
           select $"lstm.{layer.Item1}.{weight.Item1}_l0{way} {weight.Item2}",
        "attention.context [6]", "attention.projection.weight [6, 6]", "attention.projection.bias [6]",
    ];

    protected override IReadOnlyDictionary<string, Backbone> Networks => new Dictionary<string, Backbone>
    {
        ["text-lstm"] = new TextLstmModel(5, [4], pooling: SequencePooling.Attention),
        ["text-lstm-last"] = new TextLstmModel(5, [4], pooling: SequencePooling.Last),
    };

    protected override Backbone Create() => new TextLstmModel(5, [4, 3], pooling: SequencePooling.Attention);

    [Fact]
    public void Sequences_of_numbers_are_refused()
    {
        var sequence = Assert.Throws<ShapeException>(() => new TextLstmModel().Build(new InputShape(InputKind.Sequence, [5, 3])));
        var text = Assert.Throws<ShapeException>(() => new LstmModel().Build(Input));

        Assert.Equal("TextLstmModel(64; both directions): expected texts as tokens, got sequence [5, 3]. Use lstm or gru for sequences.", sequence.Message);
        Assert.Equal("LstmModel(64): expected sequences, got tokens [6]. Use text-lstm for texts.", text.Message);
    }
}

public sealed class TextGruModelTests : TextModelConformance
{
    protected override int Features => 4;

    protected override string[] Layers => ["words", "gru.0"];

    protected override string[] StateNames =>
        ["words.weight [11, 5]", "gru.0.weight_ih_l0 [12, 5]", "gru.0.weight_hh_l0 [12, 4]", "gru.0.bias_ih_l0 [12]", "gru.0.bias_hh_l0 [12]"];

    protected override IReadOnlyDictionary<string, Backbone> Networks => new Dictionary<string, Backbone>
    {
        ["text-gru"] = new TextGruModel(5, [4], pooling: SequencePooling.Max),
        ["text-gru-mean"] = new TextGruModel(5, [4], pooling: SequencePooling.Mean),
    };

    protected override Backbone Create() => new TextGruModel(5, [4], bidirectional: false);
}
