namespace Graft.Models.Graphs.Operators;

[Operator("Squeeze")]
[Operator("Unsqueeze")]
internal sealed class SqueezeOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphRole RoleOf(int input, int count) => input == 0 && count > 1 ? GraphRole.Weight : GraphRole.Number;

    public override GraphData Run(OperatorInputs x)
    {
        List<int> sizes = [.. x.Data(0).Sizes];
        long[]? given = x.Numbers(1)?.Whole ?? Node.Integers("axes");
        if (Node.Operator == "Unsqueeze")
        {
            int rank = sizes.Count + (given ?? throw Unsupported("axes", "none")).Length;
            foreach (int axis in given.Select(a => Axis(a, rank)).Order())
            {
                sizes.Insert(Math.Min(axis, sizes.Count), 1);
            }
        }
        else
        {
            int[] axes = given is null ? [.. Enumerable.Range(0, sizes.Count).Where(i => sizes[i] == 1)] : [.. given.Select(a => Axis(a, sizes.Count)).Distinct()];
            foreach (int axis in axes.OrderDescending())
            {
                if (sizes[axis] != 1)
                {
                    throw Unsupported($"size 1 at axis {axis}", $"[{string.Join(", ", sizes)}]");
                }

                sizes.RemoveAt(axis);
            }
        }

        return x.Data(0).Numbers is { } numbers ? numbers.As([.. sizes]) : x.Reshaped(x[0], [.. sizes]);
    }
}
