using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>A 1x1, a 3x3 and a 1x1 convolution with batch normalization whose result is added to their input: y = relu(x + F(x)). The last widens four times.</summary>
/// <remarks>Its parts are named as in torchvision: conv1, bn1 ... bn3, downsample.0, downsample.1. Differs from the paper as torchvision does, where it is not
/// asked for otherwise: it is the 3x3 convolution that halves the picture, not the first one.</remarks>
[Paper("He et al., Deep Residual Learning for Image Recognition, CVPR 2016", "https://arxiv.org/abs/1512.03385")]
public sealed class Bottleneck : Module
{
    /// <summary>Channels of the output for each channel in the middle.</summary>
    public const int Expansion = 4;

    /// <param name="inChannels">Channels of the input; at least 1.</param>
    /// <param name="channels">Channels in the middle; at least 1. The output has four times as many.</param>
    /// <param name="stride">1, or 2 to halve the picture (rounded up).</param>
    /// <param name="strideFirst">Whether the first convolution halves it, as in the paper and in Keras, and not the second.</param>
    /// <param name="epsilon">Added to variances; greater than 0.</param>
    public Bottleneck(int inChannels, int channels, int stride = 1, bool strideFirst = false, float epsilon = 1e-5f)
    {
        int outChannels = Expansion * channels, first = strideFirst ? Check.Within(1, 2, stride) : 1;
        Conv1 = ConvNorm.Plain(inChannels, channels, 1, first);
        Bn1 = new BatchNorm(channels, epsilon: epsilon);
        Conv2 = ConvNorm.Plain(channels, channels, 3, Check.Within(1, 2, stride) / first);
        Bn2 = new BatchNorm(channels, epsilon: epsilon);
        Conv3 = ConvNorm.Plain(channels, outChannels, 1);
        Bn3 = new BatchNorm(outChannels, epsilon: epsilon);
        Downsample = stride > 1 || inChannels != outChannels ? [ConvNorm.Plain(inChannels, outChannels, 1, stride), new BatchNorm(outChannels, epsilon: epsilon)] : null;
    }

    /// <summary>The first convolution.</summary>
    public Conv2d Conv1 { get; }

    /// <summary>Normalizes what the first convolution gives.</summary>
    public BatchNorm Bn1 { get; }

    /// <summary>The second convolution.</summary>
    public Conv2d Conv2 { get; }

    /// <summary>Normalizes what the second convolution gives.</summary>
    public BatchNorm Bn2 { get; }

    /// <summary>The third convolution.</summary>
    public Conv2d Conv3 { get; }

    /// <summary>Normalizes what the third convolution gives.</summary>
    public BatchNorm Bn3 { get; }

    /// <summary>The way of the input to the end where sizes differ, or null.</summary>
    public Sequential? Downsample { get; }

    /// <param name="x">Shape [B, in, H, W].</param>
    /// <returns>Shape [B, 4 channels, H', W'] with H' = ceil(H / stride).</returns>
    /// <exception cref="ShapeException">The input has another number of axes or channels.</exception>
    public override Tensor Forward(Tensor x)
    {
        // The shortcut first: on the way back it is the last, and adds its few places to a gradient that is there.
        Tensor shortcut = Downsample?.Forward(x) ?? x, y = Conv2.Forward(Conv1.Forward(x, Bn1, Rectifier.Relu), Bn2, Rectifier.Relu);
        return Conv3.Forward(y, Bn3, Rectifier.Relu, shortcut);
    }

    /// <inheritdoc/>
    public override string ToString() => $"Bottleneck({Conv1.InChannels} -> {Conv3.OutChannels})";
}
