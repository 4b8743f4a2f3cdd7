using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

[Operator("ReduceMean")]
[Operator("ReduceSum")]
[Operator("ReduceMax")]
[Operator("ReduceMin")]
[Operator("ReduceProd")]
[Operator("ReduceL2")]
internal sealed class ReduceOperator(GraphNode node) : GraphOperator(node)
{
    private readonly bool _keep = node.Integer("keepdims", 1) != 0;
    private readonly long[]? _axes = node.Integers("axes");

    public override GraphData Run(OperatorInputs x)
    {
        int rank = x.Data(0).Sizes.Count;
        long[] given = _axes ?? x.Numbers(1)?.Whole ?? [];
        int[] axes = given.Length > 0
            ? [.. given.Select(a => Axis(a, rank)).Distinct().Order()]
            : Node.Integer("noop_with_empty_axes", 0) != 0 ? [] : [.. Enumerable.Range(0, rank)];
        if (x.Data(0).Numbers is { } numbers)
        {
            return axes.Length == rank ? All(numbers) : throw Unsupported("numbers reduced over all axes", numbers.ToString());
        }

        if (axes.Length == 0)
        {
            return x[0];
        }

        if (x.IsTracing)
        {
            return OperatorInputs.Zeros([.. x[0].Shape.Sizes.ToArray().Select((s, i) => axes.Contains(i) ? _keep ? 1 : -1 : s).Where(s => s >= 0)]);
        }

        return Node.Operator switch
        {
            "ReduceMean" => x[0].Mean(_keep, axes),
            "ReduceSum" => x[0].Sum(_keep, axes),
            "ReduceMax" => x[0].Max(_keep, axes),
            "ReduceMin" => x[0].Min(_keep, axes),
            "ReduceL2" => x[0].Square().Sum(_keep, axes).Sqrt(),
            _ => throw Unsupported("numbers known before the graph runs", "computed ones"),
        };
    }

    private GraphNumbers All(GraphNumbers numbers)
    {
        double value = Node.Operator switch
        {
            "ReduceMean" => numbers.Values.Average(),
            "ReduceSum" => numbers.Values.Sum(),
            "ReduceMax" => numbers.Values.Max(),
            "ReduceMin" => numbers.Values.Min(),
            "ReduceL2" => Math.Sqrt(numbers.Values.Sum(v => v * v)),
            _ => numbers.Values.Aggregate(1.0, (a, b) => a * b),
        };
        return new GraphNumbers(_keep ? [.. numbers.Sizes.Select(_ => 1)] : [], [value], numbers.IsInteger);
    }
}
