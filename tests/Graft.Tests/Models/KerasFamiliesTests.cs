using System.Text.Json.Nodes;
using Graft.Data.Encoders;
using Graft.Models;
using Graft.Models.Formats;
using Graft.Models.Weights;
using Graft.Tensors;
using Graft.Tensors.Autograd;

namespace Graft.Tests.Models;

/// <summary>Weights as keras.applications publishes them, in families of this library.</summary>
public sealed class KerasFamiliesTests
{
    private static readonly JsonNode Expected = Golden.Read("keras_families.json");

    /// <summary>Networks with their published sizes; nothing is built.</summary>
    public static TheoryData<string> Published => new("vgg16", "vgg19", "resnet50", "resnet50-old", "resnet101", "mobilenet-v2");

    [Theory, MemberData(nameof(Published))]
    public void Published_names_and_shapes_become_those_of_torchvision(string name)
    {
        JsonNode known = Expected["published"]![name]!;
        var tensors = known["keras"]!.AsArray().ToDictionary(a => a![0]!.GetValue<string>(), a => new NamedArray(a![1].Ints(), into => { }), StringComparer.Ordinal);

        IReadOnlyDictionary<string, NamedArray> own = Network(name, large: true).Translate(new WeightFile("keras", tensors));

        Assert.Equal(
            known["own"]!.AsObject().Select(t => $"{t.Key} [{string.Join(", ", t.Value.Ints())}]").Order(StringComparer.Ordinal),
            own.Select(t => $"{t.Key} {t.Value.ShapeText}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("vgg16")]
    [InlineData("resnet50")]
    [InlineData("resnet50-old")]
    [InlineData("mobilenet-v2")]
    public void They_give_what_Keras_gives(string name)
    {
        JsonNode known = Expected["small"]![name]!;
        int[] size = known["size"].Ints();
        using var scope = new TensorScope();
        using var silence = new NoGrad();
        Backbone network = Network(name, large: false);
        network.Build(new InputShape(InputKind.Picture, [size[0], size[1], 3]));
        network.Initialize(1);
        var file = new WeightFile("keras", known["arrays"]!.AsArray().Select((a, n) => (Name: a![0]!.GetValue<string>(), Sizes: a[1].Ints(), n))
            .ToDictionary(a => a.Name, a => new NamedArray(a.Sizes, Values(a.Name, a.Sizes, a.n)), StringComparer.Ordinal));
        CarryReport report = WeightCarry.CarryPretrained(WeightSource.For(network, file, "keras.h5"), network);
        network.Train(false);

        float[] y = network.Forward(Tensor.From(Values("", [3 * size[0] * size[1]], 9999), [1, 3, size[0], size[1]])).ToArray();

        Assert.Empty(report.Missing);
        Assert.Empty(report.Unexpected);
        Assert.Empty(report.WrongShape);
        float[] expected = known["y"].Floats();
        Assert.All(expected.Zip(y), v => Assert.Equal(v.First, v.Second, 1e-4f * expected.Max(Math.Abs)));
    }

    [Fact]
    public void Networks_that_are_built_otherwise_are_told_what_the_weights_want()
    {
        static WeightFile File(string name) => new("keras", new Dictionary<string, NamedArray> { [name] = new NamedArray([4], new float[4]) });

        Assert.Equal(
            "resnet: expected strideFirst: true and epsilon: 1.001E-05 for weights of Keras, got false and 1E-05.",
            Assert.Throws<GraftInputException>(() => new ResNet(50).Translate(File("conv2_block1_1_bn/gamma:0"))).Findings[0].Message);
        Assert.Equal(
            "resnet: expected strideFirst: true and epsilon: 0.001 for weights of Keras, got true and 1.001E-05.",
            Assert.Throws<GraftInputException>(() => new ResNet(50, strideFirst: true, epsilon: 1.001e-5f).Translate(File("bn2a_branch2a_gamma:0"))).Findings[0].Message);
        Assert.Equal(
            "resnet: expected weights of ResNet's version 1, got those of version 2, which normalizes before each convolution. Read the whole model with 'graph'.",
            Assert.Throws<GraftInputException>(() => new ResNet(50).Translate(File("conv2_block1_preact_bn/gamma:0"))).Findings[0].Message);
        Assert.Equal(
            "mobilenet-v2: expected samePadding: true and epsilon: 0.001 for weights of Keras, got false and 1E-05.",
            Assert.Throws<GraftInputException>(() => new MobileNetV2().Translate(File("bn_Conv1/gamma:0"))).Findings[0].Message);
        Assert.Equal(
            "mobilenet-v1: expected samePadding: true and epsilon: 0.001 for weights of Keras, got true and 1E-05.",
            Assert.Throws<GraftInputException>(() => new MobileNetV1(samePadding: true).Translate(File("conv1_bn/gamma:0"))).Findings[0].Message);
        Assert.Equal("strideFirst: expected false at depth 18, got true.", Assert.Throws<ArgumentOutOfRangeException>(() => new ResNet(18, strideFirst: true)).Message.Split(" (")[0]);
    }

    // The mean of what comes is that of what came less the bias; Keras 3 has the model's name in front where it stands in another.
    [Fact]
    public void Biases_go_into_the_means_behind_them()
    {
        var network = new ResNet(50, strideFirst: true, epsilon: 1.001e-5f);
        var file = new WeightFile("keras", new Dictionary<string, NamedArray>
        {
            ["resnet50/conv3_block4_2_conv/bias"] = new NamedArray([2], [0.5f, -1]),
            ["resnet50/conv3_block4_2_bn/moving_mean"] = new NamedArray([2], [2f, 3]),
        });

        IReadOnlyDictionary<string, NamedArray> own = network.Translate(file);

        Assert.Equal(["layer2.3.bn2.running_mean"], own.Keys);
        Assert.Equal([1.5f, 4], own["layer2.3.bn2.running_mean"].Values);
    }

    [Fact]
    public void Names_of_other_programs_are_left_alone()
    {
        var file = new WeightFile("torch", new Dictionary<string, NamedArray> { ["features.0.weight"] = new NamedArray([64, 3, 3, 3], new float[1728]), ["classifier.0.weight"] = new NamedArray([8, 4], new float[32]) });

        Assert.Equal(["features.0.weight", "classifier.0.weight"], new Vgg(16, top: true).Translate(file).Keys);
        Assert.Equal("[8, 4]", new Vgg(16, top: true).Translate(file)["classifier.0.weight"].ShapeText);
    }

    private static Backbone Network(string name, bool large) => name switch
    {
        "vgg16" when large => new Vgg(16, top: true),
        "vgg16" => new Vgg(16, pooling: PicturePooling.Flatten, dense: [8]),
        "vgg19" => new Vgg(19, top: true),
        "resnet50" => new ResNet(50, large ? 64 : 4, top: true, classes: large ? 1000 : 10, strideFirst: true, epsilon: 1.001e-5f),
        "resnet50-old" => new ResNet(50, large ? 64 : 4, top: true, classes: large ? 1000 : 10, strideFirst: true, epsilon: 1e-3f),
        "resnet101" => new ResNet(101, top: true, strideFirst: true, epsilon: 1.001e-5f),
        _ => new MobileNetV2(large ? 1 : 0.35, top: true, classes: large ? 1000 : 10, samePadding: true, epsilon: 1e-3f),
    };

    // The formula of the script.
    private static float[] Values(string name, int[] sizes, int number)
    {
        int count = sizes.Aggregate(1, (a, b) => a * b);
        double factor = 0.1, base0 = 0;
        if (name.Length == 0)
        {
            factor = 1;
        }
        else if (sizes.Length > 1)
        {
            int inputs = name.Contains("depthwise", StringComparison.Ordinal) ? sizes[0] * sizes[1] : count / sizes[^1];
            factor = Math.Sqrt(6.0 / inputs);
        }
        else if (name.Contains("gamma", StringComparison.Ordinal))
        {
            base0 = 1;
        }
        else if (name.Contains("variance", StringComparison.Ordinal) || name.Contains("running_std", StringComparison.Ordinal))
        {
            (factor, base0) = (0.5, 1);
        }

        var values = new float[count];
        for (int i = 0; i < count; i++)
        {
            uint x = unchecked((uint)(((ulong)i + 1) * 2654435761 + ((ulong)number * 2246822519)));
            x ^= x >> 15;
            x = unchecked(x * 2246822519);
            x ^= x >> 13;
            values[i] = (float)(base0 + (factor * ((x / 4294967296.0 * 2) - 1)));
        }

        return values;
    }
}
