using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

/// <summary>Windows over pictures: sizes, distances, and what lies around the picture.</summary>
internal readonly struct Window
{
    private readonly GraphNode _node;
    private readonly long[]? _kernel;
    private readonly long[]? _strides;
    private readonly long[]? _dilations;
    private readonly long[]? _pads;
    private readonly string _auto;

    public Window(GraphNode node)
    {
        _node = node;
        _kernel = node.Integers("kernel_shape");
        _strides = node.Integers("strides");
        _dilations = node.Integers("dilations");
        _pads = node.Integers("pads");
        _auto = node.Text("auto_pad", "NOTSET");
        Ceil = node.Integer("ceil_mode", 0) != 0;
    }

    public bool Ceil { get; }

    public Pair Stride => Two(_strides, 1);

    public Pair Dilation => Two(_dilations, 1);

    public Pair Kernel(Pair? otherwise = null) => _kernel is null && otherwise is { } known ? known : Two(_kernel, 0);

    /// <summary>Rows above and below, columns before and behind, for a picture of a size.</summary>
    public (int Top, int Bottom, int Left, int Right) Pads(Pair kernel, int height, int width)
    {
        switch (_auto)
        {
            case "SAME_UPPER" or "SAME_LOWER":
                (int top, int bottom) = Same(height, kernel.Height, Stride.Height, Dilation.Height);
                (int left, int right) = Same(width, kernel.Width, Stride.Width, Dilation.Width);
                return (top, bottom, left, right);
            case "NOTSET" or "" when _pads is not null:
                return _pads.Length switch
                {
                    4 => (Whole(_pads[0]), Whole(_pads[2]), Whole(_pads[1]), Whole(_pads[3])),
                    2 => (0, 0, Whole(_pads[0]), Whole(_pads[1])),
                    _ => throw Wrong("pads"),
                };
            default:
                return default;
        }
    }

    /// <summary>Places of the window along one axis of the padded picture.</summary>
    public int Places(int padded, int kernel, int stride, int dilation)
    {
        int rest = padded - (dilation * (kernel - 1)) - 1;
        return rest < 0 ? throw new ShapeException(_node.Operator, "a picture, with its padding, at least as large as the window", $"{padded} for {kernel}") : (rest / stride) + 1;
    }

    private (int Before, int Behind) Same(int size, int kernel, int stride, int dilation)
    {
        int all = Math.Max(0, ((((size + stride - 1) / stride) - 1) * stride) + (dilation * (kernel - 1)) + 1 - size), half = all / 2;
        return _auto == "SAME_UPPER" ? (half, all - half) : (all - half, half);
    }

    // A window of one axis is one of pictures of height 1.
    private Pair Two(long[]? list, int otherwise) => list switch
    {
        null => otherwise == 0 ? throw Wrong("kernel_shape") : otherwise,
        [long a, long b] => (Whole(a), Whole(b)),
        [long a] => (1, Whole(a)),
        _ => throw Wrong("kernel_shape, strides and dilations"),
    };

    private int Whole(long value) => value is >= 0 and <= 1 << 16 ? (int)value : throw Wrong("sizes");

    private GraftInputException Wrong(string what) => new("", $"{_node.Operator} '{_node.Name}': expected {what} for windows of one or two axes from 0 to 65536, got others.");
}

[Operator("Conv")]
internal sealed class ConvOperator(GraphNode node) : GraphOperator(node)
{
    private readonly Window _window = new(node);
    private readonly int _groups = (int)Math.Clamp(node.Integer("group", 1), 1, int.MaxValue);

    public override bool TakesRelu => true;

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
            y = pictures.Conv2d(weight, x.Optional(2), stride, isEven ? (top, left) : 0, dilation, _groups, Relu);
        }

        return isFlat ? y.Squeeze(2) : y;
    }
}

[Operator("ConvTranspose")]
internal sealed class ConvTransposeOperator(GraphNode node) : GraphOperator(node)
{
    private readonly Window _window = new(node);
    private readonly int _groups = (int)Math.Clamp(node.Integer("group", 1), 1, int.MaxValue);
    private readonly long[] _more = node.Integers("output_padding") ?? [0, 0];

    public override bool TakesRelu => true;

    public override GraphRole RoleOf(int input, int count) => input == 1 ? GraphRole.Weight : input == 2 ? GraphRole.Shift : GraphRole.Number;

    public override GraphData Run(OperatorInputs x)
    {
        Tensor pictures = x[0], weight = x[1];
        if (Node.Text("auto_pad", "NOTSET") is not ("NOTSET" or "VALID") || Node.Integers("output_shape") is not null || _more.Length != 2)
        {
            throw Unsupported("explicit pads of two axes", "another way to say the size of the result");
        }

        Pair kernel = (weight.Shape[2], weight.Shape[3]);
        (int top, int bottom, int left, int right) = _window.Pads(kernel, pictures.Shape[2], pictures.Shape[3]);
        Pair more = ((int)_more[0], (int)_more[1]);
        if (x.IsTracing)
        {
            int Size(int input, int stride, int dilation, int size, int before, int behind, int extra) => ((input - 1) * stride) - before - behind + (dilation * (size - 1)) + extra + 1;
            return OperatorInputs.Zeros(
                pictures.Shape[0], weight.Shape[1] * _groups,
                Size(pictures.Shape[2], _window.Stride.Height, _window.Dilation.Height, kernel.Height, top, bottom, more.Height),
                Size(pictures.Shape[3], _window.Stride.Width, _window.Dilation.Width, kernel.Width, left, right, more.Width));
        }

        if (top == bottom && left == right)
        {
            return pictures.ConvTranspose2d(weight, x.Optional(2), _window.Stride, (top, left), more, _window.Dilation, _groups, Relu);
        }

        Tensor whole = pictures.ConvTranspose2d(weight, x.Optional(2), _window.Stride, 0, more, _window.Dilation, _groups, Relu);
        return whole.Slice(2, top, whole.Shape[2] - top - bottom).Slice(3, left, whole.Shape[3] - left - right);
    }
}

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
