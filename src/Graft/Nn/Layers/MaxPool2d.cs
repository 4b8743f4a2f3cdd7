using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>The greatest element of each window of a picture.</summary>
public sealed class MaxPool2d : Module
{
    private readonly Pair _kernel;
    private readonly Pair _stride;
    private readonly Pair _padding;
    private readonly Pair _dilation;
    private readonly bool _ceil;

    /// <param name="kernel">Size of a window; at least 1.</param>
    /// <param name="stride">Distance between windows; at least 1. Left out: the size of a window, so that they lie side by side.</param>
    /// <param name="padding">Rows and columns around the picture that hold nothing; at least 0, at most half a window. Left out: 0.</param>
    /// <param name="dilation">Distance between the elements of a window; at least 1. Left out: 1, so that they lie side by side.</param>
    /// <param name="ceil">Whether a last window that runs over the edge counts, if it begins inside the picture or the padding before it.</param>
    public MaxPool2d(Pair kernel, Pair? stride = null, Pair? padding = null, Pair? dilation = null, bool ceil = false)
    {
        _kernel = Expect.AtLeast(1, kernel, nameof(kernel));
        _stride = Expect.AtLeast(1, stride ?? kernel, nameof(stride));
        _padding = Expect.HalfWindow(padding ?? 0, kernel, nameof(padding));
        _dilation = Expect.AtLeast(1, dilation ?? 1, nameof(dilation));
        _ceil = ceil;
    }

    /// <param name="x">Shape [B, C, H, W].</param>
    /// <returns>Shape [B, C, H', W'] with H' = (H + 2 · padding − dilation · (kernel − 1) − 1) / stride + 1, rounded down, or up with ceil.</returns>
    /// <exception cref="ShapeException">These are no pictures, or they are smaller than the window.</exception>
    public override Tensor Forward(Tensor x)
    {
        Expect.Pictures(this, x);
        Expect.Window(this, x, _kernel, _padding, _dilation, _ceil ? _stride : 1);
        return x.MaxPool2d(_kernel, _stride, _padding, _dilation, _ceil);
    }

    /// <inheritdoc/>
    public override string ToString() => $"MaxPool2d({_kernel})";
}
