using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

[Operator("PRelu")]
internal sealed class PReluOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphRole RoleOf(int input, int count) => input == 1 ? GraphRole.Shift : GraphRole.Number;

    // The slope stretches over the batch from the last axis on, as in the standard.
    public override GraphData Run(OperatorInputs x)
    {
        if (x.IsTracing)
        {
            return x[0];
        }

        Tensor positive = x[0].Relu();
        return positive + (x[1] * (x[0] - positive));
    }
}
