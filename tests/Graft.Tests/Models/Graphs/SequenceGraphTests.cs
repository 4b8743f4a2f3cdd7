using System.Text.Json.Nodes;
using Graft.Data.Encoders;
using Graft.Models.Formats;
using Graft.Models.Graphs;
using Graft.Models.Weights;
using Graft.Nn;
using Graft.Nn.Optimizers;
using Graft.Tensors;

namespace Graft.Tests.Models.Graphs;

/// <summary>Recurrent layers, embeddings, enlarged pictures and models within models, from files of PyTorch and Keras.</summary>
public sealed class SequenceGraphTests
{
    public static TheoryData<string> Networks => [.. Golden.Read("sequences.json").AsObject().Select(n => n.Key)];

    [Theory, MemberData(nameof(Networks))]
    public void They_give_what_the_other_program_gives_for_batches_of_any_size(string name)
    {
        (GraphBackbone trunk, JsonNode known) = Loaded(name);

        Tensor y = trunk.Forward(Rows(trunk, 3));

        float[] expected = [.. known["y"]!.AsArray().SelectMany(r => r.Floats())];
        float largest = expected.Max(Math.Abs);
        Assert.Equal([3, trunk.Features], y.Shape.Sizes.ToArray());
        Assert.All(y.ToArray().Zip(expected), v => Assert.Equal(v.Second, v.First, 2e-5f * largest));
        Assert.Equal(y.ToArray()[..trunk.Features].Select(v => MathF.Round(v, 5)), trunk.Forward(Rows(trunk, 1)).ToArray().Select(v => MathF.Round(v, 5)));
    }

    [Theory, MemberData(nameof(Networks))]
    public void All_of_their_weights_learn(string name)
    {
        (GraphBackbone trunk, _) = Loaded(name);
        trunk.Train(true);
        var optimizer = new Adam(1e-3f);
        optimizer.Attach(trunk.Parameters());
        var losses = new List<float>();

        for (int step = 0; step < 6; step++)
        {
            Tensor loss = trunk.Forward(Rows(trunk, 4)).Affine(1, -0.3f).Square().Mean();
            losses.Add(loss.Item());
            optimizer.ZeroGrad();
            loss.Backward();
            Assert.All(trunk.NamedParameters(), p => Assert.True(p.Parameter.Value.Grad is { } gradient && gradient.ToArray().Any(g => g != 0), p.Path));
            optimizer.Step();
        }

        Assert.True(losses[^1] < losses[0], $"{losses[0]} -> {losses[^1]}");
    }

    [Theory, MemberData(nameof(Networks))]
    public void They_go_out_as_graphs_again(string name)
    {
        (GraphBackbone trunk, _) = Loaded(name);
        Tensor rows = Rows(trunk, 4);

        Graph graph = GraphTrace.Of(trunk);

        OnnxProof.Check("graph." + name, graph, [trunk.Input.Kind == InputKind.Tokens ? rows.ToInt() : rows], [trunk.Forward(rows)]);
    }

    // A row that ends early is as if there were nothing behind; its states there are zeros.
    [Theory]
    [InlineData("LSTM", 4, "", 0)]
    [InlineData("LSTM", 4, "HardSigmoid", 0)]
    [InlineData("GRU", 3, "", 1)]
    [InlineData("GRU", 3, "", 0)]
    [InlineData("RNN", 1, "", 0)]
    public void Steps_beyond_a_rows_length_do_not_count(string op, int gates, string function, int resetsLate)
    {
        const int Hidden = 3, Features = 2;
        var attributes = new Dictionary<string, object> { ["hidden_size"] = (long)Hidden, ["direction"] = "bidirectional", ["linear_before_reset"] = (long)resetsLate };
        if (function.Length > 0)
        {
            attributes["activations"] = (string[])[function, "Tanh", "Tanh", function, "Tanh", "Tanh"];
        }

        GraphTensor Weights(int seed, params int[] sizes) => new(sizes, Sines(sizes.Aggregate(1, (a, b) => a * b), seed));
        GraphBackbone Network(int steps, long[]? lengths)
        {
            var constants = new Dictionary<string, GraphTensor>
            {
                ["w"] = Weights(1, 2, gates * Hidden, Features), ["r"] = Weights(2, 2, gates * Hidden, Hidden), ["b"] = Weights(3, 2, 2 * gates * Hidden),
                ["first"] = Weights(4, 2, 1, Hidden), ["perm"] = new([3], [1L, 0, 2]),
            };
            if (lengths is not null)
            {
                constants["lengths"] = new GraphTensor([lengths.Length], lengths);
            }

            var trunk = GraphBackbone.From(new Graph(
                "net", [new GraphValue("x", [-1, steps, Features])], [new GraphValue("y", null)],
                [
                    new GraphNode("Transpose", ["x"], "steps", new Dictionary<string, object> { ["perm"] = (long[])[1, 0, 2] }),
                    new GraphNode("net", op, ["steps", "w", "r", "b", lengths is null ? "" : "lengths", "first"], ["all", "last"], attributes),
                    new GraphNode("ReduceSum", ["all", "axes"], "sum", new Dictionary<string, object> { ["keepdims"] = 0L }),
                    new GraphNode("Transpose", ["last"], "rows", new Dictionary<string, object> { ["perm"] = (long[])[1, 0, 2] }),
                    new GraphNode("Transpose", ["sum"], "turned", new Dictionary<string, object> { ["perm"] = (long[])[1, 0, 2] }),
                    new GraphNode("Add", ["rows", "turned"], "both"), new GraphNode("Flatten", ["both"], "y"),
                ],
                new Dictionary<string, GraphTensor>(constants) { ["axes"] = new([1], [0L]) }));
            trunk.Build(new InputShape(InputKind.Sequence, [steps, Features]));
            trunk.Initialize(1);
            foreach ((string path, Parameter parameter) in trunk.NamedParameters())
            {
                parameter.Value.Assign(constants[path[(path.LastIndexOf('.') + 1)..]].Values!);
            }

            trunk.Train(false);
            return trunk;
        }

        float[] row = Sines(6 * Features, 5);

        float[] cut = Network(6, [4L]).Forward(Tensor.From(row, [1, 6, Features])).ToArray();
        float[] shorter = Network(4, null).Forward(Tensor.From(row.AsSpan(0, 4 * Features), [1, 4, Features])).ToArray();

        Assert.All(cut.Zip(shorter), v => Assert.Equal(v.Second, v.First, 1e-6f));
    }

