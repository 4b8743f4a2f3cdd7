using System.Diagnostics;
using System.Text.Json.Nodes;
using Graft.Data.Encoders;
using Graft.Models;
using Graft.Models.Formats;
using Graft.Nn;
using Graft.Tensors;
using Graft.Tensors.Autograd;

namespace Graft.Tests.Models;

/// <summary>Picture networks against torchvision's: names and shapes of all weights, their number, and outputs. Golden/make_pictures.py made the numbers.</summary>
public sealed class PictureNetworkTests
{
    private static readonly JsonNode Expected = Golden.Read("pictures.json");

    /// <summary>Networks with the number of weights that torchvision, timm or the authors publish.</summary>
    public static TheoryData<string, long> Published => new()
    {
        { "vgg11", 132_863_336 }, { "vgg13", 133_047_848 }, { "vgg16", 138_357_544 }, { "vgg19", 143_667_240 },
        { "vgg11_bn", 132_868_840 }, { "vgg13_bn", 133_053_736 }, { "vgg16_bn", 138_365_992 }, { "vgg19_bn", 143_678_248 },
        { "resnet18", 11_689_512 }, { "resnet34", 21_797_672 }, { "resnet50", 25_557_032 }, { "resnet101", 44_549_160 }, { "resnet152", 60_192_808 },
        { "resnet20_cifar", 269_722 }, { "resnet56_cifar", 853_018 },
        { "mobilenet_v1", 4_231_976 }, { "mobilenet_v2", 3_504_872 }, { "squeezenet1_0", 1_248_424 }, { "squeezenet1_1", 1_235_496 },
        { "darknet_tiny", 1_042_104 }, { "vit_tiny_patch16_224", 5_717_416 },
    };

    public static TheoryData<string> Outputs => [.. Expected["outputs"]!.AsObject().Select(o => o.Key)];

    [Theory, MemberData(nameof(Published))]
    public void Names_shapes_and_number_of_weights_are_the_published_ones(string name, long count)
    {
        JsonNode golden = Expected["published"]![name]!;
        Backbone network = Create(golden);

        // Nothing is initialized: no memory for weights is taken.
        IEnumerable<string> state = network.NamedParameters().Select(p => $"{p.Path} {p.Parameter.Shape}").Concat(network.Buffers().Select(b => $"{b.Path} {b.Buffer.Shape}"));

        Assert.Equal(StateOf(name), state);
        Assert.Equal(count, network.ParameterCount);
        Assert.Equal(count, golden["parameters"]!.GetValue<long>());
        Assert.Equal(name.EndsWith("cifar", StringComparison.Ordinal) ? 10 : 1000, network.Features);
    }

    // 1e-4 of the largest logit: some hundred layers of float sums of up to thousands of products.
    [Theory, MemberData(nameof(Outputs))]
    public void Outputs_are_those_of_PyTorch(string name)
    {
        JsonNode golden = Expected["outputs"]![name]!;
        var watch = Stopwatch.StartNew();
        Backbone network = Create(golden);
        network.Initialize(1);
        Fill(network);
        network.Train(false);
        Tensor x = Tensor.From(Wave(2 * network.Input.Length, 1000), [2, .. network.Input.TensorSizes]);

        using var noGrad = new NoGrad();
        Tensor y = network.Forward(x);

        double[] expected = golden["logits"].Doubles();
        float[] logits = y.ToArray();
        int step = golden["every"]!.GetValue<int>();
        Assert.Equal(expected.Length, logits.Length / step);
        double error = expected.Select((e, i) => Math.Abs(e - logits[i * step])).Max() / golden["largest"]!.GetValue<double>();
        Assert.True(error < 1e-4, $"{name}: error {error:g3} of the largest logit");
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: error {error:g3}, {watch.ElapsedMilliseconds} ms");
    }

    [Fact]
    public void Counters_of_batches_in_published_files_are_not_asked_for()
    {
        var network = new SqueezeNet();
        network.Build(new InputShape(InputKind.Picture, [32, 32, 3]));
        var file = new WeightFile("torch", new Dictionary<string, NamedArray> { ["bn1.num_batches_tracked"] = new([], [7f]), ["bn1.weight"] = new([1], [7f]) });

        Assert.Equal(["bn1.weight"], network.Translate(file).Keys);
    }

    /// <summary>State names and shapes with learned values first and running statistics behind, but for what begins with a prefix.</summary>
    internal static string[] StateOf(string name, string without = "/")
    {
        string[] all = [.. Expected["published"]![name]!["state"]!.AsArray().Select(s => s!.GetValue<string>()).Where(s => !s.StartsWith(without, StringComparison.Ordinal))];
        return [.. all.Where(s => !s.Contains("running_", StringComparison.Ordinal)), .. all.Where(s => s.Contains("running_", StringComparison.Ordinal))];
    }

    internal static double[] Places() => Expected["places"].Doubles();

    internal static float[] Wave(int count, int k)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++)
        {
            uint h = unchecked(((uint)i * 2654435761u) + ((uint)k * 40503u) + 12345u);
            h ^= h >> 16;
            h = unchecked(h * 0x45D9F3Bu);
            h ^= h >> 16;
            values[i] = ((h >> 8) / (float)(1 << 23)) - 1;
        }

        return values;
    }

    private static Backbone Create(JsonNode golden)
    {
        Backbone network = BackboneConfiguration.Read(golden["model"]!.DeepClone().AsObject(), "golden");
        int[] size = golden["input"].Ints();
        network.Build(new InputShape(InputKind.Picture, [size[0], size[1], 3]));
        return network;
    }

    // The formula of the script: the order of its state dictionary, where running statistics stand behind their layer's bias.
    private static void Fill(Backbone network)
    {
        IReadOnlyDictionary<string, Tensor> state = network.StateDictionary();
        int k = 0;
        foreach ((string path, Tensor value) in Ordered(network, state))
        {
            (float scale, float shift) = path is "cls_token" or "pos_embed" ? (0.5f, 0f)
                : value.Rank > 1 ? ((float)Math.Sqrt(6.0 / (value.Count / value.Shape[0])), 0)
                : path.EndsWith("running_var", StringComparison.Ordinal) ? (0.5f, 1)
                : path.EndsWith("weight", StringComparison.Ordinal) ? (0.2f, 1) : (0.1f, 0);
            float[] values = Wave(value.Count, k++);
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = (values[i] * scale) + shift;
            }

            value.Assign(values);
        }
    }

    private static IEnumerable<(string, Tensor)> Ordered(Backbone network, IReadOnlyDictionary<string, Tensor> state)
    {
        foreach ((string path, Module module) in network.NamedModules())
        {
            foreach (string own in state.Keys.Where(s => s == path || (s.StartsWith(path + ".", StringComparison.Ordinal) && !s[(path.Length + 1)..].Contains('.', StringComparison.Ordinal))))
            {
                yield return (own, state[own]);
            }
        }
    }
}
