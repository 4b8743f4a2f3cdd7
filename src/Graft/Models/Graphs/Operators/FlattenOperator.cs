using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

[Operator("Flatten")]
internal sealed class FlattenOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphData Run(OperatorInputs x)
    {
        int rank = x[0].Rank, axis = (int)Math.Clamp(Node.Integer("axis", 1) is < 0 and var negative ? negative + rank : Node.Integer("axis", 1), 0, rank);
        int rows = x[0].Shape.Sizes[..axis].ToArray().Aggregate(1, (a, b) => a * b);
        return x.Reshaped(x[0], rows, rows == 0 ? 0 : x[0].Count / rows);
    }
}
