using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

[Operator("MaxPool")]
[Operator("AveragePool")]
internal sealed class PoolOperator(GraphNode node) : GraphOperator(node)
{
    private readonly Window _window = new(node);
    private readonly bool _isMean = node.Operator == "AveragePool";
    private readonly bool _countPadding = node.Integer("count_include_pad", 0) != 0;

    public override GraphData Run(OperatorInputs x)
    {
        bool isFlat = x[0].Rank == 3;
        Tensor pictures = isFlat ? x[0].Unsqueeze(2) : x[0];
        if (pictures.Rank != 4)
        {
            throw new ShapeException(Node.Operator, "input [B, C, H, W]", pictures.Shape.ToString());
        }

        Pair kernel = _window.Kernel(), stride = _window.Stride, dilation = _window.Dilation;
        int height = pictures.Shape[2], width = pictures.Shape[3];
        (int top, int bottom, int left, int right) = _window.Pads(kernel, height, width);
        Tensor y;
        if (x.IsTracing)
        {
            y = OperatorInputs.Zeros(
                pictures.Shape[0], pictures.Shape[1], Size(height, top, bottom, kernel.Height, stride.Height, dilation.Height),
                Size(width, left, right, kernel.Width, stride.Width, dilation.Width));
        }
        else
        {
            bool isEven = top == bottom && left == right && top <= kernel.Height / 2 && left <= kernel.Width / 2;
            Pair padding = isEven ? (top, left) : 0;
            if (!_isMean)
            {
                pictures = isEven ? pictures : pictures.PadPictures(top, bottom, left, right, float.NegativeInfinity);
                y = pictures.MaxPool2d(kernel, stride, padding, dilation, _window.Ceil);
            }
            else if (dilation.Height != 1 || dilation.Width != 1)
            {
                throw Unsupported("windows without holes", "dilations");
            }
            else
            {
                y = isEven
                    ? pictures.AvgPool2d(kernel, stride, padding, _countPadding, _window.Ceil)
                    : pictures.PadPictures(top, bottom, left, right).AvgPool2d(kernel, stride, 0, true, _window.Ceil);
                y = isEven || _countPadding ? y : y / Tensor.Ones([1, 1, height, width]).PadPictures(top, bottom, left, right).AvgPool2d(kernel, stride, 0, true, _window.Ceil);
            }
        }

        return isFlat ? y.Squeeze(2) : y;
    }

    // Rounded up where wished, if the last window begins inside the picture or the padding before it.
    private int Size(int size, int before, int behind, int kernel, int stride, int dilation)
    {
        int places = _window.Places(size + before + behind, kernel, stride, dilation);
        bool hasRest = (size + before + behind - (dilation * (kernel - 1)) - 1) % stride != 0;
        return _window.Ceil && hasRest && places * stride < size + before ? places + 1 : places;
    }
}
