namespace Graft.Models.Graphs.Operators;

[Operator("Split")]
internal sealed class SplitOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphRole RoleOf(int input, int count) => input == 0 && count > 1 ? GraphRole.Weight : GraphRole.Number;

    public override GraphData Run(OperatorInputs x) => throw Unsupported("several results", "one");

    public override void Run(OperatorInputs x, Span<GraphData> outputs)
    {
        IReadOnlyList<int> sizes = x.Data(0).Sizes;
        int axis = Axis(Node.Integer("axis", 0), sizes.Count);
        int each = (sizes[axis] + outputs.Length - 1) / outputs.Length;
        int[] parts = x.Numbers(1)?.Integers ?? [.. Enumerable.Range(0, outputs.Length).Select(i => Math.Min(each, sizes[axis] - (i * each)))];
        if (parts.Length != outputs.Length || parts.Any(p => p < 0) || parts.Sum(p => (long)p) != sizes[axis])
        {
            throw Unsupported($"{outputs.Length} parts of {sizes[axis]} places", $"[{string.Join(", ", parts)}]");
        }

        int at = 0;
        for (int i = 0; i < outputs.Length; i++)
        {
            outputs[i] = x.Data(0).Numbers is { } numbers ? numbers.Take(axis, [.. Enumerable.Range(at, parts[i])], [parts[i]]) : x[0].Slice(axis, at, parts[i]);
            at += parts[i];
        }
    }
}
