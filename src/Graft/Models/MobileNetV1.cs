using System.Globalization;
using System.Text.RegularExpressions;
using Graft.Models.Formats;
using Graft.Nn;
using Graft.Nn.Initializers;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>MobileNet: a convolution, then 13 times a 3x3 filter of each channel alone and a 1x1 convolution, each with batch normalization and an activation.</summary>
/// <remarks>
/// <para>Names are those of timm's mobilenetv1: conv_stem, bn1, blocks.0.0 ... blocks.4.1 with their parts conv_dw, bn1, conv_pw and bn2, and classifier. At alpha 1
/// with 1000 classes 4,231,976 weights; without top 3,206,976 and 1024 features. Channels are rounded down.</para>
/// <para>Weights of Keras (conv1, conv_dw_1, conv_pw_1 ...) load as well; they want epsilon 0.001 and same padding. So do those of RetinaFace's body (stage1.0.0 ...),
/// which want alpha 0.25 and leakyRelu.</para>
/// <para>Stages: the first convolution, each of the 13 pairs, and the features.</para>
/// </remarks>
[Named("mobilenet-v1", Alias = "mobilenet")]
[Paper("Howard et al., MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications, 2017", "https://arxiv.org/abs/1704.04861")]
public sealed partial class MobileNetV1 : PictureNetwork
{
    private const int First = 32;

    // Channels, pairs, stride of the first: table 1 of the paper.
    private static readonly (int Channels, int Count, int Stride)[] Table = [(64, 1, 1), (128, 2, 2), (256, 2, 2), (512, 6, 2), (1024, 2, 2)];

    /// <param name="alpha">Factor of all channels; greater than 0. Paper: 1, 0.75, 0.5 and 0.25.</param>
    /// <param name="activation">What follows each normalization. Paper: relu; published weights: relu6.</param>
    /// <param name="samePadding">Whether pictures with an even side that are halved get zeros below and right alone, as in Keras and TensorFlow, and not around them.</param>
    /// <param name="epsilon">Added to variances; greater than 0. Keras: 0.001.</param>
    /// <param name="dropout">Share of the features that is set to 0 in training before the classifier; in [0, 1). Keras: 0.001.</param>
    /// <param name="top">Whether the classifier is part of it: then the features are its logits.</param>
    /// <param name="classes">Number of those; at least 1.</param>
    public MobileNetV1(
        double alpha = 1, ActivationKind activation = ActivationKind.Relu6, bool samePadding = false, float epsilon = 1e-5f, float dropout = 0,
        bool top = false, int classes = 1000)
    {
        Alpha = Check.Positive(alpha);
        Activation = activation;
        SamePadding = samePadding;
        Epsilon = Check.Positive(epsilon);
        Dropout = Check.Fraction(dropout);
        Top = top;
        Classes = Check.AtLeast(1, classes);
    }

    /// <summary>Factor of all channels.</summary>
    public double Alpha { get; }

    /// <summary>What follows each normalization.</summary>
    public ActivationKind Activation { get; }

    /// <summary>Whether pictures are padded as in Keras.</summary>
    public bool SamePadding { get; }

    /// <summary>Added to variances.</summary>
    public float Epsilon { get; }

    /// <summary>Share of features set to 0 before the classifier in training.</summary>
    public float Dropout { get; }

    /// <summary>Whether the classifier is part of it.</summary>
    public bool Top { get; }

    /// <summary>Number of the classifier's logits.</summary>
    public int Classes { get; }

