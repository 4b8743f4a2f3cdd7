using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

[Operator("Shape")]
internal sealed class ShapeOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphData Run(OperatorInputs x)
    {
        IReadOnlyList<int> sizes = x.Data(0).Sizes;
        (int start, int end) = (Place(Node.Integer("start", 0), sizes.Count), Place(Node.Integer("end", sizes.Count), sizes.Count));
        return GraphNumbers.List(sizes.Take(end).Skip(start).Select(s => (double)s));
    }

    private static int Place(long place, int rank) => (int)Math.Clamp(place < 0 ? place + rank : place, 0, rank);
}

[Operator("Size")]
internal sealed class SizeOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphData Run(OperatorInputs x) => new GraphNumbers([], [x.Data(0).Sizes.Aggregate(1.0, (a, b) => a * b)], isInteger: true);
}

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

[Operator("Flatten")]
internal sealed class FlattenOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphData Run(OperatorInputs x)
    {
        int rank = x[0].Rank, axis = (int)Math.Clamp(Node.Integer("axis", 1) is < 0 and var negative ? negative + rank : Node.Integer("axis", 1), 0, rank);
        int rows = x[0].Shape.Sizes[..axis].ToArray().Aggregate(1, (a, b) => a * b);
        return x.Reshaped(x[0], rows, rows == 0 ? 0 : x[0].Count / rows);
    }
}

[Operator("Transpose")]
internal sealed class TransposeOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphRole RoleOf(int input, int count) => count > 1 ? GraphRole.Weight : GraphRole.Number;

    public override GraphData Run(OperatorInputs x)
    {
        int[] axes = Node.Integers("perm")?.Select(a => (int)a).ToArray() ?? [.. Enumerable.Range(0, x.Data(0).Sizes.Count).Reverse()];
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

[Operator("Concat")]
internal sealed class ConcatOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphRole RoleOf(int input, int count) => count > 1 ? GraphRole.Weight : GraphRole.Number;

    // A part that a file has for a batch of one is repeated for every row.
    public override GraphData Run(OperatorInputs x)
    {
        int rank = x.Data(0).Sizes.Count, axis = (int)Node.Integer("axis", 0);
        axis = Check.Within(0, rank - 1, axis < 0 ? axis + rank : axis);
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

[Operator("Split")]
internal sealed class SplitOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphData Run(OperatorInputs x) => throw Unsupported("several results", "one");

    public override void Run(OperatorInputs x, Span<GraphData> outputs)
    {
        IReadOnlyList<int> sizes = x.Data(0).Sizes;
        int axis = (int)Node.Integer("axis", 0);
        axis = Check.Within(0, sizes.Count - 1, axis < 0 ? axis + sizes.Count : axis);
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

[Operator("Slice")]
internal sealed class SliceOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphRole RoleOf(int input, int count) => input == 0 && count > 1 ? GraphRole.Weight : GraphRole.Number;

    public override GraphData Run(OperatorInputs x)
    {
        GraphData y = x.Data(0);
        IReadOnlyList<int> sizes = y.Sizes;
        double[] starts = (x.Numbers(1) ?? throw Unsupported("starts", "none")).Values, ends = (x.Numbers(2) ?? throw Unsupported("ends", "none")).Values;
        int[] axes = x.Numbers(3)?.Integers ?? [.. Enumerable.Range(0, starts.Length)], steps = x.Numbers(4)?.Integers ?? [.. starts.Select(_ => 1)];
        if (ends.Length != starts.Length || axes.Length != starts.Length || steps.Length != starts.Length)
        {
            throw Unsupported("as many starts as ends, axes and steps", "others");
        }

        for (int i = 0; i < starts.Length; i++)
        {
            int axis = Check.Within(0, sizes.Count - 1, axes[i] < 0 ? axes[i] + sizes.Count : axes[i]), size = sizes[axis], step = steps[i];
            if (step == 0 || (step < 0 && y.Tensor is not null))
            {
                throw Unsupported("steps of at least 1", $"{step}");
            }

            int low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
            int start = Place(starts[i], size, step > 0 ? 0 : 0, high), end = Place(ends[i], size, low, high);
            int length = Math.Max(0, ((end - start) + (step > 0 ? step - 1 : step + 1)) / step);
            y = y.Numbers is { } numbers
                ? numbers.Take(axis, [.. Enumerable.Range(0, length).Select(k => start + (k * step))], [length])
                : y.Tensor!.Value.Slice(axis, length == 0 ? 0 : start, length, step);
        }

        return y;
    }

    private static int Place(double place, int size, int low, int high) => (int)Math.Clamp(place < 0 ? place + size : place, low, Math.Max(low, high));
}

[Operator("Gather")]
internal sealed class GatherOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphRole RoleOf(int input, int count) => input == 0 && count > 1 ? GraphRole.Weight : GraphRole.Number;

    public override GraphData Run(OperatorInputs x)
    {
        IReadOnlyList<int> sizes = x.Data(0).Sizes;
        int axis = (int)Node.Integer("axis", 0);
        axis = Check.Within(0, sizes.Count - 1, axis < 0 ? axis + sizes.Count : axis);
        if (x.Data(1).Numbers is not { } places)
        {
            return axis != 0 ? throw Unsupported("rows chosen by computed numbers", $"axis {axis}")
                : x.IsTracing ? OperatorInputs.Zeros([.. x[1].Shape.Sizes, .. sizes.Skip(1)]) : x[0].IndexSelect(x[1].ToInt());
        }

        if (x.Data(0).Numbers is { } numbers)
        {
            return numbers.Take(axis, places.Integers, places.Sizes);
        }

        int[] result = [.. sizes.Take(axis), .. places.Sizes, .. sizes.Skip(axis + 1)];
        int[] chosen = [.. places.Integers.Select(p => Check.Within(0, sizes[axis] - 1, p < 0 ? p + sizes[axis] : p))];
        if (x.IsTracing)
        {
            return OperatorInputs.Zeros(result);
        }

        Tensor y;
        if (chosen.Length > 0 && Enumerable.Range(0, chosen.Length).All(i => chosen[i] == chosen[0] + i))
        {
            y = x[0].Slice(axis, chosen[0], chosen.Length);
        }
        else
        {
            y = x[0].Transpose(0, axis).IndexSelect(Tensor.From(chosen, [chosen.Length])).Transpose(0, axis);
        }

        return places.Sizes.Count == 1 ? y : y.Reshape(result);
    }
}

[Operator("Expand")]
internal sealed class ExpandOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphRole RoleOf(int input, int count) => input == 0 && count > 1 ? GraphRole.Weight : GraphRole.Number;

    public override GraphData Run(OperatorInputs x)
    {
        int[] sizes = GraphNumbers.Stretched(x.Data(0).Sizes, (x.Numbers(1) ?? throw Unsupported("a shape", "none")).Integers);
        return x.Data(0).Numbers is { } numbers ? numbers.Stretch(sizes) : x.IsTracing ? OperatorInputs.Zeros(sizes) : x[0].Expand(sizes);
    }
}

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

