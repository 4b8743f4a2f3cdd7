using Graft.Nn;
using Graft.Nn.Initializers;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>How the input of a residual block gets to its end where the block changes sizes.</summary>
public enum ShortcutKind
{
    /// <summary>Every second pixel, and zeros for the new channels, half of them before and half behind (option A): nothing is learned.</summary>
    ZeroPad,

    /// <summary>A 1x1 convolution with batch normalization (option B).</summary>
    Projection,
}

/// <summary>Two 3x3 convolutions with batch normalization whose result is added to their input: y = relu(x + F(x)).</summary>
/// <remarks>Its parts are named as in PyTorch: conv1, bn1, conv2, bn2, shortcut.0, shortcut.1; in torchvision's networks downsample.0, downsample.1.</remarks>
[Paper("He et al., Deep Residual Learning for Image Recognition, CVPR 2016", "https://arxiv.org/abs/1512.03385")]
public sealed class ResidualBlock : Module
{
    private readonly int _stride;
    private readonly int _more;
    private readonly string _shortcutName;

    /// <param name="inChannels">Channels of the input; at least 1.</param>
    /// <param name="outChannels">Channels of the output; at least as many.</param>
    /// <param name="stride">1, or 2 to halve the picture (rounded up).</param>
    /// <param name="shortcut">How the input gets to the end where sizes differ; elsewhere it is added as it is.</param>
    /// <param name="shortcutName">What a learned shortcut is called in a state dictionary.</param>
    /// <param name="epsilon">Added to variances; greater than 0.</param>
    public ResidualBlock(int inChannels, int outChannels, int stride = 1, ShortcutKind shortcut = ShortcutKind.ZeroPad, string shortcutName = "shortcut", float epsilon = 1e-5f)
    {
        _shortcutName = shortcutName;
        _stride = Check.Within(1, 2, stride);
        _more = Check.AtLeast(inChannels, outChannels) - inChannels;
        Conv1 = new Conv2d(inChannels, outChannels, 3, stride, padding: 1, bias: false, initializer: Init.KaimingNormal);
        Bn1 = new BatchNorm(outChannels, epsilon: epsilon);
        Conv2 = new Conv2d(outChannels, outChannels, 3, padding: 1, bias: false, initializer: Init.KaimingNormal);
        Bn2 = new BatchNorm(outChannels, epsilon: epsilon);
        Shortcut = shortcut == ShortcutKind.Projection && (stride > 1 || _more > 0)
            ? [new Conv2d(inChannels, outChannels, 1, stride, bias: false, initializer: Init.KaimingNormal), new BatchNorm(outChannels, epsilon: epsilon)]
            : null;
    }

    /// <summary>The first convolution.</summary>
    public Conv2d Conv1 { get; }

    /// <summary>Normalizes what the first convolution gives.</summary>
    public BatchNorm Bn1 { get; }

    /// <summary>The second convolution.</summary>
    public Conv2d Conv2 { get; }

    /// <summary>Normalizes what the second convolution gives.</summary>
    public BatchNorm Bn2 { get; }

    /// <summary>The learned shortcut, or null.</summary>
    public Sequential? Shortcut { get; }

    /// <param name="x">Shape [B, in, H, W].</param>
    /// <returns>Shape [B, out, H', W'] with H' = ceil(H / stride).</returns>
    /// <exception cref="ShapeException">The input has another number of axes or channels.</exception>
    public override Tensor Forward(Tensor x)
    {
        // The shortcut first: on the way back it is the last, and adds its few places to a gradient that is there.
        Tensor shortcut = Shortcut?.Forward(x) ?? Padded(x);
        return Conv2.Forward(Conv1.Forward(x, Bn1, Rectifier.Relu), Bn2, Rectifier.Relu, shortcut);
    }

    /// <inheritdoc/>
    public override string ToString() => $"ResidualBlock({Conv1.InChannels} -> {Conv1.OutChannels})";

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Module Child)> Children()
    {
        (string, Module)[] own = [("conv1", Conv1), ("bn1", Bn1), ("conv2", Conv2), ("bn2", Bn2)];
        return Shortcut is null ? own : [.. own, (_shortcutName, Shortcut)];
    }

    private Tensor Padded(Tensor x)
    {
        if (_stride > 1)
        {
            x = x.Slice(2, 0, (x.Shape[2] + 1) / 2, step: 2).Slice(3, 0, (x.Shape[3] + 1) / 2, step: 2);
        }

        return _more == 0 ? x : x.Pad([0, _more / 2, 0, 0], [0, _more - (_more / 2), 0, 0]);
    }
}
