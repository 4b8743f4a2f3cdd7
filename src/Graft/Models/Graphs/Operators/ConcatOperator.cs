using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

[Operator("Concat")]
internal sealed class ConcatOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphRole RoleOf(int input, int count) => count > 1 ? GraphRole.Weight : GraphRole.Number;

    // A part that a file has for a batch of one is repeated for every row.
    public override GraphData Run(OperatorInputs x)
    {
        int rank = x.Data(0).Sizes.Count, axis = Axis(Node.Integer("axis", 0), rank);
        if (x.AreNumbers)
        {
            return GraphNumbers.Join([.. Enumerable.Range(0, x.Count).Select(i => x.Numbers(i)!)], axis);
        }

        var parts = new Tensor[x.Count];
        int rows = 1, length = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i] = x[i];
            rows = Math.Max(rows, parts[i].Rank == 0 ? 1 : parts[i].Shape[0]);
        }

        for (int i = 0; i < parts.Length; i++)
        {
            if (axis > 0 && parts[i].Rank == rank && parts[i].Shape[0] == 1 && rows > 1)
            {
                parts[i] = parts[i].Expand([rows, .. parts[i].Shape.Sizes[1..]]);
            }

            length += parts[i].Rank == rank ? parts[i].Shape[axis] : throw Unsupported($"parts of {rank} axes", parts[i].Shape.ToString());
        }

        if (!x.IsTracing)
        {
            return Tensor.Concat(parts, axis);
        }

        int[] sizes = [.. parts[0].Shape.Sizes];
        foreach (Tensor part in parts)
        {
            if (!part.Shape.Sizes.ToArray().Where((_, i) => i != axis).SequenceEqual(sizes.Where((_, i) => i != axis)))
            {
                throw Unsupported($"parts that fit [{string.Join(", ", sizes)}]", part.Shape.ToString());
            }
        }

        sizes[axis] = length;
        return OperatorInputs.Zeros(sizes);
    }
}
