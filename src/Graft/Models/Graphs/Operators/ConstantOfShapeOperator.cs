using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

[Operator("ConstantOfShape")]
internal sealed class ConstantOfShapeOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphData Run(OperatorInputs x)
    {
        int[] sizes = (x.Numbers(0) ?? throw Unsupported("a shape", "none")).Integers;
        GraphTensor? value = Node.Tensor("value");
        double one = value?.Values?[0] ?? value?.Integers?[0] ?? 0.0;
        var numbers = new double[GraphNumbers.Bounded(sizes)];
        Array.Fill(numbers, one);
        return new GraphNumbers(sizes, numbers, value?.Integers is not null);
    }
}
