using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

[Operator("Reshape")]
internal sealed class ReshapeOperator(GraphNode node) : GraphOperator(node)
{
    private readonly bool _zeroMeansZero = node.Integer("allowzero", 0) != 0;

    public override GraphRole RoleOf(int input, int count) => input == 0 && count > 1 ? GraphRole.Weight : GraphRole.Number;

    public override GraphData Run(OperatorInputs x)
    {
        int[] sizes = Sizes(x);
        if (x.Data(0).Numbers is not { } numbers)
        {
            return x.Reshaped(x[0], sizes);
        }

        int known = sizes.Where(s => s != -1).Aggregate(1, (a, b) => a * b);
        return numbers.As([.. sizes.Select(s => s == -1 ? numbers.Count / Math.Max(1, known) : s)]);
    }

    // A file that was made with a batch of one says 1 where the size of the batch is meant, or leaves it out of a product. Axes of both sides are put together
    // into groups of equal products; where a group begins with the batch, so does it on the other side.
    public override (int Input, GraphNumbers[] Lanes)? Adapt(IReadOnlyList<OperatorInputs> lanes)
    {
        if (lanes[0].Data(0).Tensor is null || lanes.Any(l => !l.Numbers(1)!.Values.SequenceEqual(lanes[0].Numbers(1)!.Values)))
        {
            return null;
        }

        int[] first = [.. lanes[0].Data(0).Sizes], second = [.. lanes[1].Data(0).Sizes];
        int batchAxis = Enumerable.Range(0, first.Length).FirstOrDefault(i => first[i] != second[i], -1);
        if (batchAxis < 0)
        {
            return null;
        }

        // The sizes as with a batch of one.
        int batch = second[batchAxis] - first[batchAxis], perRow = first[batchAxis] * batch == 0 ? 0 : batch;
        int[] from = [.. first];
        from[batchAxis] = perRow;
        int[] to = Complete(Given(lanes[0], from), from.Aggregate(1L, (a, b) => a * b));
        if (perRow < 1 || to.Length == 0)
        {
            return null;
        }

        int axis = BatchAxis(from, to, batchAxis);
        return (1, [.. lanes.Select(l => GraphNumbers.List(to.Select((s, i) => (double)s * (i == axis ? l.Data(0).Sizes[batchAxis] / perRow : 1))))]);
    }

    private static int BatchAxis(int[] from, int[] to, int batchAxis)
    {
        int i = 0, j = 0;
        while (i < from.Length && j < to.Length)
        {
            int begin = j;
            long a = from[i++], b = to[j++];
            bool holds = i - 1 == batchAxis;
            if (holds && from[batchAxis] == 1 && b != 1 && i < from.Length)
            {
                a *= from[i++];      // a batch of one belongs to what comes behind it
            }

            while (a != b)
            {
                if (a < b && i < from.Length)
                {
                    holds |= i == batchAxis;
                    a *= from[i++];
                }
                else if (b < a && j < to.Length)
                {
                    b *= to[j++];
                }
                else
                {
                    break;
                }
            }

            // The last axis holds features and stays as it is where another can take the batch.
            if (holds)
            {
                // Where a part of an axis was the batch, the file says 1 for it.
                int one = from[batchAxis] == 1 ? -1 : Array.IndexOf(to, 1, begin, Math.Min(j + 1, to.Length) - begin);
                return one >= 0 ? one : begin == to.Length - 1 && begin > 0 ? begin - 1 : begin;
            }
        }

        return Math.Max(0, j - 1);
    }

    private int[] Given(OperatorInputs x, IReadOnlyList<int> from)
    {
        GraphNumbers shape = x.Numbers(1) ?? throw Unsupported("a shape", "none");
        return [.. shape.Integers.Select((s, i) => s == 0 && !_zeroMeansZero && i < from.Count ? from[i] : s)];
    }

    private static int[] Complete(int[] sizes, long count)
    {
        long known = sizes.Where(s => s != -1).Aggregate(1L, (a, b) => a * b);
        int[] all = [.. sizes.Select(s => s == -1 ? known > 0 ? (int)(count / known) : 0 : s)];
        return all.Aggregate(1L, (a, b) => a * b) == count ? all : [];
    }

    private int[] Sizes(OperatorInputs x) => Given(x, x.Data(0).Sizes);
}
