using System.Text.Json.Nodes;
using Graft.Data.Encoders;
using Graft.Models;
using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Nn.Losses;
using Graft.Nn.Optimizers;
using Graft.Tensors;

namespace Graft.Tests.Models;

/// <summary>What every backbone for texts promises: PyTorch's numbers, nothing from behind the end of a text, and that it learns.</summary>
public abstract class TextModelConformance : BackboneConformance
{
    private static readonly JsonNode Expected = Golden.Read("text.json");

    protected override InputShape Input => new(InputKind.Tokens, [6]) { Vocabulary = 11 };

    /// <summary>The networks of the golden file that are of this kind, and how they are made; without chance in them.</summary>
    protected abstract IReadOnlyDictionary<string, Backbone> Networks { get; }

    // Values by the script's formula; sums of gradients against the sum of their sizes, and against a wave that tells places apart.
    [Fact]
    public void Outputs_and_gradients_are_those_of_PyTorch()
    {
        foreach ((string name, Backbone trunk) in Networks)
        {
            JsonNode expected = Expected["nets"]![name]!;
            trunk.Build(Input);
            trunk.Initialize(1);
            Fill(trunk, expected["keys"]!.AsArray());

            Tensor y = trunk.Forward(Tokens(), Lengths());
            (y * Tensor.From(Wave(y.Count, 0.5, 1), y.Shape)).Sum().Backward();

            double[] values = expected["y"].Doubles();
            double largest = values.Max(Math.Abs);
            Assert.Equal(values, y.ToArray().Select(v => (double)v), (a, b) => Math.Abs(a - b) < 1e-4 * largest);
            foreach ((string path, Parameter parameter) in trunk.NamedParameters())
            {
                double[] sums = expected["gradients"]![path].Doubles();
                float[] gradient = parameter.Grad!.Value.ToArray(), wave = Wave(gradient.Length, 1.5, 1);
                Assert.Equal(sums[0], gradient.Sum(g => (double)g), 1e-4 * (1 + sums[1]));
                Assert.Equal(sums[1], gradient.Sum(g => Math.Abs((double)g)), 1e-4 * (1 + sums[1]));
                Assert.Equal(sums[2], gradient.Zip(wave, (g, w) => (double)g * w).Sum(), 1e-4 * (1 + sums[1]));
            }
        }
    }

    // The third token of the second row and all behind it do not count; a batch may be shorter than the longest text.
    [Fact]
    public void What_stands_behind_the_end_of_a_text_counts_nothing()
    {
        Backbone trunk = Ready();
        Tensor lengths = Tensor.From([4, 2], [2]);

        float[] y = trunk.Forward(Tensor.From([1f, 2, 3, 4, 5, 6, 0, 0], [2, 4]), lengths).ToArray();

        Assert.Equal(y, trunk.Forward(Tensor.From([1f, 2, 3, 4, 5, 6, 9, 8], [2, 4]), lengths).ToArray());
        float[] alone = trunk.Forward(Tensor.From([5f, 6], [1, 2]), null).ToArray();
        Assert.Equal(y[(y.Length / 2)..], alone, (a, b) => MathF.Abs(a - b) < 1e-5f);
        Assert.All(trunk.Forward(Tensor.From([0f, 0, 3, 4], [2, 2]), Tensor.From([0, 1], [2])).ToArray(), v => Assert.True(float.IsFinite(v)));
    }

    [Fact]
    public void A_few_steps_learn_to_tell_texts_apart()
    {
        Backbone trunk = Create();
        trunk.Build(Input);
        var head = new Linear(trunk.Features, 2);
        trunk.Initialize(4);
        head.Initialize(5);
        var optimizer = new Adam(0.01f);
        optimizer.Attach([.. trunk.Parameters(), .. head.Parameters()]);
        Tensor x = Rows(8).Keep(), classes = Tensor.From([0, 1, 1, 0, 1, 0, 0, 1], [8]);
        var losses = new List<float>();

        for (int step = 0; step < 50; step++)
        {
            Tensor loss = new CrossEntropyLoss().Apply(head.Forward(trunk.Forward(x, Tensor.From([6, 6, 5, 5, 4, 4, 6, 6], [8]))), classes);
            loss.Backward();
            losses.Add(loss.Item());
            optimizer.Step();
            optimizer.ZeroGrad();
        }

        Assert.True(losses[^1] < losses[0] / 2, string.Join(" ", losses));
    }

    [Fact]
    public void Its_state_comes_back()
    {
        Backbone trunk = Ready(), other = Create();
        var state = new State();
        trunk.Save(state);
        other.Build(Input);
        other.Initialize(99);

        other.Load(state);

        Assert.Equal(trunk.Forward(Rows(3), Lengths(3)).ToArray(), other.Forward(Rows(3), Lengths(3)).ToArray());
    }

    [Fact]
    public void A_token_that_the_vocabulary_lacks_is_refused() =>
        Assert.Contains("indices from 0 to 10", Assert.Throws<ShapeException>(() => Ready().Forward(Tensor.From([11f], [1, 1]), null)).Message, StringComparison.Ordinal);

    private static Tensor Tokens() => Tensor.From(Expected["tokens"].Floats(), [3, 6]);

    private static Tensor Lengths() => Tensor.From(Expected["lengths"].Ints(), [3]);

    private static void Fill(Backbone trunk, JsonArray keys)
    {
        IReadOnlyDictionary<string, Tensor> state = trunk.StateDictionary();
        Assert.Equal(keys.Select(k => k!.GetValue<string>()).Order(StringComparer.Ordinal), state.Keys.Order(StringComparer.Ordinal));
        for (int k = 0; k < keys.Count; k++)
        {
            string key = keys[k]!.GetValue<string>();
            Tensor value = state[key];
            bool isNorm = key.EndsWith("norm.weight", StringComparison.OrdinalIgnoreCase);
            value.Assign([.. Wave(value.Count, k, value.Rank > 1 ? 0.6 : isNorm ? 0.2 : 0.3).Select(v => isNorm ? 1 + v : v)]);
        }
    }

    private static float[] Wave(int count, double phase, double scale) => [.. Enumerable.Range(0, count).Select(i => (float)(Math.Sin((0.7 * i) + phase) * scale))];
}
