using System.Text.Json.Nodes;
using Graft.Data.Encoders;
using Graft.Models;
using Graft.Models.Graphs;
using Graft.Models.Weights;
using Graft.Nn.Optimizers;
using Graft.Tensors;

namespace Graft.Tests.Models.Graphs;

/// <summary>Graphs with inputs beside that of the rows: masks, lengths, kinds of tokens.</summary>
public sealed class GraphSideTests
{
    [Theory]
    [InlineData("bert")]
    [InlineData("distil")]
    public void A_transformer_gets_its_mask_from_the_lengths_of_the_rows(string name)
    {
        JsonNode known = Golden.Read("bert_onnx.json")[name]!;
        GraphBackbone trunk = Transformer(name, 24);
        (Tensor ids, Tensor lengths) = Rows(known);

        float[] y = trunk.Forward(ids, lengths).ToArray();

        float[] expected = [.. known["y"]!.AsArray().SelectMany(r => r.Floats())];
        Assert.All(y.Zip(expected), v => Assert.Equal(v.Second, v.First, 1e-5f * expected.Max(Math.Abs)));
        int[] counts = known["lengths"].Ints();
        for (int row = 0; row < counts.Length; row++)
        {
            Tensor alone = trunk.Forward(ids.Slice(0, row, 1).Slice(1, 0, counts[row]).Contiguous(), Tensor.From([counts[row]], [1]));
            Assert.Equal(y[(3 * row)..(3 * (row + 1))], alone.ToArray());
        }
    }

    [Theory]
    [InlineData("bert")]
    [InlineData("distil")]
    public void It_runs_block_by_block_and_learns(string name)
    {
        GraphBackbone trunk = Transformer(name, 9);
        (Tensor ids, Tensor lengths) = Rows(Golden.Read("bert_onnx.json")[name]!);
        Tensor x = ids;
        for (int block = 0; block < trunk.BlockCount; block++)
        {
            x = trunk.Block(block, x, lengths);
            Assert.Equal(trunk.BlockOutput(block).TensorSizes, x.Shape.Sizes[1..].ToArray());
        }

        Assert.True(trunk.BlockCount > 4);
        Assert.Equal(trunk.Forward(ids, lengths).ToArray(), x.ToArray());
        trunk.Train(true);
        var optimizer = new Adam(1e-2f);
        optimizer.Attach(trunk.Parameters());
        var losses = new List<float>();
        for (int step = 0; step < 6; step++)
        {
            // Batches of different lengths: each is another trace of the graph.
            int steps = 9 - (step % 2 * 4);
            Tensor loss = trunk.Forward(ids.Slice(1, 0, steps).Contiguous(), Tensor.From([steps, 4, 5], [3])).Affine(1, -0.3f).Square().Mean();
            losses.Add(loss.Item());
            optimizer.ZeroGrad();
            loss.Backward();
            Assert.All(trunk.NamedParameters(), p => Assert.True(p.Parameter.Value.Grad is not null, p.Path));
            optimizer.Step();
        }

        Assert.True(losses[^2] < losses[0] && losses[^1] < losses[1], string.Join(", ", losses));
    }

    [Fact]
    public void A_model_file_keeps_what_goes_in()
    {
        GraphBackbone trunk = Transformer("bert", 24);
        (Tensor ids, Tensor lengths) = Rows(Golden.Read("bert_onnx.json")["bert"]!);

        Backbone again = BackboneConfiguration.Read(BackboneConfiguration.Write(trunk), "m.graft");
        again.Build(trunk.Input);
        again.Initialize(2);
        foreach ((string path, Tensor value) in trunk.StateDictionary())
        {
            again.StateDictionary()[path].Assign(value.ToArray());
        }

        again.Train(false);
        Assert.Equal(trunk.Forward(ids, lengths).ToArray(), again.Forward(ids, lengths).ToArray());
    }

    [Theory]
    [InlineData("bert")]
    [InlineData("distil")]
    public void It_goes_out_as_a_graph_with_lengths(string name)
    {
        GraphBackbone trunk = Transformer(name, 9);
        (Tensor ids, Tensor lengths) = Rows(Golden.Read("bert_onnx.json")[name]!);

        Graph graph = GraphTrace.Of(trunk);

        Assert.Equal(["tokens", "lengths"], graph.Inputs.Select(i => i.Name));
        OnnxProof.Check("graph." + name, graph, [ids.ToInt(), lengths], [trunk.Forward(ids, lengths)]);
        Assert.Equal([-1, -1], graph.Inputs[0].Sizes!);
        (Tensor shorter, Tensor counts) = (ids.Slice(1, 0, 5).Contiguous(), Tensor.From([5, 2, 4], [3]));
        OnnxProof.Check($"graph.{name}.short", graph, [shorter.ToInt(), counts], [trunk.Forward(shorter, counts)]);
    }

