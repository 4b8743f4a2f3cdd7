using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

/// <summary>Another type of number. What is computed while the graph runs stays floating point: integers are whole numbers in it, truths 0 and 1.</summary>
[Operator("Cast")]
internal sealed class CastOperator(GraphNode node) : GraphOperator(node)
{
    // 1 float, 10 half, 11 double, 16 brain; 9 truths; the rest integers.
    private readonly long _to = node.Integer("to", 1);

    public override GraphRole RoleOf(int input, int count) => count > 1 ? GraphRole.Weight : GraphRole.Number;

    public override GraphData Run(OperatorInputs x)
    {
        bool isFloat = _to is 1 or 10 or 11 or 16;
        if (x.Data(0).Numbers is { } numbers)
        {
            return numbers.Map(v => isFloat ? v : _to == 9 ? v != 0 ? 1 : 0 : Math.Truncate(v), !isFloat);
        }

        return isFloat || x.IsTracing ? x.Data(0)
            : _to == 9 ? 1 - x[0].EqualTo(Tensor.Full([], 0))
            : x[0].ToInt().ToFloat();
    }
}
