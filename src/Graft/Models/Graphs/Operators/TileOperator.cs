using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

[Operator("Tile")]
internal sealed class TileOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphData Run(OperatorInputs x)
    {
        Tensor y = x[0];
        int[] times = (x.Numbers(1) ?? throw Unsupported("repeats", "none")).Integers;
        if (times.Length != y.Rank || times.Any(t => t is < 1 or > 4096))
        {
            throw Unsupported($"{y.Rank} repeats from 1 to 4096", $"[{string.Join(", ", times)}]");
        }

        if (x.IsTracing)
        {
            return OperatorInputs.Zeros([.. times.Select((t, i) => checked(t * y.Shape[i]))]);
        }

        for (int axis = 0; axis < times.Length; axis++)
        {
            y = times[axis] == 1 ? y : Tensor.Concat([.. Enumerable.Repeat(y, times[axis])], axis);
        }

        return y;
    }
}