    [Fact]
    public void Tensors_for_all_inputs_go_in_by_name()
    {
        GraphBackbone trunk = Two(null);
        var inputs = new Dictionary<string, Tensor> { ["left"] = Sines(1, 2, 4), ["right"] = Sines(2, 2, 2) };

        float[] y = trunk.Run(inputs).ToArray();

        float[] expected = [.. Golden.Read("bert_onnx.json")["two"]!["y"]!.AsArray().SelectMany(r => r.Floats())];
        Assert.Equal(["left", "right"], trunk.Taken.Select(t => t.Name));
        Assert.All(y.Zip(expected), v => Assert.Equal(v.Second, v.First, 1e-6f));
        Assert.Equal("Graph(onnx_two.onnx): expected 'right' [2, 2], got [2, 3].", Assert.Throws<ShapeException>(() => trunk.Run(new Dictionary<string, Tensor>(inputs) { ["right"] = Sines(2, 2, 3) })).Message);
    }

    [Fact]
    public void Inputs_that_nobody_gives_are_named_in_one_sentence()
    {
        GraphBackbone trunk = Two(null);

        var e = Assert.Throws<GraftInputException>(() => trunk.Forward(Sines(1, 2, 4)));

        Assert.EndsWith(
            "graph: expected to know what goes into every input, got rows for 'left' and nothing for 'right' [?, 2]. Say it, such as inputs: [right=zeros] "
            + "(mask, lengths, zeros, ones or positions; rows for that of the rows), or give all of them from C# (GraphBackbone.Run).",
            e.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void What_goes_in_can_be_said()
    {
        GraphBackbone trunk = Two(["right=ones"]);
        Tensor left = Sines(1, 2, 4);

        Assert.Equal(trunk.Run(new Dictionary<string, Tensor> { ["left"] = left, ["right"] = Tensor.Full([2, 2], 1) }).ToArray(), trunk.Forward(left).ToArray());
    }

    [Theory]
    [InlineData("right=twos")]
    [InlineData("middle=ones")]
    [InlineData("right")]
    public void What_is_said_wrongly_is_refused(string said)
    {
        var e = Assert.Throws<GraftInputException>(() => Two([said]));

        Assert.Contains(
            $"inputs: expected an input of the graph, once each, and what goes in (rows, mask, lengths, zeros, ones or positions), such as right=zeros, got '{said}'. The graph's inputs are 'left' [?, 4], 'right' [?, 2].",
            e.Message,
            StringComparison.Ordinal);
    }

    private static GraphBackbone Transformer(string name, int steps) =>
        Loaded(new GraphBackbone(GoldenFile.PathOf($"onnx_{name}.onnx")), new InputShape(InputKind.Tokens, [steps]) { Vocabulary = 40 });

    private static GraphBackbone Two(string[]? inputs) => Loaded(new GraphBackbone(GoldenFile.PathOf("onnx_two.onnx"), inputs: inputs), new InputShape(InputKind.Table, [4]));

    private static GraphBackbone Loaded(GraphBackbone trunk, InputShape input)
    {
        trunk.Build(input);
        trunk.Initialize(1);
        CarryReport report = trunk.LoadWeights(trunk.DefaultWeights!);
        Assert.Empty(report.Missing);
        Assert.Empty(report.WrongShape);
        trunk.Train(false);
        return trunk;
    }

    private static (Tensor Ids, Tensor Lengths) Rows(JsonNode known)
    {
        int[] lengths = known["lengths"].Ints();
        float[] ids = [.. known["ids"]!.AsArray().SelectMany(r => r.Floats())];
        return (Tensor.From(ids, [lengths.Length, ids.Length / lengths.Length]), Tensor.From(lengths, [lengths.Length]));
    }

    private static Tensor Sines(int shift, params int[] sizes) =>
        Tensor.From([.. Enumerable.Range(0, sizes.Aggregate(1, (a, b) => a * b)).Select(i => (float)Math.Sin((i * 0.37) + shift))], Shape.Create(sizes));
}
