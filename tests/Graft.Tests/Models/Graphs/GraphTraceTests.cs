using Graft.Data.Encoders;
using Graft.Models;
using Graft.Models.Graphs;
using Graft.Tensors;

namespace Graft.Tests.Models.Graphs;

public sealed class GraphTraceTests
{
    [Fact]
    public void A_network_becomes_its_operators_with_parameters_under_their_paths()
    {
        var model = new Mlp([4]);
        model.Build(new InputShape(InputKind.Table, [3]));
        model.Initialize(1);
        model.Train(false);

        Graph graph = Of(model);

        Assert.Equal(["Gemm", "Relu"], graph.Nodes.Select(n => n.Operator));
        Assert.Equal(model.NamedParameters().Select(p => p.Path).Order(StringComparer.Ordinal), graph.Constants.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([-1, 3], Assert.Single(graph.Inputs).Sizes!);
        Assert.Equal([-1, 4], Assert.Single(graph.Outputs).Sizes!);
        Assert.Equal("y", graph.Nodes[^1].Outputs[0]);
    }

    [Fact]
    public void What_depends_on_constants_alone_is_computed()
    {
        Graph graph = Run((x, w) => x * (w * 2).Exp());

        Assert.Equal("Mul", Assert.Single(graph.Nodes).Operator);
        Assert.Equal(MathF.Exp(6), Assert.Single(graph.Constants).Value.Values![0], tolerance: 1e-3f);
    }

    [Fact]
    public void Constants_as_long_as_the_batch_are_stretched_to_it()
    {
        Graph graph = Run((x, w) => Tensor.Concat([x, Tensor.Zeros([x.Shape[0], 2])], 1));

        Assert.Equal([1, 2], Assert.Single(graph.Constants, c => c.Value.Values is not null).Value.Sizes);
        Assert.Contains(graph.Nodes, n => n.Operator == "Expand");
        Assert.Equal([-1, 3], graph.Outputs[0].Sizes!);
    }

    [Fact]
    public void Numbers_that_were_read_out_of_the_batch_are_refused()
    {
        var e = Assert.Throws<GraftInputException>(() => Run((x, w) => x * Tensor.From(x.ToArray(), x.Shape)));

        Assert.StartsWith("Export of net: expected constants that are the same in every row", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Means_over_the_batch_are_refused()
    {
        var e = Assert.Throws<GraftInputException>(() => Run((x, w) => x - x.Mean(0)));

        Assert.StartsWith("Export of net: expected Affine with the same 'p' for any number of rows", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_in_training_is_refused()
    {
        var model = new Mlp([4], dropout: 0.5f);
        model.Build(new InputShape(InputKind.Table, [3]));
        model.Initialize(1);

        var e = Assert.Throws<GraftInputException>(() => Of(model));

        Assert.Equal("Export of net: expected ops that ONNX can say, got Dropout of a network in training. Call Train(false) before.", e.Message);
    }

    private static Graph Of(Backbone model) => GraphTrace.Run(
        "net", model.StateDictionary(), [new GraphSample("x", rows => Rows(rows, model.Input.Length))], given => [("y", model.Forward(given[0], null))]);

    private static Graph Run(Func<Tensor, Tensor, Tensor> forward)
    {
        Tensor w = Tensor.From([3f], [1]);
        return GraphTrace.Run("net", new Dictionary<string, Tensor> { ["w"] = w }, [new GraphSample("x", rows => Rows(rows, 1))], given => [("y", forward(given[0], w))]);
    }

    private static Tensor Rows(int rows, int width) => Tensor.From([.. Enumerable.Range(0, rows * width).Select(i => i * 0.1f)], [rows, width]);
}
