using System.Globalization;
using Graft.Data.Encoders;
using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>Convolutions, each followed by ReLU and 2x2 max pooling, then one fully connected layer: the model for small pictures.</summary>
/// <remarks>Layers are named conv1, conv2 ... and fc1. Windows keep the size of the picture, pooling halves it (rounded down).</remarks>
[Named("cnn")]
public sealed class Cnn : Backbone
{
    private const int MostConvolutions = 16;

    private readonly List<Conv2d> _convolutions = [];
    private readonly MaxPool2d _pool = new(2);
    private readonly Dropout? _dropout;
    private Linear? _dense;

    /// <param name="channels">Channels of each convolution; 1 to 16 convolutions, each with at least 1. Left out: 32 and 64.</param>
    /// <param name="dense">Width of the fully connected layer; at least 1.</param>
    /// <param name="kernel">Size of the windows; odd, at least 1.</param>
    /// <param name="dropout">Share of the last layer's outputs that is set to 0 in training; in [0, 1).</param>
    public Cnn(IReadOnlyList<int>? channels = null, int dense = 128, int kernel = 3, float dropout = 0)
    {
        Channels = channels ?? [32, 64];
        if (Channels.Count is 0 or > MostConvolutions || Channels.Any(c => c < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(channels), $"channels: expected 1 to {MostConvolutions} numbers, each at least 1, got [{string.Join(", ", Channels.Take(20))}].");
        }

        Dense = Check.AtLeast(1, dense);
        Kernel = kernel >= 1 && kernel % 2 == 1
            ? kernel
            : throw new ArgumentOutOfRangeException(nameof(kernel), kernel, string.Create(CultureInfo.InvariantCulture, $"kernel: expected an odd number >= 1, got {kernel}."));
        Dropout = Check.Fraction(dropout);
        _dropout = dropout > 0 ? new Dropout(dropout) : null;
    }

    /// <summary>Channels of each convolution.</summary>
    public IReadOnlyList<int> Channels { get; }

    /// <summary>Width of the fully connected layer.</summary>
    public int Dense { get; }

    /// <summary>Size of the windows.</summary>
    public int Kernel { get; }

    /// <summary>Share of the last layer's outputs set to 0 in training.</summary>
    public float Dropout { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Layers => [.. Channels.Select((_, i) => ConvName(i)), "fc1"];

    /// <inheritdoc/>
    public override int BlockCount => Channels.Count + 1;

    /// <param name="x">Shape [B, C, H, W].</param>
    /// <returns>Shape [B, dense].</returns>
    public override Tensor Forward(Tensor x)
    {
        for (int i = 0; i <= _convolutions.Count; i++)
        {
            x = Block(i, x, null);
        }

        return x;
    }

    /// <summary>A convolution with its pooling, or the fully connected layer.</summary>
    /// <inheritdoc/>
    public override Tensor Block(int index, Tensor x, Tensor? lengths)
    {
        if (Check.Within(0, BlockCount - 1, index) < _convolutions.Count)
        {
            return _pool.Forward(_convolutions[index].Forward(x, relu: true));
        }

        x = _dense!.Forward(x.Flatten(), relu: true);
        return _dropout?.Forward(x) ?? x;
    }

    /// <inheritdoc/>
    public override InputShape BlockOutput(int index) => Check.Within(0, BlockCount - 1, index) < Channels.Count
        ? new(InputKind.Picture, [Input.Sizes[0] >> (index + 1), Input.Sizes[1] >> (index + 1), Channels[index]])
        : new(InputKind.Table, [Dense]);

    /// <inheritdoc/>
    public override string ToString() => $"Cnn({string.Join(", ", Channels)}; {Dense})";

    /// <inheritdoc/>
    protected override int MakeLayers(InputShape input)
    {
        int least = 1 << Channels.Count;
        if (input.Kind != InputKind.Picture || input.Sizes[0] < least || input.Sizes[1] < least)
        {
            throw new ShapeException(ToString(), $"pictures of at least {least} x {least} pixels", input.ToString(), input.Kind == InputKind.Picture ? "Use fewer convolutions." : "Use mlp for tables, lstm or gru for sequences.");
        }

        int height = input.Sizes[0], width = input.Sizes[1], channels = input.Sizes[2];
        foreach (int next in Channels)
        {
            _convolutions.Add(new Conv2d(channels, next, Kernel, padding: Kernel / 2));
            (height, width, channels) = (height / 2, width / 2, next);
        }

        _dense = new Linear(height * width * channels, Dense);
        return Dense;
    }

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Module Child)> Children() =>
        Present([.. _convolutions.Select((c, i) => (ConvName(i), (Module?)c)), ("fc1", _dense), ("dropout", _dropout)]);

    private static string ConvName(int index) => string.Create(CultureInfo.InvariantCulture, $"conv{index + 1}");
}