    private protected override int Least => 1;

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"MobileNetV1({Alpha}{(Top ? FormattableString.Invariant($", {Classes} classes") : "")})");

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, NamedArray> Translate(WeightFile file) =>
        KerasNames.TranslateMobileNet(file, FromRetinaFace(base.Translate(file)), FromKeras, "mobilenet-v1", SamePadding, Epsilon);

    private protected override void Make(PictureExtent at)
    {
        int first = Narrowed(First);
        var stem = Add("conv_stem", Halving(at.Channels, first, 2, groups: 1));
        var norm = Add("bn1", new BatchNorm(first, epsilon: Epsilon));
        at = Stage(at.After(3, 2, 1) with { Channels = first }, x => Activation.Apply(stem, norm, Padded(x, 2)));
        for (int stage = 0; stage < Table.Length; stage++)
        {
            (int channels, int count, int stride) = Table[stage];
            for (int i = 0; i < count; i++)
            {
                int step = i == 0 ? stride : 1;
                var pair = Add(FormattableString.Invariant($"blocks.{stage}.{i}"), new Pair(this, at.Channels, Narrowed(channels), step));
                at = Stage(at.After(3, step, 1) with { Channels = Narrowed(channels) }, pair.Forward);
            }
        }

        Linear? classifier = Top ? Add("classifier", new Linear(at.Channels, Classes)) : null;
        Dropout? dropout = Top && Dropout > 0 ? Add("dropout", new Dropout(Dropout)) : null;
        End(Top ? Classes : at.Channels, x =>
        {
            x = x.AdaptiveAvgPool2d(1).Flatten();
            x = dropout?.Forward(x) ?? x;
            return classifier?.Forward(x) ?? x;
        });
    }

    private int Narrowed(int channels) => Math.Max(1, (int)(channels * Alpha));

    // A convolution whose padding is its own, or comes before it.
    private Conv2d Halving(int inChannels, int outChannels, int stride, int groups) => new(
        inChannels, outChannels, 3, stride, padding: SamePadding && stride > 1 ? 0 : 1, groups: groups, bias: false, initializer: Init.KaimingNormalOut);

    private Tensor Padded(Tensor x, int stride) =>
        SamePadding && stride > 1 ? x.PadPictures(x.Shape[2] % 2, 1, x.Shape[3] % 2, 1) : x;

    private static string? FromKeras(string layer, string part)
    {
        Match match = KerasLayer().Match(layer);
        if (!match.Success)
        {
            return null;
        }

        bool norm = match.Groups["bn"].Success;
        if (match.Groups["pair"].Success)
        {
            bool deep = match.Groups["kind"].Value == "dw";
            return NameOf(int.Parse(match.Groups["pair"].Value, CultureInfo.InvariantCulture) - 1) is { } block
                ? $"{block}.{(norm ? deep ? "bn1" : "bn2" : deep ? "conv_dw" : "conv_pw")}.{part}"
                : null;
        }

        return layer == "conv_preds" ? "classifier." + part : norm ? "bn1." + part : "conv_stem." + part;
    }

    // stage1 holds the first convolution and pairs 0 to 4, stage2 pairs 5 to 10, stage3 pairs 11 and 12; each pair's layers are 0, 1, 3 and 4.
    private static Dictionary<string, NamedArray> FromRetinaFace(IReadOnlyDictionary<string, NamedArray> tensors) => tensors.ToDictionary(
        t => RetinaLayer().Match(t.Key) is { Success: true } match ? FromRetinaFace(match) ?? t.Key : t.Key,
        t => t.Value,
        StringComparer.Ordinal);

    private static string? FromRetinaFace(Match match)
    {
        int stage = match.Groups["stage"].Value[0] - '1', unit = match.Groups["unit"].Value[0] - '0', layer = match.Groups["layer"].Value[0] - '0';
        string part = match.Groups["part"].Value;
        if (stage == 0 && unit == 0)
        {
            return layer switch { 0 => "conv_stem." + part, 1 => "bn1." + part, _ => null };
        }

        int[] before = [-1, 5, 11];
        return NameOf(before[stage] + unit) is { } block
            ? layer switch { 0 => $"{block}.conv_dw.{part}", 1 => $"{block}.bn1.{part}", 3 => $"{block}.conv_pw.{part}", 4 => $"{block}.bn2.{part}", _ => null }
            : null;
    }

    private static string? NameOf(int pair)
    {
        for (int stage = 0; stage < Table.Length; pair -= Table[stage++].Count)
        {
            if (pair >= 0 && pair < Table[stage].Count)
            {
                return FormattableString.Invariant($"blocks.{stage}.{pair}");
            }
        }

        return null;
    }

    [GeneratedRegex(@"^(conv1|conv_preds|conv_(?<kind>dw|pw)_(?<pair>[0-9]{1,2}))(?<bn>_bn)?$")]
    private static partial Regex KerasLayer();

    [GeneratedRegex(@"^(body\.)?stage(?<stage>[1-3])\.(?<unit>[0-9])\.(?<layer>[0-9])\.(?<part>weight|bias|running_mean|running_var)$")]
    private static partial Regex RetinaLayer();

    private sealed class Pair : Module
    {
        private readonly MobileNetV1 _network;
        private readonly int _stride;

        public Pair(MobileNetV1 network, int inChannels, int outChannels, int stride)
        {
            _network = network;
            _stride = stride;
            ConvDw = network.Halving(inChannels, inChannels, stride, groups: inChannels);
            Bn1 = new BatchNorm(inChannels, epsilon: network.Epsilon);
            ConvPw = ConvNorm.Plain(inChannels, outChannels, 1);
            Bn2 = new BatchNorm(outChannels, epsilon: network.Epsilon);
        }

        public Conv2d ConvDw { get; }

        public BatchNorm Bn1 { get; }

        public Conv2d ConvPw { get; }

        public BatchNorm Bn2 { get; }

        public override Tensor Forward(Tensor x)
        {
            x = _network.Activation.Apply(ConvDw, Bn1, _network.Padded(x, _stride));
            return _network.Activation.Apply(ConvPw, Bn2, x);
        }

        public override string ToString() => $"Pair({ConvPw.InChannels} -> {ConvPw.OutChannels})";
    }
}
