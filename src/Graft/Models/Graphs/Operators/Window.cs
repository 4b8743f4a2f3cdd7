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
