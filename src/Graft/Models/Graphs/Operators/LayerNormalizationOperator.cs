using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

[Operator("LayerNormalization")]
internal sealed class LayerNormalizationOperator(GraphNode node) : GraphOperator(node)
{
    private readonly int _axis = (int)Math.Clamp(node.Integer("axis", -1), int.MinValue, int.MaxValue);
    private readonly float _epsilon = node.Number("epsilon", 1e-5f);

    public override GraphRole RoleOf(int input, int count) => input == 1 ? GraphRole.Scale : input == 2 ? GraphRole.Shift : GraphRole.Number;

    public override GraphData Run(OperatorInputs x) => x.IsTracing ? x[0] : x[0].LayerNorm(x[1], x.Optional(2), x[0].Rank - x[0].Shape.Axis(_axis), _epsilon);
}
