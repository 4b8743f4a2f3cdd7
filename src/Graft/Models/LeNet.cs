using Graft.Data.Encoders;
using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>The small convolutional network of multi-task work on digits: two convolutions of 5 x 5 without padding, each followed by 2x2 max pooling and ReLU, then 50 features.</summary>
/// <remarks>
/// Channels 10 and 20; on grey pictures of 28 x 28 pixels 21,330 weights. Layers are named conv1, conv2 and fc.
/// Differs from the multi-task code of Sener and Koltun: there each task has a hidden layer of 50 before its last layer, and half of the channels of the second
/// convolution are dropped in training; here a task's head is one layer, and dropout is that of the features.
/// </remarks>
[Named("lenet")]
[Paper("LeCun et al., Gradient-Based Learning Applied to Document Recognition, Proceedings of the IEEE 1998; the form of Sener & Koltun, NeurIPS 2018", "https://arxiv.org/abs/1810.04650")]
public sealed class LeNet : Backbone
{
    private const int First = 10, Second = 20, Window = 5, Least = 16;

    private readonly MaxPool2d _pool = new(2);
    private readonly Dropout? _dropout;
    private Conv2d? _conv1, _conv2;
    private Linear? _fc;

    /// <param name="dense">Width of the fully connected layer; at least 1.</param>
    /// <param name="dropout">Share of its outputs that is set to 0 in training; in [0, 1).</param>
    public LeNet(int dense = 50, float dropout = 0)
    {
        Dense = Check.AtLeast(1, dense);
        Dropout = Check.Fraction(dropout);
        _dropout = dropout > 0 ? new Dropout(dropout) : null;
    }

    /// <summary>Width of the fully connected layer.</summary>
    public int Dense { get; }

    /// <summary>Share of the features set to 0 in training.</summary>
    public float Dropout { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Layers => ["conv1", "conv2", "fc"];

    /// <inheritdoc/>
    public override int BlockCount => 3;

    /// <param name="x">Shape [B, C, H, W].</param>
    /// <returns>Shape [B, dense].</returns>
    public override Tensor Forward(Tensor x) => Block(2, Block(1, Block(0, x, null), null), null);

    /// <summary>A convolution with its pooling, or the fully connected layer.</summary>
    /// <inheritdoc/>
    public override Tensor Block(int index, Tensor x, Tensor? lengths)
    {
        switch (Check.Within(0, BlockCount - 1, index))
        {
            case 0:
                return _pool.Forward(_conv1!.Forward(x, relu: true));
            case 1:
                return _pool.Forward(_conv2!.Forward(x, relu: true));
            default:
                x = _fc!.Forward(x.Flatten(), relu: true);
                return _dropout?.Forward(x) ?? x;
        }
    }

    /// <inheritdoc/>
    public override InputShape BlockOutput(int index) => Check.Within(0, BlockCount - 1, index) switch
    {
        0 => new(InputKind.Picture, [Halved(Input.Sizes[0]), Halved(Input.Sizes[1]), First]),
        1 => new(InputKind.Picture, [Halved(Halved(Input.Sizes[0])), Halved(Halved(Input.Sizes[1])), Second]),
        _ => new(InputKind.Table, [Dense]),
    };

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"LeNet({Dense})");

    /// <inheritdoc/>
    protected override int MakeLayers(InputShape input)
    {
        if (input.Kind != InputKind.Picture || input.Sizes[0] < Least || input.Sizes[1] < Least)
        {
            throw new ShapeException(ToString(), $"pictures of at least {Least} x {Least} pixels", input.ToString(), input.Kind == InputKind.Picture ? "Use cnn for smaller pictures." : "Use mlp for tables, lstm or gru for sequences.");
        }

        _conv1 = new Conv2d(input.Sizes[2], First, Window);
        _conv2 = new Conv2d(First, Second, Window);
        _fc = new Linear(Halved(Halved(input.Sizes[0])) * Halved(Halved(input.Sizes[1])) * Second, Dense);
        return Dense;
    }

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Module Child)> Children() => Present([("conv1", _conv1), ("conv2", _conv2), ("fc", _fc), ("dropout", _dropout)]);

    // What a convolution without padding and a pooling leave of a side.
    private static int Halved(int side) => (side - Window + 1) / 2;
}
