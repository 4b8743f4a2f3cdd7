namespace Graft.Models.Graphs.Operators;

[Operator("Cast")]
internal sealed class CastOperator(GraphNode node) : GraphOperator(node)
{
    // 1 float, 10 half, 11 double, 16 brain; 9 truths; the rest integers.
    private readonly long _to = node.Integer("to", 1);

    public override GraphRole RoleOf(int input, int count) => count > 1 ? GraphRole.Weight : GraphRole.Number;

    public override GraphData Run(OperatorInputs x)
    {
        bool isFloat = _to is 1 or 10 or 11 or 16;
        return x.Data(0).Numbers is { } numbers
            ? numbers.Map(v => isFloat ? v : _to == 9 ? v != 0 ? 1 : 0 : Math.Truncate(v), !isFloat)
            : isFloat ? x.Data(0)
            : throw Unsupported("numbers that stay floating point, or are known before the graph runs", $"type {_to} of the ONNX standard");
    }
}
