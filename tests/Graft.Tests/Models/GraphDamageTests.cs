using System.Text;
using Graft.Data.Encoders;
using Graft.Models;
using Graft.Models.Formats;
using Graft.Models.Graphs;
using Graft.Tensors;
using Graft.Tensors.Random;

namespace Graft.Tests.Models;

/// <summary>Descriptions of networks that come from outside: what is damaged gives one error.</summary>
public sealed class GraphDamageTests
{
    private const string Layers = """
        {"class_name": "Functional", "config": {"name": "m", "layers": [
        {"class_name": "InputLayer", "name": "in", "config": {"batch_input_shape": [null, 8, 8, 3], "dtype": "float32", "name": "in"}, "inbound_nodes": []},
        {"class_name": "Conv2D", "name": "c", "config": {"name": "c", "filters": 4, "kernel_size": [3, 3], "strides": [2, 2], "padding": "same", "activation": "relu", "use_bias": true}, "inbound_nodes": [[["in", 0, 0, {}]]]},
        {"class_name": "BatchNormalization", "name": "b", "config": {"name": "b", "axis": [3], "momentum": 0.9, "epsilon": 0.001, "center": true, "scale": false}, "inbound_nodes": [[["c", 0, 0, {}]]]},
        {"class_name": "Add", "name": "a", "config": {"name": "a"}, "inbound_nodes": [[["c", 0, 0, {}], ["b", 0, 0, {}]]]},
        {"class_name": "ZeroPadding2D", "name": "z", "config": {"name": "z", "padding": [[0, 1], [2, 0]]}, "inbound_nodes": [[["a", 0, 0, {}]]]},
        {"class_name": "UpSampling2D", "name": "u", "config": {"name": "u", "size": [2, 1]}, "inbound_nodes": [[["z", 0, 0, {}]]]},
        {"class_name": "Flatten", "name": "f", "config": {"name": "f"}, "inbound_nodes": [[["u", 0, 0, {}]]]},
        {"class_name": "Dropout", "name": "d", "config": {"name": "d", "rate": 0.25}, "inbound_nodes": [[["f", 0, 0, {}]]]}],
        "input_layers": [["in", 0, 0]], "output_layers": [["d", 0, 0]]}}
        """;

    private const string Sequences = """
        {"class_name": "Sequential", "config": {"name": "m", "layers": [
        {"class_name": "InputLayer", "config": {"name": "in", "batch_input_shape": [null, 6], "dtype": "int32"}},
        {"class_name": "Embedding", "config": {"name": "e", "input_dim": 9, "output_dim": 4, "mask_zero": false}},
        {"class_name": "Bidirectional", "config": {"name": "w", "merge_mode": "ave", "layer": {"class_name": "LSTM", "config": {"name": "l", "units": 3, "activation": "tanh", "recurrent_activation": "hard_sigmoid", "return_sequences": true}}}},
        {"class_name": "Sequential", "config": {"name": "s", "layers": [
        {"class_name": "GRU", "config": {"name": "g", "units": 2, "activation": "relu", "recurrent_activation": "sigmoid", "return_sequences": false, "reset_after": true, "go_backwards": true}}]}}]}}
        """;

    private static readonly InputShape Input = new(InputKind.Picture, [8, 8, 3]);

