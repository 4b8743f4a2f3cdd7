using System.Text.Json.Nodes;
using Graft.Data.Encoders;
using Graft.Models;
using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Nn.Losses;
using Graft.Nn.Optimizers;
using Graft.Tensors;

namespace Graft.Tests.Models;

public sealed class ResNetTests : BackboneConformance
{
    private static readonly JsonNode Expected = Golden.Read("resnet.json");

    protected override InputShape Input => new(InputKind.Picture, [9, 11, 2]);

    protected override int Features => 12;

    protected override string[] Layers => ["conv1", "bn1", "layer1.0", "layer2.0", "layer3.0"];

    // Learned values come first, running statistics behind.
    protected override string[] StateNames => [.. All.Where(n => !n.Contains("running", StringComparison.Ordinal)), .. All.Where(n => n.Contains("running", StringComparison.Ordinal))];

    public static TheoryData<string, int, int, int, ShortcutKind> Networks => new()
    {
        { "resnet20", 20, 16, 3, ShortcutKind.ZeroPad },
        { "resnet8-projection", 8, 4, 1, ShortcutKind.Projection },
        { "resnet8-odd", 8, 5, 2, ShortcutKind.ZeroPad },
    };

    protected override Backbone Create() => new ResNet(8, width: 3, ShortcutKind.Projection);

    // Paper, table 6: 0.27, 0.46 and 0.85 million for 10 classes of color pictures. By the formula, with a head of 64 x 10 + 10.
    [Theory]
    [InlineData(20, 269_722)]
    [InlineData(32, 464_154)]
    [InlineData(56, 853_018)]
    public void It_has_as_many_weights_as_the_formula_says(int depth, long expected)
    {
        var trunk = new ResNet(depth);
        trunk.Build(new InputShape(InputKind.Picture, [32, 32, 3]));
        long n = (depth - 2) / 6, w = 16, channels = 3;

        Assert.Equal((9 * channels * w) + (2 * w) + (((378 * n) - 90) * w * w) + (28 * n * w), trunk.ParameterCount);
        Assert.Equal(expected, trunk.ParameterCount + (trunk.Features * 10) + 10);
        Assert.Equal(1 + (3 * n), trunk.BlockCount);
    }

    // Values and gradients pass up to 19 convolutions in single precision; sums of thousands of gradients are compared with the sum of their sizes.
    [Theory, MemberData(nameof(Networks))]
    public void Outputs_and_gradients_are_those_of_PyTorch(string name, int depth, int width, int channels, ShortcutKind shortcut)
    {
        JsonNode expected = Expected[name]!;
        var shape = Shape.Create(expected["shape"].Ints());
        var trunk = new ResNet(depth, width, shortcut);
        trunk.Build(new InputShape(InputKind.Picture, [shape[2], shape[3], channels]));
        trunk.Initialize(1);
        Fill(trunk, expected["keys"]!.AsArray());
        Tensor x = Tensor.Variable(Tensor.From(Wave(shape.Count, 0.25, 1), shape));

        trunk.Train(false);
        float[] used = trunk.Forward(x).ToArray();
        trunk.Train();
        Tensor learned = trunk.Forward(x);
        (learned * Tensor.From(Wave(learned.Count, 0.5, 1), learned.Shape)).Sum().Backward();

        AssertNear(expected["used"].Doubles(), used);
        AssertNear(expected["learned"].Doubles(), learned.ToArray());
        AssertNear(expected["dx"].Doubles(), x.Grad!.Value.ToArray()[..expected["dx"]!.AsArray().Count]);
        foreach ((string path, Parameter parameter) in trunk.NamedParameters())
        {
            double[] sums = expected["gradients"]![path].Doubles();
            float[] gradient = parameter.Grad!.Value.ToArray();
            Assert.Equal(sums[0], gradient.Sum(g => (double)g), 1e-3 * (1 + sums[1]));
            Assert.Equal(sums[1], gradient.Sum(g => Math.Abs((double)g)), 1e-3 * (1 + sums[1]));
        }
    }

    [Fact]
    public void A_few_steps_learn_to_tell_pictures_apart()
    {
        var net = new Sequential(Ready(), new Linear(12, 2));
        net.Initialize(4);
        var optimizer = new Adam(0.01f);
        optimizer.Attach(net.Parameters());
        Tensor x = Rows(8).Keep();
        Tensor classes = Tensor.From([0, 1, 1, 0, 1, 0, 0, 1], [8]);
        var losses = new List<float>();

        for (int step = 0; step < 12; step++)
        {
            Tensor loss = new CrossEntropyLoss().Apply(net.Forward(x), classes);
            loss.Backward();
            losses.Add(loss.Item());
            optimizer.Step();
        }

        Assert.True(losses[^1] < losses[0] / 3, string.Join(" ", losses));
    }

    [Fact]
    public void What_is_no_such_network_is_refused()
    {
        var depth = Assert.Throws<ArgumentOutOfRangeException>(() => new ResNet(19));
        var small = Assert.Throws<ShapeException>(() => new ResNet().Build(new InputShape(InputKind.Picture, [7, 32, 3])));

        Assert.StartsWith("depth: expected 18, 34, 50, 101 or 152, or 6 n + 2 with n from 1 to 200, such as 20, 32 or 56, got 19.", depth.Message, StringComparison.Ordinal);
        Assert.Equal("ResNet-20(16, 32, 64): expected pictures of at least 8 x 8 pixels, got picture [7, 32, 3]. Enlarge them, or use cnn for small pictures.", small.Message);
    }

    private static string[] All =>
        ["conv1.weight [3, 2, 3, 3]", .. Norm("bn1", 3), .. Block("layer1.0", 3, 3), .. Block("layer2.0", 3, 6), .. Block("layer3.0", 6, 12)];

    private static string[] Norm(string name, int channels) =>
        [.. new[] { "weight", "bias", "running_mean", "running_var" }.Select(p => $"{name}.{p} [{channels}]")];

    private static string[] Block(string name, int from, int to)
    {
        string[] own = [$"{name}.conv1.weight [{to}, {from}, 3, 3]", .. Norm($"{name}.bn1", to), $"{name}.conv2.weight [{to}, {to}, 3, 3]", .. Norm($"{name}.bn2", to)];
        return from == to ? own : [.. own, $"{name}.shortcut.0.weight [{to}, {from}, 1, 1]", .. Norm($"{name}.shortcut.1", to)];
    }

    // The formula of the script.
    private static void Fill(ResNet trunk, JsonArray keys)
    {
        IReadOnlyDictionary<string, Tensor> state = trunk.StateDictionary();
        Assert.Equal(keys.Count, state.Count);
        for (int k = 0; k < keys.Count; k++)
        {
            string key = keys[k]!.GetValue<string>();
            Tensor value = state[key];
            double scale = value.Rank == 4 ? Math.Sqrt(2.0 / (value.Count / value.Shape[0])) : key.EndsWith("running_var", StringComparison.Ordinal) ? 0.5 : key.EndsWith("weight", StringComparison.Ordinal) ? 0.2 : 0.1;
            float shift = value.Rank == 1 && scale > 0.1 ? 1 : 0;
            value.Assign([.. Wave(value.Count, k, scale).Select(v => shift + v)]);
        }
    }

    private static float[] Wave(int count, double phase, double scale) => [.. Enumerable.Range(0, count).Select(i => (float)(Math.Sin((0.7 * i) + phase) * scale))];

    private static void AssertNear(double[] expected, float[] actual)
    {
        double size = expected.Max(Math.Abs);
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 2e-4 * size);
        }
    }
}
