using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

[Operator("Where")]
internal sealed class WhereOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphData Run(OperatorInputs x)
    {
        if (!x.AreNumbers)
        {
            return x.IsTracing
                ? OperatorInputs.Zeros(GraphNumbers.Stretched(GraphNumbers.Stretched(x.Data(0).Sizes, x.Data(1).Sizes), x.Data(2).Sizes))
                : Tensor.Where(x[0], x[1], x[2]);
        }

        GraphNumbers condition = x.Numbers(0)!, then = x.Numbers(1)!, otherwise = x.Numbers(2)!;
        int[] sizes = GraphNumbers.Stretched(GraphNumbers.Stretched(condition.Sizes, then.Sizes), otherwise.Sizes);
        (condition, then, otherwise) = (condition.Stretch(sizes), then.Stretch(sizes), otherwise.Stretch(sizes));
        return new GraphNumbers(sizes, [.. condition.Values.Select((c, i) => c != 0 ? then.Values[i] : otherwise.Values[i])], then.IsInteger && otherwise.IsInteger);
    }
}
