namespace Graft.Models.Graphs.Operators;

[Operator("Expand")]
internal sealed class ExpandOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphRole RoleOf(int input, int count) => input == 0 && count > 1 ? GraphRole.Weight : GraphRole.Number;

    public override GraphData Run(OperatorInputs x)
    {
        int[] sizes = GraphNumbers.Stretched(x.Data(0).Sizes, (x.Numbers(1) ?? throw Unsupported("a shape", "none")).Integers);
        return x.Data(0).Numbers is { } numbers ? numbers.Stretch(sizes) : x.IsTracing ? OperatorInputs.Zeros(sizes) : x[0].Expand(sizes);
    }
}
