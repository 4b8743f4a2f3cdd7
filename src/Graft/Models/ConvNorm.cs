using Graft.Nn;
using Graft.Nn.Initializers;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>A convolution without bias, batch normalization, and an activation.</summary>
/// <remarks>Its parts are "0" and "1" in a state dictionary, as in torchvision, or have names of their own.</remarks>
internal sealed class ConvNorm : Module
{
    private readonly Func<Tensor, Tensor>? _activation;
    private readonly Rectifier _rectifier;
    private readonly (string Conv, string Norm) _names;

    /// <param name="conv">The convolution.</param>
    /// <param name="activation">What follows; ReLU and ReLU6 are computed on the way.</param>
    /// <param name="names">What both are called.</param>
    /// <param name="epsilon">Added to variances.</param>
    public ConvNorm(Conv2d conv, ActivationKind activation, (string Conv, string Norm)? names = null, float epsilon = 1e-5f)
    {
        Conv = conv;
        Norm = new BatchNorm(conv.OutChannels, epsilon: epsilon);
        _rectifier = activation.Rectifier();
        _activation = _rectifier != Rectifier.None || activation == ActivationKind.None ? null : x => activation.Apply(x);
        _names = names ?? ("0", "1");
    }

    public Conv2d Conv { get; }

    public BatchNorm Norm { get; }

    public override Tensor Forward(Tensor x)
    {
        x = Conv.Forward(x, Norm, _rectifier);
        return _activation is null ? x : _activation(x);
    }

    public override string ToString() => $"ConvNorm({Conv})";

    /// <summary>A convolution that keeps the size of a picture at stride 1, without bias.</summary>
    public static Conv2d Plain(int inChannels, int outChannels, int kernel, int stride = 1, int groups = 1) =>
        new(inChannels, outChannels, kernel, stride, padding: kernel / 2, groups: groups, bias: false, initializer: Init.KaimingNormalOut);

    protected override IEnumerable<(string Name, Module Child)> Children() => [(_names.Conv, Conv), (_names.Norm, Norm)];
}
