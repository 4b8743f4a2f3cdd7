using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

[Operator("Pad")]
internal sealed class PadOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphRole RoleOf(int input, int count) => input == 0 && count > 1 ? GraphRole.Weight : GraphRole.Number;

    public override GraphData Run(OperatorInputs x)
    {
        int rank = x[0].Rank;
        int[] pads = (x.Numbers(1) ?? throw Unsupported("pads", "none")).Integers;
        if (x.Has(3))
        {
            long[] axes = x.Numbers(3)!.Whole;
            int[] all = new int[2 * rank];
            for (int i = 0; i < axes.Length && pads.Length == 2 * axes.Length; i++)
            {
                int axis = Axis(axes[i], rank);
                (all[axis], all[rank + axis]) = (pads[i], pads[axes.Length + i]);
            }

            pads = all;
        }

        if (pads.Length != 2 * rank || Node.Text("mode", "constant") != "constant" || pads.Any(p => p is > 1 << 16 or < -(1 << 16)))
        {
            throw Unsupported($"{2 * rank} constant pads of at most 65536", $"{Node.Text("mode", "constant")} [{string.Join(", ", pads.Take(16))}]");
        }

        // A negative pad cuts off.
        Tensor y = x[0];
        for (int axis = 0; axis < rank; axis++)
        {
            int before = Math.Max(0, -pads[axis]), behind = Math.Max(0, -pads[rank + axis]);
            y = before + behind == 0 ? y : y.Slice(axis, before, y.Shape[axis] - before - behind);
        }

        int[] front = [.. pads[..rank].Select(p => Math.Max(0, p))], back = [.. pads[rank..].Select(p => Math.Max(0, p))];
        return front.Sum() + back.Sum() == 0 ? y
            : x.IsTracing ? OperatorInputs.Zeros([.. y.Shape.Sizes.ToArray().Select((s, i) => s + front[i] + back[i])])
            : y.Pad(front, back, (float)(x.Number(2) ?? 0));
    }
}
