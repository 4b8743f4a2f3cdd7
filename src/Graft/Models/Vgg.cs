using System.Globalization;
using System.Text.RegularExpressions;
using Graft.Models.Formats;
using Graft.Nn.Initializers;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>How the last maps of a picture network become features.</summary>
public enum PicturePooling
{
    /// <summary>The mean of every channel over the picture.</summary>
    Average,

    /// <summary>All values, channel by channel and row by row: their number depends on the size of the pictures.</summary>
    Flatten,

    /// <summary>The means of 7 x 7 windows whatever the size of the pictures, channel by channel and row by row: what the published classifiers take.</summary>
    Grid,
}

/// <summary>VGG networks: 3x3 convolutions with ReLU in five stages that each end with 2x2 max pooling, then fully connected layers.</summary>
/// <remarks>
/// <para>Names, and the numbers behind them, are those of torchvision: features.0 ... and classifier.0, .3 and .6. With 1000 classes 132,863,336 (depth 11),
/// 133,047,848 (13), 138,357,544 (16) and 143,667,240 (19) weights; without top 9.2 to 20.0 million.</para>
/// <para>Without top, pictures of 128 pixels give [4, 4, 512]: 512 features by their mean, 8192 where they are flattened. Fully connected layers follow where
/// they are named; at 224 pixels, flattened, the first two have the shapes and the names of the published classifier.</para>
/// <para>Weights of Keras (block1_conv1 ... fc1, fc2, predictions) load as well, also where the maps are flattened before fc1; they take blue, green and red, less
/// 103.939, 116.779 and 123.68.</para>
/// <para>Stages: the five of the paper, and the features.</para>
/// </remarks>
[Named("vgg", Alias = "vgg16")]
[Paper("Simonyan & Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, ICLR 2015", "https://arxiv.org/abs/1409.1556")]
public sealed partial class Vgg : PictureNetwork
{
    private const int MostLayers = 16;

    private static readonly int[] Channels = [64, 128, 256, 512, 512];

    /// <param name="depth">Layers with weights, top included: 11, 13, 16 or 19.</param>
    /// <param name="batchNorm">Whether every convolution is followed by batch normalization.</param>
    /// <param name="pooling">How the last maps become features. With top, always the 7 x 7 windows of the published networks.</param>
    /// <param name="dense">Widths of fully connected layers with ReLU behind the features; up to 16, each at least 1. Left out: none, and with top 4096 and 4096.</param>
    /// <param name="dropout">Share of the outputs of each of those layers that is set to 0 in training; in [0, 1). Paper: 0.5.</param>
    /// <param name="top">Whether the classifier is part of it: then the features are its logits.</param>
    /// <param name="classes">Number of those; at least 1.</param>
    public Vgg(
        int depth = 16, bool batchNorm = false, PicturePooling pooling = PicturePooling.Average, IReadOnlyList<int>? dense = null, float dropout = 0.5f,
        bool top = false, int classes = 1000)
    {
        Depth = depth is 11 or 13 or 16 or 19
            ? depth
            : throw new ArgumentOutOfRangeException(nameof(depth), depth, string.Create(CultureInfo.InvariantCulture, $"depth: expected 11, 13, 16 or 19, got {depth}."));
        BatchNorm = batchNorm;
        Top = top;
        Pooling = top ? PicturePooling.Grid : pooling;
        Dense = dense ?? (top ? [4096, 4096] : []);
        if (Dense.Count > MostLayers || Dense.Any(d => d < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(dense), $"dense: expected up to {MostLayers} widths, each at least 1, got [{string.Join(", ", Dense.Take(20))}].");
        }

        Dropout = Check.Fraction(dropout);
        Classes = Check.AtLeast(1, classes);
    }

    /// <summary>Layers with weights, top included.</summary>
    public int Depth { get; }

    /// <summary>Whether convolutions are followed by batch normalization.</summary>
    public bool BatchNorm { get; }

    /// <summary>How the last maps become features.</summary>
    public PicturePooling Pooling { get; }

    /// <summary>Widths of the fully connected layers before the classifier.</summary>
    public IReadOnlyList<int> Dense { get; }

    /// <summary>Share of their outputs set to 0 in training.</summary>
    public float Dropout { get; }

