using Graft.Data.Encoders;
using Graft.Models;
using Graft.Models.Graphs;

namespace Graft.Tests.Models;

/// <summary>Small graphs that ask for much, or lead in a circle.</summary>
public sealed class GraphBoundsTests
{
    private static readonly InputShape Row = new(InputKind.Table, [4]);

    // Integers are never weights.
    private static readonly Dictionary<string, object> Ones = new() { ["value"] = Integers(1) };

    [Fact]
    public void Values_that_a_few_bytes_make_huge_are_refused_before_they_take_memory()
    {
        var graph = new Graph(
            "huge",
            [new GraphValue("x", [-1, 4])],
            [new GraphValue("y", null)],
            [new GraphNode("Tile", ["x", "times"], "wide"), new GraphNode("Unsqueeze", ["wide", "axis"], "u"), new GraphNode("Tile", ["u", "more"], "v"), new GraphNode("Unsqueeze", ["v", "axis"], "w"), new GraphNode("Tile", ["w", "most"], "y")],
            new Dictionary<string, GraphTensor> { ["times"] = Integers(1, 4096), ["axis"] = Integers(1), ["more"] = Integers(1, 4096, 1), ["most"] = Integers(1, 4, 1, 1) });

        var e = Assert.Throws<GraftInputException>(() => Built(GraphBackbone.From(graph)));

        Assert.Contains("Tile 'y' cannot be run on", e.Message, StringComparison.Ordinal);
        Assert.Contains("expected at most 134217728 values a row, got 268435456.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_nodes_that_make_numbers_are_refused_where_all_of_them_together_take_much()
    {
        List<GraphNode> nodes = [new("ConstantOfShape", ["size"], "n0", Ones)];
        for (int i = 1; i < 40; i++)
        {
            nodes.Add(new GraphNode("Add", [$"n{i - 1}", $"n{i - 1}"], $"n{i}"));
        }

        nodes.Add(new GraphNode("Slice", ["n39", "from", "to"], "four"));
        nodes.Add(new GraphNode("Add", ["x", "four"], "y"));
        var graph = new Graph("many", [new GraphValue("x", [-1, 4])], [new GraphValue("y", null)], nodes, new Dictionary<string, GraphTensor> { ["size"] = Integers(1 << 20), ["from"] = Integers(0), ["to"] = Integers(4) });
        long before = GC.GetAllocatedBytesForCurrentThread();

        var e = Assert.Throws<GraftInputException>(() => Built(GraphBackbone.From(graph)));

        Assert.Contains("expected at most 16777216 numbers that come out of shapes in all, got more.", e.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 400L << 20);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(-3)]
    [InlineData((1L << 32) + 1)]
    public void An_axis_that_is_not_there_is_named(long axis)
    {
        var graph = new Graph(
            "beside",
            [new GraphValue("x", [-1, 4])],
            [new GraphValue("y", null)],
            [new GraphNode("Concat", ["x", "x"], "y", new Dictionary<string, object> { ["axis"] = axis })],
            new Dictionary<string, GraphTensor>());

        var e = Assert.Throws<GraftInputException>(() => Built(GraphBackbone.From(graph)));

        Assert.Contains(FormattableString.Invariant($"Concat 'y': expected an axis from -2 to 1, got {axis}."), e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_that_would_be_too_many_together_are_not_joined()
    {
        var graph = new Graph(
            "joined",
            [new GraphValue("x", [-1, 4])],
            [new GraphValue("y", null)],
            [
                new GraphNode("ConstantOfShape", ["size"], "n", Ones),
                new GraphNode("Concat", [.. Enumerable.Repeat("n", 5000)], "j", new Dictionary<string, object> { ["axis"] = 0L }),
                new GraphNode("Slice", ["j", "from", "to"], "four"),
                new GraphNode("Add", ["x", "four"], "y"),
            ],
            new Dictionary<string, GraphTensor> { ["size"] = Integers(1 << 20), ["from"] = Integers(0), ["to"] = Integers(4) });

        var e = Assert.Throws<GraftInputException>(() => Built(GraphBackbone.From(graph)));

        Assert.Contains("expected at most 1048576 numbers", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_weight_that_a_file_says_in_one_number_cannot_take_all_memory()
    {
        var graph = new Graph(
            "filled",
            [new GraphValue("x", [-1, 4])],
            [new GraphValue("y", null)],
            [new GraphNode("ConstantOfShape", ["size"], "w"), new GraphNode("MatMul", ["x", "w"], "y")],
            new Dictionary<string, GraphTensor> { ["size"] = Integers(4, 500_000_000) });

        Assert.Throws<GraftInputException>(() => Built(GraphBackbone.From(graph)));
    }

    [Fact]
    public void Nodes_without_what_they_need_are_refused()
    {
        var graph = new Graph("empty", [new GraphValue("x", [-1, 4])], [new GraphValue("y", null)], [new GraphNode("ConstantOfShape", [], "c"), new GraphNode("Add", ["x", "c"], "y")], new Dictionary<string, GraphTensor>());

        Assert.Throws<GraftInputException>(() => Built(GraphBackbone.From(graph)));
    }

    [Theory]
    [InlineData("""["Identity", "b", ["y"], ["x"], {}]""", "gives a value that is there already")]
    [InlineData("""["Identity", "b", ["y"], ["y"], {}]""", "gives a value that is there already")]
    [InlineData("""["Identity", "b", ["z"], ["z"], {}]""", "cannot be run")]
    public void A_structure_that_leads_in_a_circle_is_refused(string node, string reason)
    {
        string structure = $$"""{"name":"n","input":{"name":"x","sizes":[-1,4],"integer":false},"output":"y","nodes":[["Identity","a",["x"],["y"],{}],{{node}}],"numbers":{},"weights":[]}""";

        var e = Assert.ThrowsAny<Exception>(() => new GraphBackbone("n.onnx", structure: structure));

        Assert.IsType<FormatException>(e);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    private static GraphTensor Integers(params long[] values) => new([values.Length], values);

    private static GraphBackbone Built(GraphBackbone trunk)
    {
        trunk.Build(Row);
        _ = trunk.EndsInSoftmax;
        return trunk;
    }
}
