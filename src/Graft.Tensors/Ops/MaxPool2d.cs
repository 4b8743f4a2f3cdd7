using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>The greatest element of each window of a picture; NaN where a window holds one.</summary>
    /// <param name="kernel">Size of a window; at least 1.</param>
    /// <param name="stride">Distance between windows; at least 1; absent: the size of a window, so that they lie side by side.</param>
    /// <param name="padding">Rows and columns around the picture that hold nothing; at most half a window.</param>
    /// <param name="dilation">Distance between the elements of a window; at least 1; absent: 1, so that they lie side by side.</param>
    /// <param name="ceil">Whether a last window that runs over the edge counts, if it begins inside the picture or the padding before it.</param>
    /// <returns>[B, C, H', W'] for this tensor of shape [B, C, H, W]; H' = (H + 2 padding - dilation (kernel - 1) - 1) / stride + 1, rounded down, or up with
    /// <paramref name="ceil"/>.</returns>
    /// <exception cref="ShapeException">The window does not fit.</exception>
    /// <remarks>Backward: dy to the first of the greatest. Keeps their places.</remarks>
    public Tensor MaxPool2d(Pair kernel, Pair? stride = null, Pair? padding = null, Pair? dilation = null, bool ceil = false) =>
        MaxPool2dOperation.Apply(this, kernel, stride ?? kernel, padding ?? 0, dilation ?? 1, ceil);
}

internal sealed unsafe class MaxPool2dOperation : Operation
{
    private static readonly MaxPool2dOperation Instance = new();

    public override string Name => "MaxPool2d";

    public static Tensor Apply(Tensor pictures, Pair kernel, Pair stride, Pair padding, Pair dilation, bool ceil)
    {
        Node x = PictureLayout.ChannelsLast(pictures, "MaxPool2d");
        PoolShape s = Windows(x.Shape, kernel, stride, padding, dilation, ceil, countPadding: true, "MaxPool2d");
        Shape shape = [s.N, s.C, s.OutH, s.OutW];
        Node y = Tape.Current.New(shape, shape.ChannelsLast(), Instance, x);
        int* places = null;
        if (y.RequiresGrad)
        {
            y.Saved = Tape.Current.New(shape, shape.ChannelsLast(), null, type: ElementType.Int32);
            places = (int*)y.Saved.Data;
        }

        Conv2dOperation.Keep(y, kernel, stride, padding, groups: 1, relu: false);
        (y.Ints[6], y.Ints[7], y.I0) = (dilation.Height, dilation.Width, ceil ? 1 : 0);
        Pool.MaxForward(s, x.Data, y.Data, places);
        Tape.Current.Trace?.Note("MaxPool2d", y, [x], ("kernel", kernel), ("stride", stride), ("padding", padding), ("dilation", dilation));
        return new Tensor(y);
    }

    public override void Backward(Node y)
    {
        Node x = y.A!;
        PoolShape s = Windows(
            x.Shape, (y.Ints[0], y.Ints[1]), (y.Ints[2], y.Ints[3]), (y.Ints[4], y.Ints[5]), (y.Ints[6], y.Ints[7]), y.I0 != 0, countPadding: true, "MaxPool2d");
        bool add = x.BeginGrad();
        Pool.MaxBackward(s, y.Grad, (int*)y.Saved!.Data, x.Grad, add);
    }

    public override void Tangent(Node y)
    {
        Node x = y.A!;
        y.BeginGrad();
        int images = y.Shape[0], channels = y.Shape[1], windows = y.Shape[2] * y.Shape[3], points = x.Shape[2] * x.Shape[3];
        int* places = (int*)y.Saved!.Data;
        for (int image = 0; image < images; image++)
        {
            float* from = x.Grad + ((nint)image * points * channels);
            for (int window = 0; window < windows; window++)
            {
                nint at = (((nint)image * windows) + window) * channels;
                for (int c = 0; c < channels; c++)
                {
                    int place = places[at + c];
                    y.Grad[at + c] = place < 0 ? 0 : from[((nint)place * channels) + c];
                }
            }
        }
    }

    internal static PoolShape Windows(in Shape x, Pair kernel, Pair stride, Pair padding, Pair dilation, bool ceil, bool countPadding, string operation)
    {
        Check.AtLeast(1, kernel.Height, nameof(kernel));
        Check.AtLeast(1, kernel.Width, nameof(kernel));
        Check.AtLeast(1, stride.Height, nameof(stride));
        Check.AtLeast(1, stride.Width, nameof(stride));
        Check.Within(0, kernel.Height / 2, padding.Height, nameof(padding));
        Check.Within(0, kernel.Width / 2, padding.Width, nameof(padding));
        Check.AtLeast(1, dilation.Height, nameof(dilation));
        Check.AtLeast(1, dilation.Width, nameof(dilation));
        var s = new PoolShape(
            x[0], x[2], x[3], x[1], kernel.Height, kernel.Width, stride.Height, stride.Width, padding.Height, padding.Width,
            ceil, countPadding, dilation.Height, dilation.Width);
        return s.OutH >= 1 && s.OutW >= 1
            ? s
            : throw new ShapeException($"{operation}({kernel})", "a picture, with its padding, at least as large as the window", x.ToString());
    }
}
