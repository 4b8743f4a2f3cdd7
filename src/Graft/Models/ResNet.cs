using System.Globalization;
using Graft.Nn.Initializers;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>Residual networks: those for large pictures, of 18, 34, 50, 101 or 152 layers, and those for small ones, of 20, 32, 44, 56 or 110 layers; the depth says which.</summary>
/// <remarks>
/// <para>Large pictures (paper, table 1): a 7x7 convolution and pooling that leave a quarter of each side, then four stages of residual blocks (of bottlenecks from 50 on). Names
/// are those of torchvision: conv1, bn1, layer1.0 ... layer4.2, fc; with 1000 classes 11,689,512 weights (18 layers), 21,797,672 (34), 25,557,032 (50), 44,549,160
/// (101) and 60,192,808 (152). 512 features, or 2048. Blocks: the first convolution, each residual block, and the features.</para>
/// <para>Small pictures (paper, section 4.2): a 3x3 convolution and three stages; with n blocks a stage the depth is 6 n + 2. With C channels of the picture, w at
/// first and shortcuts that pad, they learn 9 C w + 2 w + (378 n - 90) w² + 28 n w values: for color pictures 269,072 as ResNet-20, and with 10 classes 269,722.
/// Names are those of the published weights for CIFAR-10: conv1, bn1, layer1.0 ... layer3.2, linear. Blocks: the first convolution, and each residual block, the
/// last with the mean over the picture.</para>
/// </remarks>
[Named("resnet")]
[Paper("He et al., Deep Residual Learning for Image Recognition, CVPR 2016", "https://arxiv.org/abs/1512.03385")]
public sealed class ResNet : PictureNetwork
{
    private const int DefaultSmall = 16, DefaultLarge = 64, Grown = 8;

    private readonly int[]? _large;

    /// <param name="depth">Number of layers, the head counted. For large pictures 18, 34, 50, 101 or 152; for small ones 6 n + 2 with n from 1 to 200, such as 20, 32, 44, 56 or 110.</param>
    /// <param name="width">Channels of the first stage; each further one has twice as many; at least 1. Left out: 64 for large pictures, 16 for small ones, as in the paper.</param>
    /// <param name="shortcut">How the input of a block gets to its end where the sizes differ. Left out, as in the paper: a learned projection for large pictures, zeros for
    /// the new channels for small ones. For large pictures projection alone.</param>
    /// <param name="top">Whether the classifier is part of it: then the features are its logits.</param>
    /// <param name="classes">Number of those; at least 1. Left out: 1000 for large pictures, 10 for small ones.</param>
    public ResNet(int depth = 20, int? width = null, ShortcutKind? shortcut = null, bool top = false, int? classes = null)
    {
        _large = depth switch
        {
            18 => [2, 2, 2, 2],
            34 or 50 => [3, 4, 6, 3],
            101 => [3, 4, 23, 3],
            152 => [3, 8, 36, 3],
            _ => null,
        };
        Depth = IsLarge || (depth is >= 8 and <= 1202 && depth % 6 == 2)
            ? depth
            : throw new ArgumentOutOfRangeException(
                nameof(depth), depth, string.Create(CultureInfo.InvariantCulture, $"depth: expected 18, 34, 50, 101 or 152, or 6 n + 2 with n from 1 to 200, such as 20, 32 or 56, got {depth}."));
        Width = Check.AtLeast(1, width ?? (IsLarge ? DefaultLarge : DefaultSmall), nameof(width));
        Shortcut = shortcut ?? (IsLarge ? ShortcutKind.Projection : ShortcutKind.ZeroPad);
        if (IsLarge && Shortcut != ShortcutKind.Projection)
        {
            throw new ArgumentOutOfRangeException(nameof(shortcut), Shortcut, string.Create(CultureInfo.InvariantCulture, $"shortcut: expected projection at depth {depth}, got {Shortcut}."));
        }

        Top = top;
        Classes = Check.AtLeast(1, classes ?? (IsLarge ? 1000 : 10), nameof(classes));
    }

