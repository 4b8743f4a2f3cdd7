using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

[Operator("InstanceNormalization")]
internal sealed class InstanceNormalizationOperator(GraphNode node) : GraphOperator(node)
{
    private readonly float _epsilon = node.Number("epsilon", 1e-5f);

    public override GraphRole RoleOf(int input, int count) => input == 1 ? GraphRole.Scale : input == 2 ? GraphRole.Shift : GraphRole.Number;

    public override GraphData Run(OperatorInputs x) => x.IsTracing ? x[0] : x[0].GroupNorm(x[0].Shape[1], x[1], x[2], _epsilon);
}
