using Graft.Nn;
using Graft.Nn.Initializers;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>The module of SqueezeNet: a 1x1 convolution to few channels, then 1x1 and 3x3 ones side by side, each with ReLU.</summary>
internal sealed class Fire : Module
{
    /// <param name="inChannels">Channels of the input.</param>
    /// <param name="squeeze">Channels in the middle.</param>
    /// <param name="expand">Channels of each of both convolutions side by side.</param>
    public Fire(int inChannels, int squeeze, int expand)
    {
        Squeeze = new Conv2d(inChannels, squeeze, 1, initializer: Init.HeUniform);
        Expand1x1 = new Conv2d(squeeze, expand, 1, initializer: Init.HeUniform);
        Expand3x3 = new Conv2d(squeeze, expand, 3, padding: 1, initializer: Init.HeUniform);
    }

    public Conv2d Squeeze { get; }

    public Conv2d Expand1x1 { get; }

    public Conv2d Expand3x3 { get; }

    public override Tensor Forward(Tensor x)
    {
        x = Squeeze.Forward(x, relu: true);
        return Tensor.Concat([Expand1x1.Forward(x, relu: true), Expand3x3.Forward(x, relu: true)], 1);
    }

    public override string ToString() => $"Fire({Squeeze.InChannels} -> {2 * Expand1x1.OutChannels})";
}
