using System.Globalization;
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
/// <para>Stages: the first convolution, each of the 17 blocks, the last convolution, and the features.</para>
/// </remarks>
[Named("mobilenet-v2")]
[Paper("Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, CVPR 2018", "https://arxiv.org/abs/1801.04381")]
public sealed class MobileNetV2 : PictureNetwork
{
    private const int First = 32, Last = 1280;

    // Expansion, channels, blocks, stride of the first: table 2 of the paper.
    private static readonly (int Expand, int Channels, int Count, int Stride)[] Table =
        [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)];

    /// <param name="width">Factor of all channels; greater than 0. Paper: 1, and 0.35 to 1.4.</param>
    /// <param name="dropout">Share of the features that is set to 0 in training before the classifier; in [0, 1). torchvision: 0.2.</param>
    /// <param name="top">Whether the classifier is part of it: then the features are its logits.</param>
    /// <param name="classes">Number of those; at least 1.</param>
    public MobileNetV2(double width = 1, float dropout = 0.2f, bool top = false, int classes = 1000)
    {
        Width = Check.Positive(width);
        Dropout = Check.Fraction(dropout);
        Top = top;
        Classes = Check.AtLeast(1, classes);
    }

    /// <summary>Factor of all channels.</summary>
    public double Width { get; }

    /// <summary>Share of features set to 0 before the classifier in training.</summary>
    public float Dropout { get; }

    /// <summary>Whether the classifier is part of it.</summary>
    public bool Top { get; }

    /// <summary>Number of the classifier's logits.</summary>
    public int Classes { get; }

    private protected override int Least => 1;

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"MobileNetV2({Width}{(Top ? FormattableString.Invariant($", {Classes} classes") : "")})");

    private protected override void Make(PictureExtent at)
    {
        int number = 0;
        int first = Rounded(First * Width);
        ConvNorm stem = Add(Name(number++), new ConvNorm(ConvNorm.Plain(at.Channels, first, 3, 2), ActivationKind.Relu6));
        at = Stage(at.After(3, 2, 1) with { Channels = first }, stem.Forward);
        foreach ((int expand, int channels, int count, int stride) in Table)
        {
            int next = Rounded(channels * Width);
            for (int i = 0; i < count; i++)
            {
                int step = i == 0 ? stride : 1;
                var block = Add(Name(number++), new InvertedResidual(at.Channels, next, expand, step));
                at = Stage(at.After(3, step, 1) with { Channels = next }, block.Forward);
            }
        }

        int last = Rounded(Last * Math.Max(1, Width));
        ConvNorm end = Add(Name(number), new ConvNorm(ConvNorm.Plain(at.Channels, last, 1), ActivationKind.Relu6));
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

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"features.{number}");

    private sealed class InvertedResidual : Module
    {
        private readonly bool _adds;
        private readonly ConvNorm? _widen;
        private readonly ConvNorm _filter;
        private readonly Conv2d _narrow;
        private readonly BatchNorm _norm;

        public InvertedResidual(int inChannels, int outChannels, int expand, int stride)
        {
            int wide = inChannels * expand;
            _adds = stride == 1 && inChannels == outChannels;
            _widen = expand == 1 ? null : new ConvNorm(ConvNorm.Plain(inChannels, wide, 1), ActivationKind.Relu6);
            _filter = new ConvNorm(ConvNorm.Plain(wide, wide, 3, stride, groups: wide), ActivationKind.Relu6);
            _narrow = ConvNorm.Plain(wide, outChannels, 1);
            _norm = new BatchNorm(outChannels);
            Conv = _widen is null ? [_filter, _narrow, _norm] : [_widen, _filter, _narrow, _norm];
        }

        public Sequential Conv { get; }

        public override Tensor Forward(Tensor x) =>
            InOneGo(x) ?? _narrow.Forward(_filter.Forward(_widen?.Forward(x) ?? x), _norm, Rectifier.None, _adds ? x : null);

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
