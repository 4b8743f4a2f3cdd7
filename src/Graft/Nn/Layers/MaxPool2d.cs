using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>The greatest element of each window of a picture.</summary>
public sealed class MaxPool2d : Module
{
    private readonly Pair _kernel;
    private readonly Pair _stride;
    private readonly Pair _padding;

    /// <param name="kernel">Size of a window; at least 1.</param>
    /// <param name="stride">Distance between windows; at least 1. Left out: the size of a window, so that they lie side by side.</param>
    /// <param name="padding">Rows and columns around the picture that hold nothing; at least 0, at most half a window. Left out: 0.</param>
    public MaxPool2d(Pair kernel, Pair? stride = null, Pair? padding = null)
    {
        _kernel = Expect.AtLeast(1, kernel, nameof(kernel));
        _stride = Expect.AtLeast(1, stride ?? kernel, nameof(stride));
        _padding = Expect.HalfWindow(padding ?? 0, kernel, nameof(padding));
    }

    /// <param name="x">Shape [B, C, H, W].</param>
    /// <returns>Shape [B, C, H', W'] with H' = (H + 2 · padding − kernel) / stride + 1.</returns>
    /// <exception cref="ShapeException">These are no pictures, or they are smaller than the window.</exception>
    public override Tensor Forward(Tensor x)
    {
        Expect.Pictures(this, x);
        Expect.Window(this, x, _kernel, _padding, 1);
        return x.MaxPool2d(_kernel, _stride, _padding);
    }

    /// <inheritdoc/>
    public override string ToString() => $"MaxPool2d({_kernel})";
}
