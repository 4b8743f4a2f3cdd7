using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

[Operator("Gemm")]
internal sealed class GemmOperator(GraphNode node) : GraphOperator(node)
{
    private readonly float _alpha = node.Number("alpha", 1);
    private readonly float _beta = node.Number("beta", 1);
    private readonly bool _turnA = node.Integer("transA", 0) != 0;
    private readonly bool _turnB = node.Integer("transB", 0) != 0;

    public override bool TakesRelu => true;

    public override GraphRole RoleOf(int input, int count) => input == 2 ? GraphRole.Shift : GraphRole.Weight;

    public override GraphData Run(OperatorInputs x)
    {
        Tensor a = _turnA ? x[0].Transpose() : x[0], b = _turnB ? x[1] : x[1].Transpose();
        if (a.Rank != 2 || b.Rank != 2 || a.Shape[1] != b.Shape[1])
        {
            throw new ShapeException($"Gemm '{Node.Name}'", $"rows of {b.Shape[-1]} numbers", a.Shape.ToString());
        }

        if (x.IsTracing)
        {
            return OperatorInputs.Zeros(a.Shape[0], b.Shape[0]);
        }

        Tensor? bias = x.Optional(2);
        if (bias is { } c && c.Count == b.Shape[0] && _alpha == 1 && _beta == 1)
        {
            return a.Linear(b, c.Reshape(c.Count), Relu);
        }

        Tensor y = a.Linear(b);
        y = _alpha == 1 ? y : y * _alpha;
        y = bias is { } more ? y + (_beta == 1 ? more : more * _beta) : y;
        return Relu ? y.Relu() : y;
    }
}
