using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

[Operator("MatMul")]
internal sealed class MatMulOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphRole RoleOf(int input, int count) => GraphRole.Weight;

    public override GraphData Run(OperatorInputs x)
    {
        Tensor a = x[0], b = x[1];
        if (!x.IsTracing || a.Rank < 2 || b.Rank < 2)
        {
            return a.MatMul(b);
        }

        if (a.Shape[-1] != b.Shape[-2])
        {
            throw new ShapeException($"MatMul '{Node.Name}'", $"a right side of shape [..., {a.Shape[-1]}, N]", b.Shape.ToString());
        }

        int[] batch = GraphNumbers.Stretched([.. a.Shape.Sizes[..^2]], [.. b.Shape.Sizes[..^2]]);
        return OperatorInputs.Zeros([.. batch, a.Shape[-2], b.Shape[-1]]);
    }
}
