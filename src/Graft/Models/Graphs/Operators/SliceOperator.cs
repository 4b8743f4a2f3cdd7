using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

[Operator("Slice")]
internal sealed class SliceOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphRole RoleOf(int input, int count) => input == 0 && count > 1 ? GraphRole.Weight : GraphRole.Number;

    public override GraphData Run(OperatorInputs x)
    {
        GraphData y = x.Data(0);
        IReadOnlyList<int> sizes = y.Sizes;
        double[] starts = (x.Numbers(1) ?? throw Unsupported("starts", "none")).Values, ends = (x.Numbers(2) ?? throw Unsupported("ends", "none")).Values;
        long[] axes = x.Numbers(3)?.Whole ?? [.. Enumerable.Range(0, starts.Length)];
        int[] steps = x.Numbers(4)?.Integers ?? [.. starts.Select(_ => 1)];
        if (ends.Length != starts.Length || axes.Length != starts.Length || steps.Length != starts.Length)
        {
            throw Unsupported("as many starts as ends, axes and steps", "others");
        }

        for (int i = 0; i < starts.Length; i++)
        {
            int axis = Axis(axes[i], sizes.Count), size = sizes[axis], step = steps[i];
            if (step == 0 || (step < 0 && y.Tensor is not null))
            {
                throw Unsupported("steps of at least 1", $"{step}");
            }

            int low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
            int start = Bounded(starts[i], size, 0, high), end = Bounded(ends[i], size, low, high);
            int length = Math.Max(0, ((end - start) + (step > 0 ? step - 1 : step + 1)) / step);
            y = y.Numbers is { } numbers
                ? numbers.Take(axis, [.. Enumerable.Range(0, length).Select(k => start + (k * step))], [length])
                : y.Tensor!.Value.Slice(axis, length == 0 ? 0 : start, length, step);
        }

        return y;
    }

    private static int Bounded(double place, int size, int low, int high) => (int)Math.Clamp(place < 0 ? place + size : place, low, Math.Max(low, high));
}
