using Graft.Nn.Initializers;
using Graft.Tensors;
using Graft.Tensors.Ops;

namespace Graft.Nn.Layers;

/// <summary>Convolution of pictures: every output channel is a window of weights moved over the picture.</summary>
public sealed class Conv2d : Module, ITakesRelu
{
    private readonly Pair _kernel;
    private readonly Pair _stride;
    private readonly Pair _padding;
    private readonly Pair _dilation;
    private readonly int _groups;

    /// <param name="inChannels">Channels of the input; at least 1.</param>
    /// <param name="outChannels">Channels of the output; at least 1.</param>
    /// <param name="kernel">Size of the window; at least 1.</param>
    /// <param name="stride">Distance between places of the window; at least 1. Left out: 1.</param>
    /// <param name="padding">Zeros around the picture; at least 0. Left out: 0.</param>
    /// <param name="dilation">Distance between the points of the window; at least 1. Left out: 1.</param>
    /// <param name="groups">Groups of channels that see only each other; divides both numbers of channels. As many as channels: depthwise.</param>
    /// <param name="bias">Whether a bias is learned; without it there is none.</param>
    /// <param name="initializer">First values of the weights. Left out: <see cref="Init.KaimingUniform"/>. The bias begins at 0.</param>
    public Conv2d(
        int inChannels, int outChannels, Pair kernel, Pair? stride = null, Pair? padding = null, Pair? dilation = null, int groups = 1,
        bool bias = true, Initializer? initializer = null)
    {
        InChannels = Check.AtLeast(1, inChannels);
        OutChannels = Check.AtLeast(1, outChannels);
        _kernel = Expect.AtLeast(1, kernel, nameof(kernel));
        _stride = Expect.AtLeast(1, stride ?? 1, nameof(stride));
        _padding = Expect.AtLeast(0, padding ?? 0, nameof(padding));
        _dilation = Expect.AtLeast(1, dilation ?? 1, nameof(dilation));
        _groups = Expect.Divides(Check.AtLeast(1, groups), inChannels, outChannels, nameof(groups));
        Weight = new Parameter([outChannels, inChannels / groups, kernel.Height, kernel.Width], initializer ?? Init.KaimingUniform, outputLast: true);
        Bias = bias ? new Parameter([outChannels], Init.Zeros) : null;
    }

    /// <summary>Channels of the input.</summary>
    public int InChannels { get; }

    /// <summary>Channels of the output.</summary>
    public int OutChannels { get; }

    /// <summary>The window, shape [out, in / groups, h, w].</summary>
    public Parameter Weight { get; }

    /// <summary>Shape [out], or null.</summary>
    public Parameter? Bias { get; }

    /// <param name="x">Shape [B, in, H, W].</param>
    /// <returns>Shape [B, out, H', W'] with H' = (H + 2 · padding − dilation · (h − 1) − 1) / stride + 1.</returns>
    /// <exception cref="ShapeException">The input has another number of axes or channels, or is smaller than the window.</exception>
    public override Tensor Forward(Tensor x) => Forward(x, relu: false);

    /// <summary>The same with max(y, 0) in the same pass.</summary>
    /// <param name="x">Shape [B, in, H, W].</param>
    /// <param name="relu">Whether negative results become 0.</param>
    /// <returns>Shape [B, out, H', W'].</returns>
    public Tensor Forward(Tensor x, bool relu)
    {
        Expect.Channels(this, x, InChannels);
        Expect.Window(this, x, _kernel, _padding, _dilation);
        return x.Conv2d(Weight.Value, Bias?.Value, _stride, _padding, _dilation, _groups, relu);
    }

    /// <summary>The convolution, a normalization of what it gives, something added to that, and a rectifier: y = act(norm(conv(x)) + residual).</summary>
    /// <param name="x">Shape [B, in, H, W].</param>
    /// <param name="norm">Of as many channels as this gives.</param>
    /// <param name="rectifier">What becomes of the results.</param>
    /// <param name="residual">Shape [B, out, H', W'], or absent: 0.</param>
    /// <returns>Shape [B, out, H', W'].</returns>
    /// <exception cref="ShapeException">Sizes do not fit.</exception>
    /// <remarks>
    /// <para>Where the normalization does not learn and no gradient is wanted (a model in use, or a frozen part of one that learns), all of it is one convolution with
    /// weights that hold the normalization: the same up to rounding. These weights are kept with the normalization and made anew when anything they come from changes;
    /// a pass that learns gives their memory back.</para>
    /// <para>Where it learns, both are one op that shares passes over memory, as far as shapes allow. Otherwise two: the convolution, and all that follows.</para>
    /// </remarks>
    public Tensor Forward(Tensor x, BatchNorm norm, Rectifier rectifier = Rectifier.None, Tensor? residual = null)
    {
        ArgumentNullException.ThrowIfNull(norm);
        if (Folds(x, norm, residual))
        {
            return Folded(x, norm, rectifier, residual);
        }

        if (norm.IsLearning && norm.Channels == OutChannels)
        {
            Expect.Channels(this, x, InChannels);
            Expect.Window(this, x, _kernel, _padding, _dilation);
            if (norm.Learn(x, Parts, rectifier, residual) is { } learned)
            {
                return learned;
            }
        }

        return norm.Forward(Forward(x), rectifier, residual);
    }

    /// <summary>It and the normalization behind it, where they are one convolution for such an input; else null.</summary>
    internal FoldedPart? FoldedWith(BatchNorm norm, Tensor x) =>
        Folds(x, norm, null) ? new FoldedPart(norm.Folded, Parts, norm.Constants) : null;

    /// <summary>It and the normalization behind it, where that learns; else null.</summary>
    internal LearningPart? LearningWith(BatchNorm norm) => norm.IsLearning && norm.Channels == OutChannels ? norm.LearnsWith(Parts) : null;

    /// <inheritdoc/>
    public override string ToString() => $"Conv2d({InChannels} -> {OutChannels}, {_kernel})";

    private ConvParts Parts => new(Weight, Bias?.Value, _stride, _padding, _dilation, _groups);

    private bool Folds(Tensor x, BatchNorm norm, Tensor? residual) =>
        !norm.IsLearning && norm.Channels == OutChannels && FoldedConv2d.Allows(x, Weight, Bias?.Value, norm.Weight?.Value, norm.Bias?.Value, residual);

    private Tensor Folded(Tensor x, BatchNorm norm, Rectifier rectifier, Tensor? residual)
    {
        Expect.Channels(this, x, InChannels);
        Expect.Window(this, x, _kernel, _padding, _dilation);
        return norm.Folded.Apply(x, Parts, norm.Constants, rectifier, residual);
    }
}
