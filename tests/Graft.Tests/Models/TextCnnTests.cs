using Graft.Data.Encoders;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Tests.Models;

public sealed class TextCnnTests : TextModelConformance
{
    protected override int Features => 8;

    protected override string[] Layers => ["words", "windows.0", "windows.1"];

    protected override string[] StateNames =>
        ["words.weight [11, 3]", "windows.0.weight [4, 3, 1, 2]", "windows.0.bias [4]", "windows.1.weight [4, 3, 1, 4]", "windows.1.bias [4]"];

    protected override IReadOnlyDictionary<string, Backbone> Networks => new Dictionary<string, Backbone> { ["text-cnn"] = new TextCnn(4, [2, 3, 5], 3, 0) };

    protected override Backbone Create() => new TextCnn(3, [2, 4], 4, dropout: 0);

    // Kim, section 3.1: 300 numbers a word, windows of 3, 4 and 5 with 100 maps each: (3 + 4 + 5) x 300 x 100 + 300.
    [Fact]
    public void It_has_as_many_weights_as_the_paper_says()
    {
        var trunk = new TextCnn(300);
        trunk.Build(new InputShape(InputKind.Tokens, [50]) { Vocabulary = 1000 });

        Assert.Equal(300_000 + 360_300, trunk.ParameterCount);
        Assert.Equal(300, trunk.Features);
    }

    [Fact]
    public void Static_vectors_are_no_parameters_and_two_channels_add_up()
    {
        var input = new InputShape(InputKind.Tokens, [6]) { Vocabulary = 11 };
        TextCnn kept = new(3, [2], 4, 0, WordChannels.Static), both = new(3, [2], 4, 0, WordChannels.Both), learned = new(3, [2], 4, 0);
        foreach (TextCnn trunk in new[] { kept, both, learned })
        {
            trunk.Build(input);
            trunk.Initialize(1);
        }

        float[] weights = learned.StateDictionary()["words.weight"].ToArray();
        kept.StateDictionary()["words.fixed"].Assign(weights);
        both.StateDictionary()["words.fixed"].Assign([.. weights.Select(w => w / 2)]);
        both.StateDictionary()["words.weight"].Assign([.. weights.Select(w => w / 2)]);

        float[] y = learned.Forward(Rows(3), Lengths(3)).ToArray();
        Assert.Equal(["windows.0.weight", "windows.0.bias"], kept.NamedParameters().Select(p => p.Path));
        Assert.Equal(y, kept.Forward(Rows(3), Lengths(3)).ToArray());
        Assert.Equal(y, both.Forward(Rows(3), Lengths(3)).ToArray());
    }

    [Fact]
    public void Other_inputs_and_impossible_values_are_refused()
    {
        var table = Assert.Throws<ShapeException>(() => new TextCnn().Build(new InputShape(InputKind.Table, [3])));
        var windows = Assert.Throws<ArgumentOutOfRangeException>(() => new TextCnn(windows: [3, 0]));

        Assert.Equal("TextCnn(100 -> 100 x [3, 4, 5]): expected texts as tokens, got table [3]. Texts become tokens with inputs: { text: tokens }; use mlp for tables.", table.Message);
        Assert.StartsWith("windows: expected 1 to 100 sizes, each at least 1, got [3, 0].", windows.Message, StringComparison.Ordinal);
    }
}