    [Fact]
    public void A_layer_that_looks_at_hidden_steps_is_refused()
    {
        string layers = """
            {"class_name": "Sequential", "config": {"layers": [
            {"class_name": "Embedding", "config": {"name": "words", "mask_zero": true, "batch_input_shape": [null, 5]}},
            {"class_name": "SimpleRNN", "config": {"name": "read", "return_sequences": true, "activation": "tanh", "use_bias": false}},
            {"class_name": "Flatten", "config": {"name": "flat"}}]}}
            """;
        var weights = new Dictionary<string, IReadOnlyList<KeyValuePair<string, NamedArray>>>
        {
            ["words"] = [Zeros("words/embeddings:0", 9, 2)],
            ["read"] = [Zeros("read/kernel:0", 2, 3), Zeros("read/recurrent_kernel:0", 3, 3)],
        };

        var e = Assert.Throws<GraftInputException>(() => KerasGraph.Read(layers, weights, "net.h5"));

        Assert.Equal("net.h5: keras: expected a description of layers, got: the layer 'flat' that looks at steps which mask_zero hides", e.Message);
    }

    // Of 1: 1 / 6 + 0.5 and 0.2 + 0.5, in a layer of its own and in a cell whose weights are 1.
    [Theory]
    [InlineData("3.9.0", 1 / 6f)]
    [InlineData("2.15.0", 0.2f)]
    [InlineData(null, 0.2f)]
    public void Hard_sigmoid_is_as_steep_as_in_the_version_that_wrote_the_file(string? version, float slope)
    {
        const string Plain = """
            {"class_name": "Sequential", "config": {"layers": [
            {"class_name": "Activation", "config": {"name": "hard", "activation": "hard_sigmoid", "batch_input_shape": [null, 1, 1]}}]}}
            """;
        const string Recurrent = """
            {"class_name": "Sequential", "config": {"layers": [
            {"class_name": "SimpleRNN", "config": {"name": "read", "units": 1, "activation": "hard_sigmoid", "use_bias": false, "batch_input_shape": [null, 1, 1]}}]}}
            """;
        var weights = new Dictionary<string, IReadOnlyList<KeyValuePair<string, NamedArray>>> { ["read"] = [.. ((string[])["kernel", "recurrent_kernel"]).Select(role => KeyValuePair.Create("read/" + role, new NamedArray([1, 1], [1f])))] };
        float One(string layers)
        {
            var trunk = GraphBackbone.From(KerasGraph.Read(layers, weights, "net.keras", version).Graph);
            trunk.Build(new InputShape(InputKind.Sequence, [1, 1]));
            trunk.Initialize(1);
            foreach ((_, Parameter parameter) in trunk.NamedParameters())
            {
                parameter.Value.Assign([1]);
            }

            return trunk.Forward(Tensor.From([1f], [1, 1, 1])).Item();
        }

        Assert.Equal(slope + 0.5f, One(Plain), 1e-6f);
        Assert.Equal(slope + 0.5f, One(Recurrent), 1e-6f);
    }