    // 8 x 8 becomes 4 x 4 with 4 channels, one row and two columns more, and twice as many rows: 10 · 6 · 4.
    [Fact]
    public void Layers_of_Keras_become_a_graph()
    {
        GraphSource source = Source(Layers);
        var trunk = GraphBackbone.From(source.Graph);
        trunk.Build(Input);

        Assert.Equal(240, trunk.Features);
        Assert.Equal(["c", "b"], trunk.Layers);
        Assert.Equal([3, 2, 0, 1], source.Origins["c.kernel"].Turn!);
        Assert.Equal(
            ["b.beta [4]", "b.gamma [4]", "b.moving_mean [4]", "b.moving_variance [4]", "c.bias [4]", "c.kernel [4, 3, 3, 3]"],
            trunk.NamedParameters().Select(p => $"{p.Path} {p.Parameter.Shape}").Concat(trunk.Buffers().Select(b => $"{b.Path} {b.Buffer.Shape}")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Kinds_of_layers_that_are_not_known_are_all_named()
    {
        string text = Layers.Replace("\"Add\"", "\"Lambda\"", StringComparison.Ordinal).Replace("\"Dropout\"", "\"Bilinear\"", StringComparison.Ordinal);

        Assert.Equal(
            "k: keras: expected layers of kinds that can be run, got Bilinear, Lambda, which cannot.", Assert.Throws<GraftInputException>(() => Source(text)).Message);
    }

    [Fact]
    public void Operators_that_are_not_known_are_all_named()
    {
        var graph = new Graph("g", [new GraphValue("x", null)], [new GraphValue("z", null)], [new GraphNode("If", ["x"], "y"), new GraphNode("Loop", ["y"], "z")], new Dictionary<string, GraphTensor>());

        Assert.Equal(
            "g: graph: expected operators that can be run, got If, Loop, which cannot. 'cut' names a node before them to stop at.",
            Assert.Throws<GraftInputException>(() => GraphBackbone.From(graph)).Message);
        Assert.Equal(
            "g: cut: expected the name of a node or of a value, got 'w'. The last nodes are y, z.", Assert.Throws<GraftInputException>(() => GraphBackbone.From(graph, "w")).Message);
    }

    [Fact]
    public void A_node_before_what_it_takes_is_named()
    {
        var graph = new Graph(
            "g", [new GraphValue("x", [-1, 4])], [new GraphValue("y", null)], [new GraphNode("Add", ["x", "none"], "y")], new Dictionary<string, GraphTensor>());

        Assert.Equal(
            "graph: expected nodes in the order in which they can be run, got Add 'y' before 'none', which it takes.",
            Assert.Throws<GraftInputException>(() => GraphBackbone.From(graph).Build(new InputShape(InputKind.Table, [4]))).Message);
    }

    [Theory]
    [InlineData(Layers)]
    [InlineData(Sequences)]
    public void Damaged_descriptions_of_layers_give_one_error(string layers)
    {
        int refused = Damage(layers, text =>
        {
            var e = Record.Exception(() => Source(text));
            Assert.True(e is null or GraftInputException, $"{e}\n{text}");
            return e is not null;
        });

        Assert.InRange(refused, 500, 2500);
    }

    // A model file holds the structure as a text.
    [Theory]
    [InlineData(Layers)]
    [InlineData(Sequences)]
    public void Damaged_structures_give_one_error(string layers)
    {
        InputShape input = layers == Layers ? Input : new InputShape(InputKind.Tokens, [6]) { Vocabulary = 9 };
        string structure = GraphBackbone.From(Source(layers).Graph).Structure;
        int refused = Damage(structure, text =>
        {
            var e = Record.Exception(() => new GraphBackbone("m", structure: text).Build(input));
            Assert.True(e is null or GraftInputException or FormatException, $"{e}\n{text}");
            return e is not null;
        });

        Assert.InRange(refused, 500, 2500);
    }

    [Fact]
    public void Damaged_structures_of_several_inputs_give_one_error()
    {
        var two = new GraphBackbone(GoldenFile.PathOf("onnx_two.onnx"), inputs: ["right=ones"]);
        int refused = Damage(two.Structure, text =>
        {
            var e = Record.Exception(() =>
            {
                var trunk = new GraphBackbone("m", structure: text);
                trunk.Build(new InputShape(InputKind.Table, [4]));
                trunk.Initialize(1);
                trunk.Forward(Tensor.Zeros([2, 4]));
            });
            Assert.True(e is null or GraftInputException or FormatException or ShapeException, $"{e}\n{text}");
            return e is not null;
        });

        Assert.InRange(refused, 500, 2500);
    }

    private static GraphSource Source(string layers) => KerasGraph.Read(layers, new Dictionary<string, IReadOnlyList<KeyValuePair<string, NamedArray>>>
    {
        ["c"] = [Zeros("c/kernel:0", 3, 3, 3, 4), Zeros("c/bias:0", 4)],
        ["b"] = [Zeros("b/beta:0", 4), Zeros("b/moving_mean:0", 4), Zeros("b/moving_variance:0", 4)],
        ["e"] = [Zeros("e/embeddings:0", 9, 4)],
        ["w"] =
        [
            Zeros("w/forward_l/kernel:0", 4, 12), Zeros("w/forward_l/recurrent_kernel:0", 3, 12), Zeros("w/forward_l/bias:0", 12),
            Zeros("w/backward_l/kernel:0", 4, 12), Zeros("w/backward_l/recurrent_kernel:0", 3, 12), Zeros("w/backward_l/bias:0", 12),
        ],
        ["s"] = [Zeros("g/kernel:0", 3, 6), Zeros("g/recurrent_kernel:0", 2, 6), Zeros("g/bias:0", 2, 6)],
    }, "k");

    private static KeyValuePair<string, NamedArray> Zeros(string name, params int[] sizes) => KeyValuePair.Create(name, new NamedArray(sizes, new float[sizes.Aggregate(1, (a, b) => a * b)]));

    // Digits become other digits and letters, words change places, ends are missing.
    private static int Damage(string valid, Func<string, bool> isRefused)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(valid);
        var random = RandomStream.For(6, "structure");
        int refused = 0;
        for (int i = 0; i < 2500; i++)
        {
            byte[] damaged = i % 8 == 0 ? bytes[..random.NextInt(bytes.Length)] : [.. bytes];
            for (int k = 0; k <= i % 3 && damaged.Length > 0; k++)
            {
                int at = random.NextInt(damaged.Length);
                damaged[at] = char.IsAsciiDigit((char)damaged[at]) ? (byte)('0' + random.NextInt(10)) : (byte)(32 + random.NextInt(95));
            }

            refused += isRefused(Encoding.UTF8.GetString(damaged)) ? 1 : 0;
        }

        return refused;
    }
}
