using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>The mean of each window of a picture.</summary>
    /// <param name="kernel">Size of a window; at least 1.</param>
    /// <param name="stride">Distance between windows; at least 1; absent: the size of a window, so that they lie side by side.</param>
    /// <param name="padding">Rows and columns of zeros around the picture; at most half a window.</param>
    /// <param name="countPadding">Whether those zeros count as elements of the window.</param>
    /// <param name="ceil">Whether a last window that runs over the edge counts, if it begins inside the picture or the padding before it; what lies beyond the
    /// padding is no element of it.</param>
    /// <returns>[B, C, H', W'] for this tensor of shape [B, C, H, W]; H' = (H + 2 padding - kernel) / stride + 1, rounded down, or up with <paramref name="ceil"/>.</returns>
    /// <exception cref="ShapeException">The window does not fit.</exception>
    /// <remarks>Backward: dy shared by the elements of the window.</remarks>
    public Tensor AvgPool2d(Pair kernel, Pair? stride = null, Pair? padding = null, bool countPadding = true, bool ceil = false) =>
        AvgPool2dOperation.Apply(this, kernel, stride ?? kernel, padding ?? 0, countPadding, ceil);

    /// <summary>The mean of windows of nearly equal size, as many as wished: window i of n begins at floor(i H / n) and ends before ceil((i + 1) H / n).</summary>
    /// <param name="size">Number of windows; 1: the mean of the whole picture.</param>
    /// <returns>[B, C, size] for this tensor of shape [B, C, H, W].</returns>
    /// <exception cref="ShapeException">This is no picture, or one without elements.</exception>
    /// <remarks>Backward: dy shared by the elements of the window.</remarks>
    public Tensor AdaptiveAvgPool2d(Pair size) => AvgPool2dOperation.Apply(this, size);
}

internal sealed unsafe class AvgPool2dOperation : Operation
{
    private static readonly AvgPool2dOperation Instance = new();

    public override string Name => "AvgPool2d";

    public static Tensor Apply(Tensor pictures, Pair kernel, Pair stride, Pair padding, bool countPadding, bool ceil)
    {
        Node x = PictureLayout.ChannelsLast(pictures, "AvgPool2d");
        PoolShape s = MaxPool2dOperation.Windows(x.Shape, kernel, stride, padding, 1, ceil, countPadding, "AvgPool2d");
        Node y = Run(x, s);
        Conv2dOperation.Keep(y, kernel, stride, padding, countPadding ? 1 : 0, relu: false);
        y.I0 = ceil ? 1 : 0;
        Tape.Current.Trace?.Note("AvgPool2d", y, [x], ("kernel", kernel), ("stride", stride), ("padding", padding), ("countPadding", countPadding));
        return new Tensor(y);
    }

    public static Tensor Apply(Tensor pictures, Pair size)
    {
        Node x = PictureLayout.ChannelsLast(pictures, "AdaptiveAvgPool2d");
        Check.AtLeast(1, size.Height, nameof(size));
        Check.AtLeast(1, size.Width, nameof(size));
        if (x.Shape[2] == 0 || x.Shape[3] == 0)
        {
            throw new ShapeException("AdaptiveAvgPool2d", "pictures with elements", x.Shape.ToString());
        }

        Node y = Run(x, PoolShape.Adaptive(x.Shape[0], x.Shape[2], x.Shape[3], x.Shape[1], size.Height, size.Width));
        y.Ints[7] = 1;
        Tape.Current.Trace?.Note("AdaptiveAvgPool2d", y, [x]);
        return new Tensor(y);
    }

    public override void Backward(Node y)
    {
        Node x = y.A!;
        bool add = x.BeginGrad();
        Pool.AverageBackward(Kept(y), y.Grad, x.Grad, add);
    }

    public override void Tangent(Node y)
    {
        y.BeginGrad();
        Pool.AverageForward(Kept(y), y.A!.Grad, y.Grad);
    }

    private static PoolShape Kept(Node y)
    {
        Shape shape = y.A!.Shape;
        return y.Ints[7] != 0
            ? PoolShape.Adaptive(shape[0], shape[2], shape[3], shape[1], y.Shape[2], y.Shape[3])
            : MaxPool2dOperation.Windows(
                shape, (y.Ints[0], y.Ints[1]), (y.Ints[2], y.Ints[3]), (y.Ints[4], y.Ints[5]), 1, y.I0 != 0, y.Ints[6] != 0, "AvgPool2d");
    }

    private static Node Run(Node x, in PoolShape s)
    {
        Shape shape = [s.N, s.C, s.OutH, s.OutW];
        Node y = Tape.Current.New(shape, shape.ChannelsLast(), Instance, x);
        Pool.AverageForward(s, x.Data, y.Data);
        return y;
    }
}
