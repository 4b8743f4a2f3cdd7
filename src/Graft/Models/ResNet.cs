using System.Globalization;
using System.Text.RegularExpressions;
using Graft.Models.Formats;
using Graft.Nn.Initializers;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>Residual networks: those for large pictures, of 18, 34, 50, 101 or 152 layers, and those for small ones, of 20, 32, 44, 56 or 110 layers; the depth says which.</summary>
/// <remarks>
/// <para>Large pictures (paper, table 1): a 7x7 convolution and pooling that leave a quarter of each side, then four stages of residual blocks (of bottlenecks from 50 on). Names
/// are those of torchvision: conv1, bn1, layer1.0 ... layer4.2, fc; with 1000 classes 11,689,512 weights (18 layers), 21,797,672 (34), 25,557,032 (50), 44,549,160
/// (101) and 60,192,808 (152). 512 features, or 2048. Blocks: the first convolution, each residual block, and the features.</para>
/// <para>Weights of Keras for 50, 101 and 152 layers load as well (conv2_block1_1_conv ..., and those of 50 layers before: res2a_branch2a ...): they want strideFirst, and epsilon
/// 1.001e-5, those before 0.001. Their convolutions have biases, which go into the running means behind them. They take blue, green and red, less 103.939, 116.779 and 123.68. Those
/// of version 2 (ResNet50V2), which normalizes before each convolution, are another network: use graph.</para>
/// <para>Small pictures (paper, section 4.2): a 3x3 convolution and three stages; with n blocks a stage the depth is 6 n + 2. With C channels of the picture, w at
/// first and shortcuts that pad, they learn 9 C w + 2 w + (378 n - 90) w² + 28 n w values: for color pictures 269,072 as ResNet-20, and with 10 classes 269,722.
/// Names are those of the published weights for CIFAR-10: conv1, bn1, layer1.0 ... layer3.2, linear. Blocks: the first convolution, and each residual block, the
/// last with the mean over the picture.</para>
/// </remarks>
[Named("resnet")]
[Paper("He et al., Deep Residual Learning for Image Recognition, CVPR 2016", "https://arxiv.org/abs/1512.03385")]
public sealed partial class ResNet : PictureNetwork
{
    private const int DefaultSmall = 16, DefaultLarge = 64, Grown = 8;

    private readonly int[]? _large;

    /// <param name="depth">Number of layers, the head counted. For large pictures 18, 34, 50, 101 or 152; for small ones 6 n + 2 with n from 1 to 200, such as 20, 32, 44, 56 or 110.</param>
    /// <param name="width">Channels of the first stage; each further one has twice as many; at least 1. Left out: 64 for large pictures, 16 for small ones, as in the paper.</param>
    /// <param name="shortcut">How the input of a block gets to its end where the sizes differ. Left out, as in the paper: a learned projection for large pictures, zeros for
    /// the new channels for small ones. For large pictures projection alone.</param>
    /// <param name="top">Whether the classifier is part of it: then the features are its logits.</param>
    /// <param name="classes">Number of those; at least 1. Left out: 1000 for large pictures, 10 for small ones.</param>
    /// <param name="strideFirst">Whether of a block's three convolutions the first halves the picture, as in the paper and in Keras, and not the second, as in torchvision; from 50 layers for
    /// large pictures on.</param>
    /// <param name="epsilon">Added to variances; greater than 0. Keras: 1.001e-5.</param>
    public ResNet(
        int depth = 20, int? width = null, ShortcutKind? shortcut = null, bool top = false, int? classes = null, bool strideFirst = false, float epsilon = 1e-5f)
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
        StrideFirst = !strideFirst || HasBottlenecks
            ? strideFirst
            : throw new ArgumentOutOfRangeException(nameof(strideFirst), strideFirst, string.Create(CultureInfo.InvariantCulture, $"strideFirst: expected false at depth {depth}, got true."));
        Epsilon = Check.Positive(epsilon);
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

    /// <summary>Whether the first convolution of a block halves the picture.</summary>
    public bool StrideFirst { get; }

    /// <summary>Added to variances.</summary>
    public float Epsilon { get; }

    private bool IsLarge => _large is not null;

    private bool HasBottlenecks => IsLarge && Depth >= 50;

    private protected override int Least => IsLarge ? 1 : Grown;

