using Graft.Nn.Initializers;
using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>Transposed convolution: makes pictures larger, as the backward pass of a convolution does.</summary>
public sealed class ConvTranspose2d : Module, ITakesRelu
{
    private readonly Pair _kernel;
    private readonly Pair _stride;
    private readonly Pair _padding;
    private readonly Pair _outputPadding;
    private readonly Pair _dilation;
    private readonly int _groups;

    /// <param name="inChannels">Channels of the input; at least 1.</param>
    /// <param name="outChannels">Channels of the output; at least 1.</param>
    /// <param name="kernel">Size of the window; at least 1.</param>
    /// <param name="stride">Distance in the output between places of the input; at least 1. Left out: 1.</param>
    /// <param name="padding">Rows and columns cut off around the output; at least 0. Left out: 0.</param>
    /// <param name="outputPadding">Rows and columns added below and to the right; at least 0, less than the stride. Left out: 0.</param>
    /// <param name="groups">Groups of channels that see only each other; divides both numbers of channels.</param>
    /// <param name="bias">Whether a bias is learned; without it there is none.</param>
    /// <param name="dilation">Distance between the points of the window; at least 1. Left out: 1.</param>
    /// <param name="initializer">First values of the weights. Left out: <see cref="Init.KaimingUniform"/>. The bias begins at 0.</param>
    public ConvTranspose2d(
        int inChannels, int outChannels, Pair kernel, Pair? stride = null, Pair? padding = null, Pair? outputPadding = null, int groups = 1,
        bool bias = true, Pair? dilation = null, Initializer? initializer = null)
    {
        InChannels = Check.AtLeast(1, inChannels);
        OutChannels = Check.AtLeast(1, outChannels);
        _kernel = Expect.AtLeast(1, kernel, nameof(kernel));
        _stride = Expect.AtLeast(1, stride ?? 1, nameof(stride));
        _padding = Expect.AtLeast(0, padding ?? 0, nameof(padding));
        _outputPadding = Expect.AtLeast(0, outputPadding ?? 0, nameof(outputPadding));
        _dilation = Expect.AtLeast(1, dilation ?? 1, nameof(dilation));
        _groups = Expect.Divides(Check.AtLeast(1, groups), inChannels, outChannels, nameof(groups));
        Weight = new Parameter([inChannels, outChannels / groups, kernel.Height, kernel.Width], initializer ?? Init.KaimingUniform, outputLast: true);
        Bias = bias ? new Parameter([outChannels], Init.Zeros) : null;
    }

    /// <summary>Channels of the input.</summary>
    public int InChannels { get; }

    /// <summary>Channels of the output.</summary>
    public int OutChannels { get; }

    /// <summary>The window, shape [in, out / groups, h, w].</summary>
    public Parameter Weight { get; }

    /// <summary>Shape [out], or null.</summary>
    public Parameter? Bias { get; }

    /// <param name="x">Shape [B, in, H, W].</param>
    /// <returns>Shape [B, out, H', W'] with H' = (H − 1) · stride − 2 · padding + dilation · (h − 1) + outputPadding + 1.</returns>
    /// <exception cref="ShapeException">The input has another number of axes or channels.</exception>
    public override Tensor Forward(Tensor x) => Forward(x, relu: false);

    /// <summary>The same with max(y, 0) in the same pass.</summary>
    /// <param name="x">Shape [B, in, H, W].</param>
    /// <param name="relu">Whether negative results become 0.</param>
    /// <returns>Shape [B, out, H', W'].</returns>
    public Tensor Forward(Tensor x, bool relu)
    {
        Expect.Channels(this, x, InChannels);
        return x.ConvTranspose2d(Weight.Value, Bias?.Value, _stride, _padding, _outputPadding, _dilation, _groups, relu);
    }

    /// <inheritdoc/>
    public override string ToString() => $"ConvTranspose2d({InChannels} -> {OutChannels}, {_kernel})";
}
