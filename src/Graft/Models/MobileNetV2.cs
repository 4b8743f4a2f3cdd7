using System.Globalization;
using System.Text.RegularExpressions;
using Graft.Models.Formats;
using Graft.Nn;
using Graft.Nn.Initializers;
using Graft.Nn.Layers;
using Graft.Tensors;
using Graft.Tensors.Ops;

namespace Graft.Models;

/// <summary>MobileNetV2: inverted residual blocks, which widen the channels, filter each alone, and narrow them again without an activation.</summary>
/// <remarks>
/// <para>Names are those of torchvision: features.0 ... features.18, classifier.1. At width 1 with 1000 classes 3,504,872 weights; without top 2,223,872 and 1280 features.
/// Channels are rounded to multiples of 8, as there.</para>
/// <para>Weights of Keras (Conv1, expanded_conv_depthwise, block_1_expand ...) load as well; they want samePadding and epsilon 0.001.</para>
/// <para>Stages: the first convolution, each of the 17 blocks, the last convolution, and the features.</para>
/// </remarks>
[Named("mobilenet-v2")]
[Paper("Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, CVPR 2018", "https://arxiv.org/abs/1801.04381")]
public sealed partial class MobileNetV2 : PictureNetwork
{
    private const int First = 32, Last = 1280;

