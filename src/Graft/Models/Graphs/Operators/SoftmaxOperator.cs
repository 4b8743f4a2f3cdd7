namespace Graft.Models.Graphs.Operators;

[Operator("Softmax")]
[Operator("LogSoftmax")]
internal sealed class SoftmaxOperator(GraphNode node) : GraphOperator(node)
{
    private readonly int _axis = (int)Math.Clamp(node.Integer("axis", -1), int.MinValue, int.MaxValue);

    public override GraphData Run(OperatorInputs x) => x.IsTracing ? x[0] : Node.Operator == "Softmax" ? x[0].Softmax(_axis) : x[0].LogSoftmax(_axis);
}
