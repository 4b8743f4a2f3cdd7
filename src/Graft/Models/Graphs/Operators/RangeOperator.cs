namespace Graft.Models.Graphs.Operators;

[Operator("Range")]
internal sealed class RangeOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphData Run(OperatorInputs x)
    {
        if (x.Number(0) is not { } start || x.Number(1) is not { } limit || x.Number(2) is not { } step || step == 0)
        {
            throw Unsupported("a start, a limit and a step", "others");
        }

        double count = Math.Max(0, Math.Ceiling((limit - start) / step));
        GraphNumbers.Bounded([(int)Math.Min(count, int.MaxValue)]);
        return new GraphNumbers([(int)count], [.. Enumerable.Range(0, (int)count).Select(i => start + (i * step))], x.Numbers(0)!.IsInteger);
    }
}
