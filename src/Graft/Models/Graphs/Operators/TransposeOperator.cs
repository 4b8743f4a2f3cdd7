namespace Graft.Models.Graphs.Operators;

[Operator("Transpose")]
internal sealed class TransposeOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphRole RoleOf(int input, int count) => count > 1 ? GraphRole.Weight : GraphRole.Number;

    public override GraphData Run(OperatorInputs x)
    {
        int rank = x.Data(0).Sizes.Count;
        int[] axes = Node.Integers("perm")?.Select(a => Axis(a, rank)).ToArray() ?? [.. Enumerable.Range(0, rank).Reverse()];
        if (x.Data(0).Numbers is not { } numbers)
        {
            return x[0].Permute(axes);
        }

        if (!axes.Order().SequenceEqual(Enumerable.Range(0, numbers.Sizes.Count)))
        {
            throw Unsupported("each axis once", $"[{string.Join(", ", axes)}]");
        }

        int[] sizes = [.. axes.Select(a => numbers.Sizes[a])];
        int[] steps = [.. axes.Select(a => numbers.Sizes.Skip(a + 1).Aggregate(1, (p, q) => p * q))];
        var values = new double[numbers.Count];
        for (int i = 0; i < values.Length; i++)
        {
            int rest = i, from = 0;
            for (int axis = sizes.Length - 1; axis >= 0; axis--)
            {
                from += rest % sizes[axis] * steps[axis];
                rest /= sizes[axis];
            }

            values[i] = numbers.Values[from];
        }

        return new GraphNumbers(sizes, values, numbers.IsInteger);
    }
}
