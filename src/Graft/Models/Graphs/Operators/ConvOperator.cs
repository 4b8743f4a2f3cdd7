using Graft.Tensors;
using Graft.Tensors.Autograd;
using Graft.Tensors.Ops;

namespace Graft.Models.Graphs.Operators;

[Operator("Conv")]
internal sealed class ConvOperator(GraphNode node) : GraphOperator(node)
{
    private readonly Window _window = new(node);
    private readonly FoldedConv2d _folded = new();
    private readonly int _groups = (int)Math.Clamp(node.Integer("group", 1), 1, int.MaxValue);

    public override bool TakesRelu => true;

    /// <summary>A normalization that alone takes what this gives: then it is a part of this, and inputs 3 to 6 are its own.</summary>
    public BatchNormalizationOperator? Norm { get; set; }

    public override GraphRole RoleOf(int input, int count) => input == 1 ? GraphRole.Weight : input == 2 ? GraphRole.Shift : GraphRole.Number;

    public override GraphData Run(OperatorInputs x)
    {
        Tensor pictures = x[0], weight = x[1];
        bool isFlat = pictures.Rank == 3 && weight.Rank == 3;
        if (isFlat)
        {
            (pictures, weight) = (pictures.Unsqueeze(2), weight.Unsqueeze(2));
        }

        if (pictures.Rank != 4 || weight.Rank != 4)
        {
            throw new ShapeException("Conv", "input [B, C, H, W] and a weight of four axes", $"{pictures.Shape} and {weight.Shape}");
        }

        Pair kernel = (weight.Shape[2], weight.Shape[3]), stride = _window.Stride, dilation = _window.Dilation;
        (int top, int bottom, int left, int right) = _window.Pads(kernel, pictures.Shape[2], pictures.Shape[3]);
        Tensor y;
        if (x.IsTracing)
        {
            if (pictures.Shape[1] != weight.Shape[1] * _groups)
            {
                throw new ShapeException($"Conv '{Node.Name}'", $"input with {weight.Shape[1] * _groups} channels", pictures.Shape.ToString());
            }

            y = OperatorInputs.Zeros(
                pictures.Shape[0], weight.Shape[0], _window.Places(pictures.Shape[2] + top + bottom, kernel.Height, stride.Height, dilation.Height),
                _window.Places(pictures.Shape[3] + left + right, kernel.Width, stride.Width, dilation.Width));
        }
        else
        {
            bool isEven = top == bottom && left == right;
            pictures = isEven ? pictures : pictures.PadPictures(top, bottom, left, right);
            y = Run(x, pictures, new ConvParts(weight, x.Optional(2), stride, isEven ? (top, left) : 0, dilation, _groups), isFlat);
        }

        return isFlat ? y.Squeeze(2) : y;
    }

    // The normalization is folded into the weights where nothing learns.
    private Tensor Run(OperatorInputs x, Tensor pictures, in ConvParts conv, bool isFlat)
    {
        if (Norm is null)
        {
            return pictures.Conv2d(conv.Weight, conv.Bias, conv.Stride, conv.Padding, conv.Dilation, conv.Groups, Relu);
        }

        bool isLearning = x.Layer?.IsLearning == true;
        Tensor scale = x[3], shift = x[4];
        var running = new BatchNormalizationOperator.Statistics(x[5], x[6]);
        if (!isLearning && !isFlat && FoldedConv2d.Allows(pictures, conv.Weight, conv.Bias, scale, shift, null))
        {
            return _folded.Apply(pictures, conv, Norm.Constants(scale, shift, running), Relu ? Rectifier.Relu : Rectifier.None, null);
        }

        if (_folded.IsFilled && Tape.Current.Trace is null)
        {
            _folded.Release();
        }

        Tensor y = pictures.Conv2d(conv.Weight, conv.Bias, conv.Stride, conv.Padding, conv.Dilation, conv.Groups);
        return Norm.Run(y, scale, shift, running, isLearning, Relu);
    }
}
