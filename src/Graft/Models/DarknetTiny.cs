using Graft.Models.Formats;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>Darknet's tiny classifier: 3x3 convolutions, in its middle squeezed by 1x1 ones, each with batch normalization and a leaky ReLU, four times max pooling.</summary>
/// <remarks>
/// <para>Layers are conv1 ... conv15, each with its parts conv and bn, and conv16 with top. With 1000 classes 1,042,104 weights and 4,384 running statistics;
/// published with a top-1 accuracy of 58.7 % on ImageNet. Negative values are multiplied by 0.1; batch normalization adds 0.001 to variances.</para>
/// <para>Without top the features are the means of conv15's 128 channels; with top a 1x1 convolution gives a map for each class, and the mean of each map its logit.</para>
/// <para>Weights that Keras or TensorFlow.js name conv2d_1 ... conv2d_16 and batch_normalization_1 ... batch_normalization_15 load as well.</para>
/// <para>Stages: each convolution, with the pooling behind it, and the features.</para>
/// </remarks>
[Named("darknet-tiny")]
[Paper("Redmon, Darknet: Open Source Neural Networks in C, 2013-2016", "https://pjreddie.com/darknet/tiny-darknet/")]
public sealed class DarknetTiny : PictureNetwork
{
    private const float Epsilon = 1e-3f, Slope = 0.1f;

    // Channels; those of 16 to 128 that follow one another squeeze and filter in turn.
    private static readonly int[] Channels = [16, 32, 16, 128, 16, 128, 32, 256, 32, 256, 64, 512, 64, 512, 128];

    /// <param name="top">Whether the classifier is part of it: then the features are its logits.</param>
    /// <param name="classes">Number of those; at least 1.</param>
    public DarknetTiny(bool top = false, int classes = 1000)
    {
        Top = top;
        Classes = Check.AtLeast(1, classes);
    }

    /// <summary>Whether the classifier is part of it.</summary>
    public bool Top { get; }

    /// <summary>Number of the classifier's logits.</summary>
    public int Classes { get; }

    private protected override int Least => 1;

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"DarknetTiny({(Top ? FormattableString.Invariant($"{Classes} classes") : "average")})");

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, NamedArray> Translate(WeightFile file) => KerasNames.Translate(base.Translate(file), Own);

    private protected override void Make(PictureExtent at)
    {
        for (int i = 0; i < Channels.Length; i++)
        {
            // The first two filter, and from there on every second.
            int kernel = i < 2 || i % 2 == 1 ? 3 : 1;
            var unit = Add(
                FormattableString.Invariant($"conv{i + 1}"), new ConvNorm(ConvNorm.Plain(at.Channels, Channels[i], kernel), ActivationKind.None, ("conv", "bn"), Epsilon));
            at = at with { Channels = Channels[i] };
            bool pooled = i is 0 or 1 or 5 or 9;
            at = pooled
                ? Stage(at.After(2, 2, ceil: true), x => unit.Forward(x).LeakyRelu(Slope).MaxPool2d(2, 2, ceil: true))
                : Stage(at, x => unit.Forward(x).LeakyRelu(Slope));
        }

        Conv2d? last = Top ? Add("conv16", new Conv2d(at.Channels, Classes, 1)) : null;
        End(Top ? Classes : at.Channels, x => (last?.Forward(x) ?? x).AdaptiveAvgPool2d(1).Flatten());
    }

    private static string? Own(string layer, string part)
    {
        const string conv = "conv2d_", norm = "batch_normalization_", last = "conv2d_16";
        return layer == last ? "conv16." + part
            : layer.StartsWith(conv, StringComparison.Ordinal) ? $"conv{layer[conv.Length..]}.conv.{part}"
            : layer.StartsWith(norm, StringComparison.Ordinal) ? $"conv{layer[norm.Length..]}.bn.{part}"
            : null;
    }
}
