namespace Graft.Models.Graphs.Operators;

[Operator("Clip")]
internal sealed class ClipOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphData Run(OperatorInputs x)
    {
        double low = x.Number(1) ?? double.NegativeInfinity, high = x.Number(2) ?? double.PositiveInfinity;
        return x.AreNumbers ? x.Numbers(0)!.Map(v => Math.Min(Math.Max(v, low), high))
            : x.IsTracing ? x[0]
            : low == 0 && high == 6 ? x[0].Relu6()
            : x[0].Clamp((float)Math.Max(low, float.MinValue), (float)Math.Min(high, float.MaxValue));
    }
}
