using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

[Operator("LRN")]
internal sealed class LrnOperator(GraphNode node) : GraphOperator(node)
{
    private readonly int _size = (int)Math.Clamp(node.Integer("size", 1), 1, 1 << 16);
    private readonly float _alpha = node.Number("alpha", 1e-4f);
    private readonly float _beta = node.Number("beta", 0.75f);
    private readonly float _bias = node.Number("bias", 1);

    // The mean of squares over neighboring channels is a pooling of a picture whose rows are the channels.
    public override GraphData Run(OperatorInputs x)
    {
        if (x.IsTracing)
        {
            return x[0];
        }

        Tensor input = x[0];
        Tensor squares = input.Square().Reshape(input.Shape[0], 1, input.Shape[1], -1);
        int before = (_size - 1) / 2;
        Tensor means = squares.PadPictures(before, _size - 1 - before, 0, 0).AvgPool2d((_size, 1), 1);
        return input * means.Affine(_alpha, _bias).Pow(-_beta).Reshape(input.Shape.Sizes);
    }
}
