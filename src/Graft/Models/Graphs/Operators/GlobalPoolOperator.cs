using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

[Operator("GlobalAveragePool")]
[Operator("GlobalMaxPool")]
internal sealed class GlobalPoolOperator(GraphNode node) : GraphOperator(node)
{
    private readonly bool _isMean = node.Operator == "GlobalAveragePool";

    public override GraphData Run(OperatorInputs x)
    {
        Tensor input = x[0];
        if (x.IsTracing)
        {
            return OperatorInputs.Zeros([.. input.Shape.Sizes[..2], .. Enumerable.Repeat(1, input.Rank - 2)]);
        }

        int[] axes = [.. Enumerable.Range(2, input.Rank - 2)];
        return !_isMean ? input.Max(keepAxes: true, axes) : input.Rank == 4 ? input.AdaptiveAvgPool2d(1) : input.Mean(keepAxes: true, axes);
    }
}
