using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Graft.Models.Formats;

namespace Graft.Models;

/// <summary>Brings weights that Keras or TensorFlow.js wrote under the names and into the layouts of PyTorch.</summary>
/// <remarks>Windows [h, w, in, out] become [out, in, h, w], those of depthwise convolutions [h, w, in, n] become [in · n, 1, h, w], matrices [in, out] become [out, in]; where
/// such a matrix takes flattened maps, whose channels are last there, its columns are put in the order that they have here.</remarks>
internal static class KerasNames
{
    // Endings of Keras 2 and 3, and of older layers whose arrays have the layer's name again.
    private static readonly Dictionary<string, string> Parts = new(StringComparer.Ordinal)
    {
        ["kernel"] = "weight", ["depthwise_kernel"] = "weight", ["W"] = "weight", ["bias"] = "bias", ["b"] = "bias",
        ["gamma"] = "weight", ["beta"] = "bias", ["moving_mean"] = "running_mean", ["moving_variance"] = "running_var",
        ["running_mean"] = "running_mean", ["running_std"] = "running_var",      // of Keras 1, which called variances so
    };

    /// <summary>Translates what has names of Keras; leaves all else as it is.</summary>
    /// <param name="tensors">By the names of the file.</param>
    /// <param name="own">The path of a part of a layer: both names in, the path out, or null where the layer is unknown.</param>
    /// <param name="channels">The channels of the flattened maps that the matrix at a path takes; 0 for others. Left out: 0 for all.</param>
    public static IReadOnlyDictionary<string, NamedArray> Translate(
        IReadOnlyDictionary<string, NamedArray> tensors, Func<string, string, string?> own, Func<string, int>? channels = null)
    {
        var result = new Dictionary<string, NamedArray>(tensors.Count, StringComparer.Ordinal);
        foreach ((string name, NamedArray array) in tensors)
        {
            string? path = Split(name, array, out string? layer, out string? part) ? own(layer, part) ?? own(layer[(layer.LastIndexOf('/') + 1)..], part) : null;
            result[path ?? name] = path is null || part != "weight" ? array
                : channels?.Invoke(path) is > 0 and var maps ? Flattened(array, maps)
                : Turned(array, name.Contains("depthwise", StringComparison.Ordinal));
        }

        return result;
    }

    /// <summary>The same for a MobileNet, which must be built as Keras builds it where its weights are.</summary>
    /// <param name="file">The file.</param>
    /// <param name="tensors">By the names of the file.</param>
    /// <param name="own">As above.</param>
    /// <param name="who">The name of the network.</param>
    /// <param name="samePadding">Whether it pads as TensorFlow does.</param>
    /// <param name="epsilon">What its normalizations add to variances.</param>
    /// <exception cref="GraftInputException">The weights are Keras' and the network is built otherwise.</exception>
    public static IReadOnlyDictionary<string, NamedArray> TranslateMobileNet(
        WeightFile file, IReadOnlyDictionary<string, NamedArray> tensors, Func<string, string, string?> own, string who, bool samePadding, float epsilon)
    {
        bool isKeras = false;
        IReadOnlyDictionary<string, NamedArray> result = Translate(tensors, (layer, part) =>
        {
            string? path = own(layer, part);
            isKeras |= path is not null;
            return path;
        });
        return !isKeras || (samePadding && Math.Abs(epsilon - 1e-3f) < 1e-5f)
            ? result
            : throw new GraftInputException(file.Path, string.Create(
                CultureInfo.InvariantCulture, $"{who}: expected samePadding: true and epsilon: 0.001 for weights of Keras, got {(samePadding ? "true" : "false")} and {epsilon}."));
    }

    /// <summary>Takes the biases of convolutions into the running means of the normalizations behind them, which comes to the same.</summary>
    /// <param name="tensors">By path.</param>
    /// <param name="normOf">The path of the normalization behind the convolution whose path is given, or null for others.</param>
    public static IReadOnlyDictionary<string, NamedArray> WithoutBiases(IReadOnlyDictionary<string, NamedArray> tensors, Func<string, string?> normOf)
    {
        const string bias = ".bias";
        var result = tensors.ToDictionary(StringComparer.Ordinal);
        foreach ((string path, NamedArray shift) in tensors)
        {
            if (path.EndsWith(bias, StringComparison.Ordinal) && normOf(path[..^bias.Length]) is { } norm
                && tensors.TryGetValue(norm + ".running_mean", out NamedArray? mean) && mean.Sizes.SequenceEqual(shift.Sizes))
            {
                result.Remove(path);
                result[norm + ".running_mean"] = new NamedArray(mean.Sizes, into =>
                {
                    mean.CopyTo(into);
                    float[] less = shift.Values;
                    for (int i = 0; i < into.Length; i++)
                    {
                        into[i] -= less[i];
                    }
                }) { Type = mean.Type, Note = "less the bias of the convolution before it" };
            }
        }

        return result;
    }