    /// <summary>Whether the classifier is part of it.</summary>
    public bool Top { get; }

    /// <summary>Number of the classifier's logits.</summary>
    public int Classes { get; }

    /// <inheritdoc/>
    public override bool TakesAnySize => Pooling != PicturePooling.Flatten;

    private protected override int Least => 32;

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant(
        $"VGG-{Depth}({(BatchNorm ? "batch norm, " : "")}{(Top ? $"{Classes} classes" : string.Join(", ", [Pooling.ToString().ToLowerInvariant(), .. Dense.Select(d => d.ToString(CultureInfo.InvariantCulture))]))})");

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, NamedArray> Translate(WeightFile file) =>
        KerasNames.Translate(base.Translate(file), FromKeras, path => path == Classifier(0) + ".weight" && Pooling != PicturePooling.Average ? Channels[^1] : 0);

    private protected override void Make(PictureExtent at)
    {
        int number = 0;
        for (int stage = 0; stage < Channels.Length; stage++)
        {
            var run = new List<Nn.Module>();
            for (int i = 0; i < Convolutions(stage); i++)
            {
                var conv = Add(Feature(number++), new Conv2d(at.Channels, Channels[stage], 3, padding: 1, initializer: Init.KaimingNormalOut));
                run.Add(conv);
                if (BatchNorm)
                {
                    run.Add(Add(Feature(number++), new BatchNorm(conv.OutChannels)));
                }

                run.Add(new Relu());
                number++;
                at = at with { Channels = conv.OutChannels };
            }

            number++;
            var layers = new Sequential([.. run, new MaxPool2d(2)]);
            at = Stage(at.After(2, 2), layers.Forward);
        }

        MakeHead(at);
    }

    private void MakeHead(PictureExtent at)
    {
        const int grid = 7;
        int features = Pooling switch
        {
            PicturePooling.Average => at.Channels,
            PicturePooling.Flatten => at.Height * at.Width * at.Channels,
            _ => grid * grid * at.Channels,
        };
        var run = new List<Nn.Module>();
        for (int i = 0; i < Dense.Count; i++)
        {
            run.Add(Add(Classifier(i), new Linear(features, Dense[i], initializer: Init.Normal(0, 0.01f))));
            run.Add(new Relu());
            if (Dropout > 0)
            {
                run.Add(Add(FormattableString.Invariant($"classifier.{(3 * i) + 2}"), new Dropout(Dropout)));
            }

            features = Dense[i];
        }

        if (Top)
        {
            run.Add(Add(Classifier(Dense.Count), new Linear(features, Classes, initializer: Init.Normal(0, 0.01f))));
            features = Classes;
        }

        var layers = new Sequential([.. run]);
        End(features, x => layers.Forward((Pooling switch
        {
            PicturePooling.Average => x.AdaptiveAvgPool2d(1),
            PicturePooling.Flatten => x,
            _ => x.AdaptiveAvgPool2d(grid),
        }).Flatten()));
    }

    private int Convolutions(int stage) => Depth switch
    {
        11 => stage < 2 ? 1 : 2,
        13 => 2,
        16 => stage < 2 ? 2 : 3,
        _ => stage < 2 ? 2 : 4,
    };

    private string? FromKeras(string layer, string part)
    {
        if (KerasLayer().Match(layer) is { Success: true } match)
        {
            int stage = match.Groups["stage"].Value[0] - '1', conv = match.Groups["conv"].Value[0] - '1', each = BatchNorm ? 3 : 2;
            int before = Enumerable.Range(0, stage).Sum(s => (each * Convolutions(s)) + 1);
            return conv < Convolutions(stage) ? $"{Feature(before + (each * conv))}.{part}" : null;
        }

        return layer switch
        {
            "fc1" => $"{Classifier(0)}.{part}",
            "fc2" => $"{Classifier(1)}.{part}",
            "predictions" when Top => $"{Classifier(Dense.Count)}.{part}",
            _ => null,
        };
    }

    [GeneratedRegex("^block(?<stage>[1-5])_conv(?<conv>[1-4])$")]
    private static partial Regex KerasLayer();

    private static string Feature(int number) => FormattableString.Invariant($"features.{number}");

    private static string Classifier(int layer) => FormattableString.Invariant($"classifier.{3 * layer}");
}
