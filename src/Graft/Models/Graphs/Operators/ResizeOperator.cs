using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

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