    // Keras 3 writes whole paths, Keras 2 the end of them.
    [Fact]
    public void Layers_of_one_name_in_models_within_models_have_their_own_weights()
    {
        static string Dense(string name) => $$$"""{"class_name": "Dense", "config": {"name": "{{{name}}}", "units": 2, "activation": "linear", "use_bias": false, "batch_input_shape": [null, 2]}}""";
        string layers = $$$"""
            {"class_name": "Sequential", "config": {"layers": [{"class_name": "Sequential", "config": {"name": "A", "layers": [
            {"class_name": "Sequential", "config": {"name": "B", "layers": [{{{Dense("proj")}}}]}}, {{{Dense("proj")}}}]}}]}}
            """;
        GraphSource Read(params string[] names) =>
            KerasGraph.Read(layers, new Dictionary<string, IReadOnlyList<KeyValuePair<string, NamedArray>>> { ["A"] = [.. names.Select(n => Zeros(n, 2, 2))] }, "net.keras", "3.9.0");

        GraphSource whole = Read("A/B/proj/kernel", "A/proj/kernel"), end = Read("B/proj/kernel:0");

        Assert.Equal("A/B/proj/kernel", whole.Origins["A.B.proj.kernel"].Tensor);
        Assert.Equal("A/proj/kernel", whole.Origins["A.proj.kernel"].Tensor);
        Assert.Equal("B/proj/kernel:0", end.Origins["A.B.proj.kernel"].Tensor);
    }

    // Each model calls the one within it twice: a million calls in a small file.
    [Fact]
    public void Models_within_models_of_many_calls_are_refused()
    {
        const string Pixels = """{"class_name": "InputLayer", "name": "x", "config": {"name": "x", "batch_input_shape": [null, 4]}, "inbound_nodes": []}""";
        string inner = """{"class_name": "Activation", "name": "m", "config": {"name": "m", "activation": "relu"}, "inbound_nodes": [[["x", 0, 0, {}]], [["m", 0, 0, {}]]]}""";
        for (int depth = 0; depth < 20; depth++)
        {
            inner = """{"class_name": "Functional", "name": "m", "inbound_nodes": [[["x", 0, 0, {}]], [["m", 0, 0, {}]]], "config": {"name": "m", "input_layers": [["x", 0, 0]], "output_layers": [["m", 1, 0]], "layers": [""" + Pixels + ", " + inner + "]}}";
        }

        var e = Assert.Throws<GraftInputException>(() => KerasGraph.Read(inner, [], "net.h5"));

        Assert.Equal("net.h5: keras: expected at most 10000 calls of layers, got more.", e.Message);
    }

    [Fact]
    public void The_layers_of_a_model_within_another_are_called_after_it()
    {
        (GraphBackbone nested, _) = Loaded("keras_nested");
        (GraphBackbone twice, _) = Loaded("keras_twice");

        Assert.Equal(["base.first", "head"], nested.Layers);
        Assert.Equal(["same", "shared.first", "small.head", "head"], twice.Layers);
    }

    private static (GraphBackbone Trunk, JsonNode Known) Loaded(string name)
    {
        JsonNode known = Golden.Read("sequences.json")[name]!;
        int[] sizes = known["sizes"].Ints();
        var trunk = new GraphBackbone(GoldenFile.PathOf(known["file"]!.GetValue<string>()));
        trunk.Build(sizes.Length switch
        {
            1 => new InputShape(InputKind.Tokens, sizes) { Vocabulary = 11 },
            2 => new InputShape(InputKind.Sequence, sizes),
            _ => new InputShape(InputKind.Picture, [sizes[1], sizes[2], sizes[0]]),
        });
        trunk.Initialize(1);
        CarryReport report = trunk.LoadWeights(trunk.DefaultWeights!);
        Assert.Empty(report.Missing);
        Assert.Empty(report.WrongShape);
        trunk.Train(false);
        return (trunk, known);
    }

    private static Tensor Rows(GraphBackbone trunk, int rows)
    {
        int[] sizes = [.. trunk.Input.TensorSizes];
        int count = rows * trunk.Input.Length;
        if (trunk.File.EndsWith("masked.h5", StringComparison.Ordinal))
        {
            int[] ends = [6, 3, 4];
            return Tensor.From([.. Enumerable.Range(0, count).Select(i => i % 6 < ends[i / 6 % 3] ? (float)((((7 * i) + 3) % 10) + 1) : 0)], [rows, .. sizes]);
        }

        return Tensor.From(trunk.Input.Kind == InputKind.Tokens ? [.. Enumerable.Range(0, count).Select(i => (float)(((7 * i) + 3) % 11))] : Sines(count, 1), [rows, .. sizes]);
    }

    private static KeyValuePair<string, NamedArray> Zeros(string name, params int[] sizes) => KeyValuePair.Create(name, new NamedArray(sizes, new float[sizes.Aggregate(1, (a, b) => a * b)]));

    private static float[] Sines(int count, int shift) => [.. Enumerable.Range(0, count).Select(i => (float)Math.Sin((i * 0.37) + shift))];
}
