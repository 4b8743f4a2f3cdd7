using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

[Operator("Squeeze")]
[Operator("Unsqueeze")]
internal sealed class SqueezeOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphRole RoleOf(int input, int count) => input == 0 && count > 1 ? GraphRole.Weight : GraphRole.Number;

    public override GraphData Run(OperatorInputs x)
    {
        List<int> sizes = [.. x.Data(0).Sizes];
        int[]? given = x.Numbers(1)?.Integers ?? Node.Integers("axes")?.Select(a => (int)a).ToArray();
        if (Node.Operator == "Unsqueeze")
        {
            int rank = sizes.Count + (given ?? throw Unsupported("axes", "none")).Length;
            foreach (int axis in given.Select(a => a < 0 ? a + rank : a).Order())
            {
                sizes.Insert(Check.Within(0, sizes.Count, axis), 1);
            }
        }
        else
        {
            int[] axes = given is null ? [.. Enumerable.Range(0, sizes.Count).Where(i => sizes[i] == 1)] : [.. given.Select(a => a < 0 ? a + sizes.Count : a)];
            foreach (int axis in axes.OrderDescending())
            {
                if (sizes[Check.Within(0, sizes.Count - 1, axis)] != 1)
                {
                    throw Unsupported($"size 1 at axis {axis}", $"[{string.Join(", ", sizes)}]");
                }

                sizes.RemoveAt(axis);
            }
        }

        return x.Data(0).Numbers is { } numbers ? numbers.As([.. sizes]) : x.Reshaped(x[0], [.. sizes]);
    }
}