[Operator("ConstantOfShape")]
internal sealed class ConstantOfShapeOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphData Run(OperatorInputs x)
    {
        int[] sizes = (x.Numbers(0) ?? throw Unsupported("a shape", "none")).Integers;
        GraphTensor? value = Node.Tensor("value");
        double one = value?.Values?[0] ?? value?.Integers?[0] ?? 0.0;
        var numbers = new double[GraphNumbers.Bounded(sizes)];
        Array.Fill(numbers, one);
        return new GraphNumbers(sizes, numbers, value?.Integers is not null);
    }
}

[Operator("Range")]
internal sealed class RangeOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphData Run(OperatorInputs x)
    {
        if (x.Number(0) is not { } start || x.Number(1) is not { } limit || x.Number(2) is not { } step || step == 0)
        {
            throw Unsupported("a start, a limit and a step", "others");
        }

        double count = Math.Max(0, Math.Ceiling((limit - start) / step));
        GraphNumbers.Bounded([(int)Math.Min(count, int.MaxValue)]);
        return new GraphNumbers([(int)count], [.. Enumerable.Range(0, (int)count).Select(i => start + (i * step))], x.Numbers(0)!.IsInteger);
    }
}

[Operator("Cast")]
internal sealed class CastOperator(GraphNode node) : GraphOperator(node)
{
    // 1 float, 10 half, 11 double, 16 brain; 9 truths; the rest integers.
    private readonly long _to = node.Integer("to", 1);

    public override GraphRole RoleOf(int input, int count) => count > 1 ? GraphRole.Weight : GraphRole.Number;

    public override GraphData Run(OperatorInputs x)
    {
        bool isFloat = _to is 1 or 10 or 11 or 16;
        return x.Data(0).Numbers is { } numbers
            ? numbers.Map(v => isFloat ? v : _to == 9 ? v != 0 ? 1 : 0 : Math.Truncate(v), !isFloat)
            : isFloat ? x.Data(0)
            : throw Unsupported("numbers that stay floating point, or are known before the graph runs", $"type {_to} of the ONNX standard");
    }
}

[Operator("Pad")]
internal sealed class PadOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphData Run(OperatorInputs x)
    {
        int rank = x[0].Rank;
        int[] pads = (x.Numbers(1) ?? throw Unsupported("pads", "none")).Integers;
        if (x.Has(3))
        {
            int[] axes = x.Numbers(3)!.Integers, all = new int[2 * rank];
            for (int i = 0; i < axes.Length && pads.Length == 2 * axes.Length; i++)
            {
                int axis = Check.Within(0, rank - 1, axes[i] < 0 ? axes[i] + rank : axes[i]);
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

[Operator("Resize")]
internal sealed class ResizeOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphData Run(OperatorInputs x)
    {
        Tensor y = x[0];
        double[] scales = x.Numbers(2) is { Count: > 0 } given ? given.Values
            : x.Numbers(3) is { Count: > 0 } sizes && sizes.Count == y.Rank ? [.. sizes.Values.Select((s, i) => s / y.Shape[i])]
            : throw Unsupported("scales or sizes", "none");
        if (Node.Text("mode", "nearest") != "nearest" || y.Rank != 4 || scales.Length != 4 || scales[0] != 1 || scales[1] != 1 || scales.Any(s => s is < 1 or > 256 || s != Math.Floor(s)))
        {
            throw Unsupported("pictures that are enlarged by whole factors, each pixel repeated", $"{Node.Text("mode", "nearest")} by [{string.Join(", ", scales.Select(s => FormattableString.Invariant($"{s}")))}]");
        }

        (int b, int c, int h, int w, int high, int wide) = (y.Shape[0], y.Shape[1], y.Shape[2], y.Shape[3], (int)scales[2], (int)scales[3]);
        return x.IsTracing ? OperatorInputs.Zeros(b, c, h * high, w * wide) : y.Reshape(b, c, h, 1, w, 1).Expand(b, c, h, high, w, wide).Reshape(b, c, h * high, w * wide);
    }
}
