namespace Graft.Models.Graphs.Operators;

[Operator("Size")]
internal sealed class SizeOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphData Run(OperatorInputs x) => new GraphNumbers([], [x.Data(0).Sizes.Aggregate(1.0, (a, b) => a * b)], isInteger: true);
}