    /// <inheritdoc/>
    public override string ToString()
    {
        IEnumerable<int> widths = Enumerable.Range(0, IsLarge ? 4 : 3).Select(s => Width << s);
        return string.Create(CultureInfo.InvariantCulture, $"ResNet-{Depth}({string.Join(", ", widths)}{(Top ? FormattableString.Invariant($"; {Classes} classes") : "")})");
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, NamedArray> Translate(WeightFile file)
    {
        IReadOnlyDictionary<string, NamedArray> tensors = base.Translate(file);
        float? epsilon = null;
        IReadOnlyDictionary<string, NamedArray> translated = KerasNames.Translate(tensors, (layer, part) =>
        {
            if (HasBottlenecks && PreActivated().IsMatch(layer))
            {
                throw new GraftInputException(file.Path, "resnet: expected weights of ResNet's version 1, got those of version 2, which normalizes before each convolution. Read the whole model with 'graph'.");
            }

            float? own = null;
            string? path = HasBottlenecks ? FromKeras(layer, part, out own) : null;
            epsilon ??= own;
            return path;
        });
        return epsilon is not { } wanted ? tensors
            : StrideFirst && Math.Abs(Epsilon - wanted) < 0.01f * wanted ? KerasNames.WithoutBiases(translated, NormOf)
            : throw new GraftInputException(file.Path, string.Create(
                CultureInfo.InvariantCulture, $"resnet: expected strideFirst: true and epsilon: {wanted} for weights of Keras, got {(StrideFirst ? "true" : "false")} and {Epsilon}."));
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
        var norm = Add("bn1", new BatchNorm(Width, epsilon: Epsilon));
        at = Stage(at.After(7, 2, 3).After(3, 2, 1) with { Channels = Width }, x => conv.Forward(x, norm, Rectifier.Relu).MaxPool2d(3, 2, 1));
        for (int stage = 0; stage < _large!.Length; stage++)
        {
            for (int i = 0; i < _large[stage]; i++)
            {
                int channels = Width << stage, stride = stage > 0 && i == 0 ? 2 : 1;
                Nn.Module block = Add<Nn.Module>(Name(stage, i), HasBottlenecks
                    ? new Bottleneck(at.Channels, channels, stride, StrideFirst, Epsilon)
                    : new ResidualBlock(at.Channels, channels, stride, ShortcutKind.Projection, "downsample", Epsilon));
                at = Stage(at.After(3, stride, 1) with { Channels = HasBottlenecks ? Bottleneck.Expansion * channels : channels }, block.Forward);
            }
        }

        Finish(at.Channels, "fc", x => x);
    }

    private void MakeSmall(PictureExtent at)
    {
        int blocks = (Depth - 2) / 6;
        var conv = Add("conv1", new Conv2d(at.Channels, Width, 3, padding: 1, bias: false, initializer: Init.KaimingNormal));
        var norm = Add("bn1", new BatchNorm(Width, epsilon: Epsilon));
        at = Stage(at with { Channels = Width }, x => conv.Forward(x, norm, Rectifier.Relu));
        for (int i = 0; i < 3 * blocks; i++)
        {
            int stage = i / blocks, channels = Width << stage, stride = stage > 0 && i % blocks == 0 ? 2 : 1;
            var block = Add(Name(stage, i % blocks), new ResidualBlock(at.Channels, channels, stride, Shortcut, epsilon: Epsilon));
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

    // conv2_block1_0_conv is the first shortcut, conv2_block1_1_conv the first convolution of the first block; res2a_branch1 and res2a_branch2a before.
    private static string? FromKeras(string layer, string part, out float? epsilon)
    {
        const float now = 1.001e-5f, before = 1e-3f;
        epsilon = now;
        if (KerasBlock().Match(layer) is { Success: true } match)
        {
            return Part(match, int.Parse(match.Groups["block"].ValueSpan, CultureInfo.InvariantCulture) - 1, match.Groups["part"].Value[0] - '0', match.Groups["kind"].Value == "bn", part);
        }

        if (OldBlock().Match(layer) is { Success: true } old)
        {
            epsilon = before;
            string branch = old.Groups["branch"].Value;
            return Part(old, old.Groups["block"].Value[0] - 'a', branch == "1" ? 0 : branch[1] - 'a' + 1, old.Groups["kind"].Value == "bn", part);
        }

        (string? path, epsilon) = layer switch
        {
            "conv1_conv" => ("conv1", now),
            "conv1_bn" => ("bn1", now),
            "predictions" or "probs" => ("fc", now),
            "conv1" => ("conv1", before),
            "bn_conv1" => ("bn1", before),
            "fc1000" => ("fc", before),
            _ => ((string?)null, (float?)null),
        };
        return path is null ? null : $"{path}.{part}";
    }

    private static string Part(Match match, int block, int number, bool isNorm, string part)
    {
        string own = number == 0 ? isNorm ? "downsample.1" : "downsample.0" : string.Create(CultureInfo.InvariantCulture, $"{(isNorm ? "bn" : "conv")}{number}");
        return $"{Name(match.Groups["stage"].Value[0] - '2', block)}.{own}.{part}";
    }

    private static string? NormOf(string conv)
    {
        int dot = conv.LastIndexOf('.');
        string last = conv[(dot + 1)..], within = conv[..(dot + 1)];
        return last.StartsWith("conv", StringComparison.Ordinal) ? $"{within}bn{last[4..]}" : conv.EndsWith("downsample.0", StringComparison.Ordinal) ? within + "1" : null;
    }

    [GeneratedRegex("^conv(?<stage>[2-5])_block(?<block>[0-9]{1,2})_(?<part>[0-3])_(?<kind>conv|bn)$")]
    private static partial Regex KerasBlock();

    [GeneratedRegex("^(?<kind>res|bn)(?<stage>[2-5])(?<block>[a-z])_branch(?<branch>1|2a|2b|2c)$")]
    private static partial Regex OldBlock();

    [GeneratedRegex("_preact_bn$")]
    private static partial Regex PreActivated();
}