    /// <summary>Number of layers, the head counted.</summary>
    public int Depth { get; }

    /// <summary>Channels of the first stage.</summary>
    public int Width { get; }

    /// <summary>How the input of a block gets to its end where the sizes differ.</summary>
    public ShortcutKind Shortcut { get; }

    /// <summary>Whether the classifier is part of it.</summary>
    public bool Top { get; }

    /// <summary>Number of the classifier's logits.</summary>
    public int Classes { get; }

    private bool IsLarge => _large is not null;

    private bool HasBottlenecks => IsLarge && Depth >= 50;

    private protected override int Least => IsLarge ? 1 : Grown;

    /// <inheritdoc/>
    public override string ToString()
    {
        IEnumerable<int> widths = Enumerable.Range(0, IsLarge ? 4 : 3).Select(s => Width << s);
        return string.Create(CultureInfo.InvariantCulture, $"ResNet-{Depth}({string.Join(", ", widths)}{(Top ? FormattableString.Invariant($"; {Classes} classes") : "")})");
    }

    private protected override void Make(PictureExtent at)
    {
        if (IsLarge)
        {
            MakeLarge(at);
        }
        else
        {
            MakeSmall(at);
        }
    }

    private void MakeLarge(PictureExtent at)
    {
        var conv = Add("conv1", new Conv2d(at.Channels, Width, 7, 2, padding: 3, bias: false, initializer: Init.KaimingNormalOut));
        var norm = Add("bn1", new BatchNorm(Width));
        at = Stage(at.After(7, 2, 3).After(3, 2, 1) with { Channels = Width }, x => conv.Forward(x, norm, Rectifier.Relu).MaxPool2d(3, 2, 1));
        for (int stage = 0; stage < _large!.Length; stage++)
        {
            for (int i = 0; i < _large[stage]; i++)
            {
                int channels = Width << stage, stride = stage > 0 && i == 0 ? 2 : 1;
                Nn.Module block = Add<Nn.Module>(Name(stage, i), HasBottlenecks
                    ? new Bottleneck(at.Channels, channels, stride)
                    : new ResidualBlock(at.Channels, channels, stride, ShortcutKind.Projection, "downsample"));
                at = Stage(at.After(3, stride, 1) with { Channels = HasBottlenecks ? Bottleneck.Expansion * channels : channels }, block.Forward);
            }
        }

        Finish(at.Channels, "fc", x => x);
    }

    private void MakeSmall(PictureExtent at)
    {
        int blocks = (Depth - 2) / 6;
        var conv = Add("conv1", new Conv2d(at.Channels, Width, 3, padding: 1, bias: false, initializer: Init.KaimingNormal));
        var norm = Add("bn1", new BatchNorm(Width));
        at = Stage(at with { Channels = Width }, x => conv.Forward(x, norm, Rectifier.Relu));
        for (int i = 0; i < 3 * blocks; i++)
        {
            int stage = i / blocks, channels = Width << stage, stride = stage > 0 && i % blocks == 0 ? 2 : 1;
            var block = Add(Name(stage, i % blocks), new ResidualBlock(at.Channels, channels, stride, Shortcut));
            at = at.After(3, stride, 1) with { Channels = channels };
            if (i < (3 * blocks) - 1)
            {
                Stage(at, block.Forward);
            }
            else
            {
                Finish(channels, "linear", block.Forward);
            }
        }
    }

    private void Finish(int channels, string name, Func<Tensor, Tensor> before)
    {
        Linear? classifier = Top ? Add(name, new Linear(channels, Classes)) : null;
        End(Top ? Classes : channels, x =>
        {
            x = before(x).AdaptiveAvgPool2d(1).Flatten();
            return classifier?.Forward(x) ?? x;
        });
    }

    private static string Name(int stage, int block) => string.Create(CultureInfo.InvariantCulture, $"layer{stage + 1}.{block}");
}
