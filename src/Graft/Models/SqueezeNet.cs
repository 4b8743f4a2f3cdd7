using System.Globalization;
using System.Text.RegularExpressions;
using Graft.Models.Formats;
using Graft.Nn.Initializers;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>SqueezeNet: fire modules that squeeze the channels by 1x1 convolutions and expand them by 1x1 and 3x3 ones, with max pooling between.</summary>
/// <remarks>
/// <para>Names are those of torchvision: features.0, features.3 ... features.12, classifier.1. With 1000 classes 1,248,424 weights (version 1.0) or 1,235,496
/// (1.1, as good with 2.4 times less work); without top 735,424 or 722,496.</para>
/// <para>Without top the features are the means of the last module's 512 channels. With top a 1x1 convolution gives a map for each class, ReLU and the mean of
/// each map its logit.</para>
/// <para>Weights of the Keras version (conv1, fire2/squeeze1x1 ..., or uniform1 and on for windows) load as well; they want blue, green and red in this order, less 103.939, 116.779 and 123.68.</para>
/// <para>Stages: the first convolution, each fire module, each with the pooling behind it, and the features.</para>
/// </remarks>
[Named("squeezenet")]
[Paper("Iandola et al., SqueezeNet: AlexNet-Level Accuracy with 50x Fewer Parameters and <0.5MB Model Size, 2016", "https://arxiv.org/abs/1602.07360")]
public sealed partial class SqueezeNet : PictureNetwork
{
    private const int FireModules = 8, FirstFire = 2;

    private static readonly string[] Parts = ["squeeze", "expand1x1", "expand3x3"];

    private readonly List<string> _fires = [];

    /// <param name="version">1.0, the paper's, or 1.1.</param>
    /// <param name="dropout">Share of the last maps' values that is set to 0 in training before the classifier; in [0, 1). Paper: 0.5.</param>
    /// <param name="top">Whether the classifier is part of it: then the features are its logits.</param>
    /// <param name="classes">Number of those; at least 1.</param>
    public SqueezeNet(double version = 1.1, float dropout = 0.5f, bool top = false, int classes = 1000)
    {
        Version = version is 1.0 or 1.1
            ? version
            : throw new ArgumentOutOfRangeException(nameof(version), version, string.Create(CultureInfo.InvariantCulture, $"version: expected 1.0 or 1.1, got {version}."));
        Dropout = Check.Fraction(dropout);
        Top = top;
        Classes = Check.AtLeast(1, classes);
    }

    /// <summary>1.0 or 1.1.</summary>
    public double Version { get; }

    /// <summary>Share of values set to 0 before the classifier in training.</summary>
    public float Dropout { get; }

    /// <summary>Whether the classifier is part of it.</summary>
    public bool Top { get; }

    /// <summary>Number of the classifier's logits.</summary>
    public int Classes { get; }

    private bool IsFirst => Version == 1.0;

    private protected override int Least => IsFirst ? 21 : 17;

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"SqueezeNet-{Version:0.0}({(Top ? FormattableString.Invariant($"{Classes} classes") : "average")})");

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, NamedArray> Translate(WeightFile file)
    {
        var tensors = new Dictionary<string, NamedArray>(StringComparer.Ordinal);
        foreach ((string name, NamedArray array) in base.Translate(file))
        {
            string? own = FromKeras(name);
            tensors[own ?? name] = own is null ? array : KerasNames.Turned(array);
        }

        return tensors;
    }

    private protected override void Make(PictureExtent at)
    {
        var pool = new MaxPool2d(3, 2, ceil: true);
        int kernel = IsFirst ? 7 : 3;
        Conv2d first = Add("features.0", new Conv2d(at.Channels, IsFirst ? 96 : 64, kernel, 2, initializer: Init.HeUniform));
        at = Stage(at.After(kernel, 2).After(3, 2, ceil: true) with { Channels = first.OutChannels }, x => pool.Forward(first.Forward(x, relu: true)));
        int number = 3;
        for (int i = 0; i < FireModules; i++)
        {
            int squeeze = 16 * ((i / 2) + 1);
            _fires.Add(FormattableString.Invariant($"features.{number++}"));
            var fire = Add(_fires[^1], new Fire(at.Channels, squeeze, 4 * squeeze));
            at = at with { Channels = 8 * squeeze };
            bool pooled = IsFirst ? i is 2 or 6 : i is 1 or 3;
            number += pooled ? 1 : 0;
            at = pooled ? Stage(at.After(3, 2, ceil: true), x => pool.Forward(fire.Forward(x))) : Stage(at, fire.Forward);
        }

        if (!Top)
        {
            End(at.Channels, x => x.AdaptiveAvgPool2d(1).Flatten());
            return;
        }

        Dropout dropout = Add("classifier.0", new Dropout(Dropout));
        Conv2d last = Add("classifier.1", new Conv2d(at.Channels, Classes, 1, initializer: Init.Normal(0, 0.01f)));
        End(Classes, x => last.Forward(dropout.Forward(x), relu: true).AdaptiveAvgPool2d(1).Flatten());
    }

    // Windows have the name of their layer, or numbers in the order of the layers; biases have the name of their layer.
    private string? FromKeras(string name)
    {
        if (Numbered().Match(name) is { Success: true } numbered)
        {
            int number = int.Parse(numbered.Groups["number"].Value, CultureInfo.InvariantCulture) - 1;
            return number == 0 ? "features.0.weight"
                : number == (Parts.Length * FireModules) + 1 ? "classifier.1.weight"
                : PathOf((number - 1) / Parts.Length, (number - 1) % Parts.Length, "weight");
        }

        if (Layer().Match(name) is not { Success: true } match)
        {
            return null;
        }

        string part = match.Groups["part"].Value is "b" or "bias" ? "bias" : "weight";
        return match.Groups["conv"].Value switch
        {
            "1" => "features.0." + part,
            "10" => "classifier.1." + part,
            _ => PathOf(match.Groups["fire"].Value[0] - '0' - FirstFire, Array.IndexOf(Parts, match.Groups["kind"].Value), part),
        };
    }

    private string? PathOf(int fire, int kind, string part) => fire >= 0 && fire < _fires.Count && kind >= 0 ? $"{_fires[fire]}.{Parts[kind]}.{part}" : null;

    [GeneratedRegex(@"(^|/)uniform(?<number>[0-9]{1,2})(:0)?$")]
    private static partial Regex Numbered();

    [GeneratedRegex(@"(conv(?<conv>10|1)|fire(?<fire>[2-9])/(?<kind>squeeze|expand1x1|expand3x3)(1x1)?)[_/](?<part>W|b|kernel|bias)(:0)?$")]
    private static partial Regex Layer();
}