    // Expansion, channels, blocks, stride of the first: table 2 of the paper.
    private static readonly (int Expand, int Channels, int Count, int Stride)[] Table =
        [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)];

    /// <param name="width">Factor of all channels; greater than 0. Paper: 1, and 0.35 to 1.4.</param>
    /// <param name="dropout">Share of the features that is set to 0 in training before the classifier; in [0, 1). torchvision: 0.2.</param>
    /// <param name="top">Whether the classifier is part of it: then the features are its logits.</param>
    /// <param name="classes">Number of those; at least 1.</param>
    /// <param name="samePadding">Whether pictures with an even side that are halved get zeros below and right alone, as in Keras and TensorFlow, and not around them.</param>
    /// <param name="epsilon">Added to variances; greater than 0. Keras: 0.001.</param>
    public MobileNetV2(double width = 1, float dropout = 0.2f, bool top = false, int classes = 1000, bool samePadding = false, float epsilon = 1e-5f)
    {
        Width = Check.Positive(width);
        Dropout = Check.Fraction(dropout);
        Top = top;
        Classes = Check.AtLeast(1, classes);
        SamePadding = samePadding;
        Epsilon = Check.Positive(epsilon);
    }

    /// <summary>Factor of all channels.</summary>
    public double Width { get; }

    /// <summary>Share of features set to 0 before the classifier in training.</summary>
    public float Dropout { get; }

    /// <summary>Whether the classifier is part of it.</summary>
    public bool Top { get; }

    /// <summary>Number of the classifier's logits.</summary>
    public int Classes { get; }

    /// <summary>Whether pictures are padded as in Keras.</summary>
    public bool SamePadding { get; }

    /// <summary>Added to variances.</summary>
    public float Epsilon { get; }

    private protected override int Least => 1;

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"MobileNetV2({Width}{(Top ? FormattableString.Invariant($", {Classes} classes") : "")})");

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, NamedArray> Translate(WeightFile file) =>
        KerasNames.TranslateMobileNet(file, base.Translate(file), FromKeras, "mobilenet-v2", SamePadding, Epsilon);

    private protected override void Make(PictureExtent at)
    {
        int number = 0;
        int first = Rounded(First * Width);
        ConvNorm stem = Add(Name(number++), new ConvNorm(Halving(at.Channels, first, 2, groups: 1), ActivationKind.Relu6, epsilon: Epsilon));
        at = Stage(at.After(3, 2, 1) with { Channels = first }, x => stem.Forward(Padded(x, 2)));
        foreach ((int expand, int channels, int count, int stride) in Table)
        {
            int next = Rounded(channels * Width);
            for (int i = 0; i < count; i++)
            {
                int step = i == 0 ? stride : 1;
                var block = Add(Name(number++), new InvertedResidual(this, at.Channels, next, expand, step));
                at = Stage(at.After(3, step, 1) with { Channels = next }, SamePadding && step > 1 ? block.PaddedForward : block.Forward);
            }
        }

        int last = Rounded(Last * Math.Max(1, Width));
        ConvNorm end = Add(Name(number), new ConvNorm(ConvNorm.Plain(at.Channels, last, 1), ActivationKind.Relu6, epsilon: Epsilon));
        Stage(at with { Channels = last }, end.Forward);
        if (!Top)
        {
            End(last, x => x.AdaptiveAvgPool2d(1).Flatten());
            return;
        }

        Dropout dropout = Add("classifier.0", new Dropout(Dropout));
        Linear classifier = Add("classifier.1", new Linear(last, Classes, initializer: Init.Normal(0, 0.01f)));
        End(Classes, x => classifier.Forward(dropout.Forward(x.AdaptiveAvgPool2d(1).Flatten())));
    }

    // The nearest multiple of 8 that is at least 8 and loses at most a tenth.
    private static int Rounded(double channels)
    {
        int rounded = Math.Max(8, (int)(channels + 4) / 8 * 8);
        return rounded < 0.9 * channels ? rounded + 8 : rounded;
    }

    // A convolution whose padding is its own, or comes before it.
    private Conv2d Halving(int inChannels, int outChannels, int stride, int groups) => new(
        inChannels, outChannels, 3, stride, padding: SamePadding && stride > 1 ? 0 : 1, groups: groups, bias: false, initializer: Init.KaimingNormalOut);

    private Tensor Padded(Tensor x, int stride) =>
        SamePadding && stride > 1 ? x.PadPictures(x.Shape[2] % 2, 1, x.Shape[3] % 2, 1) : x;

    // The first block does not widen: what is .1 and .2 there is .2 and .3 in the others.
    private static string? FromKeras(string layer, string part)
    {
        if (KerasBlock().Match(layer) is { Success: true } match)
        {
            int block = match.Groups["block"].Success ? int.Parse(match.Groups["block"].ValueSpan, CultureInfo.InvariantCulture) : 0, shift = block > 0 ? 1 : 0;
            bool isNorm = match.Groups["norm"].Success;
            string? own = (match.Groups["kind"].Value, isNorm) switch
            {
                ("expand", _) => block > 0 ? isNorm ? "conv.0.1" : "conv.0.0" : null,
                ("depthwise", _) => FormattableString.Invariant($"conv.{shift}.{(isNorm ? 1 : 0)}"),
                _ => FormattableString.Invariant($"conv.{shift + (isNorm ? 2 : 1)}"),
            };
            return own is null || block > Table.Sum(t => t.Count) - 1 ? null : $"{Name(block + 1)}.{own}.{part}";
        }

        int last = Table.Sum(t => t.Count) + 1;
        string? path = layer switch
        {
            "Conv1" => Name(0) + ".0",
            "bn_Conv1" => Name(0) + ".1",
            "Conv_1" => Name(last) + ".0",
            "Conv_1_bn" => Name(last) + ".1",
            "predictions" or "Logits" => "classifier.1",
            _ => null,
        };
        return path is null ? null : $"{path}.{part}";
    }

    [GeneratedRegex("^(expanded_conv|block_(?<block>[1-9][0-9]?))_(?<kind>expand|depthwise|project)(?<norm>_BN)?$")]
    private static partial Regex KerasBlock();

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"features.{number}");

    private sealed class InvertedResidual : Module
    {
        private readonly MobileNetV2 _network;
        private readonly bool _adds;
        private readonly int _stride;
        private readonly ConvNorm? _widen;
        private readonly ConvNorm _filter;
        private readonly Conv2d _narrow;
        private readonly BatchNorm _norm;

        public InvertedResidual(MobileNetV2 network, int inChannels, int outChannels, int expand, int stride)
        {
            _network = network;
            _stride = stride;
            int wide = inChannels * expand;
            _adds = stride == 1 && inChannels == outChannels;
            _widen = expand == 1 ? null : new ConvNorm(ConvNorm.Plain(inChannels, wide, 1), ActivationKind.Relu6, epsilon: network.Epsilon);
            _filter = new ConvNorm(network.Halving(wide, wide, stride, groups: wide), ActivationKind.Relu6, epsilon: network.Epsilon);
            _narrow = ConvNorm.Plain(wide, outChannels, 1);
            _norm = new BatchNorm(outChannels, epsilon: network.Epsilon);
            Conv = _widen is null ? [_filter, _narrow, _norm] : [_widen, _filter, _narrow, _norm];
        }

        public Sequential Conv { get; }

        public override Tensor Forward(Tensor x) =>
            InOneGo(x) ?? _narrow.Forward(_filter.Forward(_widen?.Forward(x) ?? x), _norm, Rectifier.None, _adds ? x : null);

        // The zeros are put around the wide picture, which must be there for that.
        public Tensor PaddedForward(Tensor x) => _narrow.Forward(_filter.Forward(_network.Padded(_widen?.Forward(x) ?? x, _stride)), _norm, Rectifier.None);

        public override string ToString() => $"InvertedResidual({Conv})";

        // Where nothing learns, or all normalizations do, and the wide pictures are large, they exist a few rows at a time.
        private Tensor? InOneGo(Tensor x)
        {
            LearningPart? learning = _widen?.Conv.LearningWith(_widen.Norm);
            if (_filter.Conv.LearningWith(_filter.Norm) is { } filters && _narrow.LearningWith(_norm) is { } narrows && learning.HasValue == _widen is not null)
            {
                return LearningBottleneckOperation.Apply(x, learning, filters, narrows, Rectifier.Relu6, _adds);
            }

            FoldedPart? widen = _widen?.Conv.FoldedWith(_widen.Norm, x);
            return _filter.Conv.FoldedWith(_filter.Norm, x) is { } filter && _narrow.FoldedWith(_norm, x) is { } narrow && widen.HasValue == _widen is not null
                ? FoldedBottleneck.Apply(x, widen, filter, narrow, Rectifier.Relu6, _adds)
                : null;
        }
    }
}