    /// <summary>[h, w, in, out] as [out, in, h, w]; [in, out] as [out, in]; vectors as they are.</summary>
    /// <param name="array">A weight.</param>
    /// <param name="depthwise">Whether each input channel has windows of its own.</param>
    public static NamedArray Turned(NamedArray array, bool depthwise = false)
    {
        if (array.Sizes.Count is not (2 or 4))
        {
            return array;
        }

        int outputs = array.Sizes[^1], inputs = array.Sizes[^2];
        int[] sizes = array.Sizes.Count == 2 ? [outputs, inputs]
            : depthwise ? [inputs * outputs, 1, array.Sizes[0], array.Sizes[1]]
            : [outputs, inputs, array.Sizes[0], array.Sizes[1]];
        return new NamedArray(sizes, into => Turn(array, depthwise, into)) { Type = array.Type };
    }

    // [p · c, out] as [out, c · p]: of the maps' numbers the channels are innermost there, and outermost here.
    private static NamedArray Flattened(NamedArray array, int channels)
    {
        if (array.Sizes.Count != 2 || array.Sizes[0] % channels != 0)
        {
            return Turned(array);
        }

        int outputs = array.Sizes[1], inputs = array.Sizes[0], places = inputs / channels;
        return new NamedArray([outputs, inputs], into =>
        {
            float[] from = new float[array.Count];
            array.CopyTo(from);
            for (int i = 0; i < inputs; i++)
            {
                int to = (i % channels * places) + (i / channels);
                for (int o = 0; o < outputs; o++)
                {
                    into[(o * inputs) + to] = from[(i * outputs) + o];
                }
            }
        }) { Type = array.Type };
    }

    private static void Turn(NamedArray array, bool depthwise, Span<float> into)
    {
        int outputs = array.Sizes[^1], inputs = array.Sizes[^2], window = array.Sizes.Count == 4 ? array.Sizes[0] * array.Sizes[1] : 1;
        var from = new float[array.Count];
        array.CopyTo(from);
        for (int w = 0; w < window; w++)
        {
            for (int i = 0; i < inputs; i++)
            {
                for (int o = 0; o < outputs; o++)
                {
                    int to = depthwise ? (((i * outputs) + o) * window) + w : (((o * inputs) + i) * window) + w;
                    into[to] = from[(((w * inputs) + i) * outputs) + o];
                }
            }
        }
    }

    // "model/conv1/conv1/kernel:0", "conv1/conv1_b" and "conv1/kernel": the layer, and which part of it.
    private static bool Split(string name, NamedArray array, [NotNullWhen(true)] out string? layer, [NotNullWhen(true)] out string? part)
    {
        string[] pieces = name.Split('/');
        int colon = pieces[^1].IndexOf(':', StringComparison.Ordinal);
        string last = colon < 0 ? pieces[^1] : pieces[^1][..colon];
        layer = null;
        if (pieces.Length < 2)
        {
            return Split(last, out layer, out part);
        }

        // Old layers: the array's name ends with the layer's and _W or _b, or is a number that the program gave.
        string ending = Parts.ContainsKey(last) ? last : last[(last.LastIndexOf('_') + 1)..];
        part = Parts.GetValueOrDefault(ending) ?? (array.Sizes.Count > 1 ? "weight" : null);
        layer = string.Join('/', pieces[..^1]);
        return part is not null;
    }

    // "block1_conv1_W_1" and "bn_conv1_running_std", of files whose names have the layer in front.
    private static bool Split(string name, [NotNullWhen(true)] out string? layer, [NotNullWhen(true)] out string? part)
    {
        string trimmed = name.TrimEnd("0123456789".ToCharArray());
        name = trimmed.EndsWith('_') && trimmed.Length < name.Length ? trimmed[..^1] : name;
        string? ending = Parts.Keys.Where(k => name.EndsWith("_" + k, StringComparison.Ordinal) && name.Length > k.Length + 1).MaxBy(k => k.Length);
        layer = ending is null ? null : name[..^(ending.Length + 1)];
        part = ending is null ? null : Parts[ending];
        return ending is not null;
    }
}
