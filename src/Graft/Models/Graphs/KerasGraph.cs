using System.Globalization;
using System.Text.Json;
using Graft.Models.Formats;

namespace Graft.Models.Graphs;

/// <summary>Makes a graph of the layers that Keras and TensorFlow.js describe.</summary>
/// <remarks>There pictures are [B, H, W, C]; in the graph they are [B, C, H, W], and where a layer looks at the order of the numbers (Flatten, Reshape) they are turned
/// back. Kernels become [out, in, h, w] and [out, in]. Weights are called after their layer: "conv2d.kernel". A layer's name is that of the value it gives. The layers of a model
/// that stands as a layer in another are called after it: "vgg16.block1_conv1".</remarks>
internal sealed class KerasGraph
{
    private const int MostLayers = 10_000;

    private readonly Dictionary<string, IReadOnlyList<KeyValuePair<string, NamedArray>>> _weights;
    private readonly KerasLayers _layers;
    private readonly string _file;

    // Models that stand as layers in others, around the layer that is being added; a dot behind each.
    private string _within = "";

    // The same as files write it, a slash behind each.
    private string _path = "";
    private int _calls;

    private KerasGraph(Dictionary<string, IReadOnlyList<KeyValuePair<string, NamedArray>>> weights, string file, int version)
    {
        _weights = weights;
        _layers = new KerasLayers(version);
        _file = file;
    }

    /// <summary>Makes the graph.</summary>
    /// <param name="config">The model as JSON: class_name and config.</param>
    /// <param name="weights">The weights of each layer by its name, in Keras' order.</param>
    /// <param name="file">What messages call it.</param>
    /// <param name="version">The version of Keras that wrote it, such as 3.9.0; null where it does not say so.</param>
    /// <exception cref="GraftInputException">The description is damaged, or a layer is of a kind that is not known.</exception>
    public static GraphSource Read(string config, Dictionary<string, IReadOnlyList<KeyValuePair<string, NamedArray>>> weights, string file, string? version = null)
    {
        try
        {
            using var json = JsonDocument.Parse(config, new JsonDocumentOptions { MaxDepth = 256 });
            int major = int.TryParse(version?.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 1;
            return new KerasGraph(weights, file, major).Read(json.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException or ArgumentException or OverflowException or IndexOutOfRangeException)
        {
            throw new GraftInputException(file, $"keras: expected a description of layers, got: {e.Message.ReplaceLineEndings(" ")}", inner: e);
        }
    }

    private GraphSource Read(JsonElement model)
    {
        string[] unknown = [.. Kinds(model).Where(k => k != "InputLayer" && !IsModel(k) && !KerasLayers.Has(k)).Distinct().Order(StringComparer.Ordinal)];
        if (unknown.Length > 0)
        {
            throw new GraftInputException(_file, $"keras: expected layers of kinds that can be run, got {string.Join(", ", unknown)}, which cannot.");
        }

        KerasValue[] outputs = Model(model, "", null, l => _weights.GetValueOrDefault(l) ?? []);
        JsonElement config = model.GetProperty("config");
        string name = config.ValueKind == JsonValueKind.Object && config.TryGetProperty("name", out JsonElement own) ? own.GetString() ?? "model" : "model";
        return new GraphSource(
            new Graph(name, _layers.Inputs, [.. outputs.Select(o => new GraphValue(o.Name, null))], _layers.Nodes, _layers.Constants), _layers.Origins);
    }

    private static bool IsModel(string kind) => kind is "Sequential" or "Functional" or "Model";

    private static JsonElement[] LayersOf(JsonElement model)
    {
        JsonElement config = model.GetProperty("config");
        return [.. (config.ValueKind == JsonValueKind.Array ? config : config.GetProperty("layers")).EnumerateArray()];
    }

    private static IEnumerable<string> Kinds(JsonElement model) => LayersOf(model).SelectMany(l => KindOf(l) is var kind && IsModel(kind) ? Kinds(l) : [kind]);

    // A model, or one that stands as a layer in another: then it gets values, and its layers are called after it.
    private KerasValue[] Model(JsonElement model, string prefix, KerasValue[]? given, Func<string, IReadOnlyList<KeyValuePair<string, NamedArray>>> weights)
    {
        JsonElement[] layers = LayersOf(model);
        return layers.Length is 0 or > MostLayers ? throw new GraftInputException(_file, string.Create(CultureInfo.InvariantCulture, $"keras: expected 1 to {MostLayers} layers, got {layers.Length}."))
            : KindOf(model) == "Sequential" ? [Chain(layers, prefix, given, weights)]
            : Network(model.GetProperty("config"), layers, prefix, given, weights);
    }

    private KerasValue Chain(JsonElement[] layers, string prefix, KerasValue[]? given, Func<string, IReadOnlyList<KeyValuePair<string, NamedArray>>> weights)
    {
        KerasValue? value = given?[0];
        foreach (JsonElement layer in layers)
        {
            string name = NameOf(layer);
            bool isInput = KindOf(layer) == "InputLayer";
            value ??= _layers.Input(prefix + (isInput ? name : name + "_input"), InputOf(layer));
            value = isInput ? value : Call(layer, 0, prefix, [value], weights)[0];
        }

        return value!;
    }

    // What goes into a model is what goes into its first layer.
    private static JsonElement InputOf(JsonElement layer) => IsModel(KindOf(layer)) && LayersOf(layer) is [var first, ..] ? InputOf(first) : layer.GetProperty("config");

    // One call of a layer, or of a model in place of one: its weights lie among those of the layer, under the names of its own layers.
    private KerasValue[] Call(JsonElement layer, int call, string prefix, KerasValue[] x, Func<string, IReadOnlyList<KeyValuePair<string, NamedArray>>> weights)
    {
        string name = NameOf(layer), output = call == 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}:{call}");
        if (++_calls > MostLayers)
        {
            throw new GraftInputException(_file, string.Create(CultureInfo.InvariantCulture, $"keras: expected at most {MostLayers} calls of layers, got more."));
        }

        if (!IsModel(KindOf(layer)))
        {
            return [_layers.Add(KindOf(layer), _within + name, prefix + output, layer.GetProperty("config"), x, weights(name))];
        }

        IReadOnlyList<KeyValuePair<string, NamedArray>> all = weights(name);
        (string outer, string above, string path) = (_within, _path, $"{_path}{name}/");
        (_within, _path) = ($"{outer}{name}.", path);
        KerasValue[] y = Model(layer, $"{prefix}{output}.", x, inner => all.Count == 0 ? _weights.GetValueOrDefault(inner) ?? [] : Inside(all, path, inner));
        (_within, _path) = (outer, above);
        return y;
    }

    // Keras 3 writes the whole path of a layer; before, it is anywhere in a name.
    private static KeyValuePair<string, NamedArray>[] Inside(IReadOnlyList<KeyValuePair<string, NamedArray>> all, string path, string inner)
    {
        KeyValuePair<string, NamedArray>[] own = [.. all.Where(w => w.Key.StartsWith($"{path}{inner}/", StringComparison.Ordinal))];
        return own.Length > 0 ? own : [.. all.Where(w => w.Key.Split('/').SkipLast(1).Contains(inner))];
    }

    private KerasValue[] Network(
        JsonElement config, JsonElement[] layers, string prefix, KerasValue[]? given, Func<string, IReadOnlyList<KeyValuePair<string, NamedArray>>> weights)
    {
        var values = new Dictionary<string, List<KerasValue[]?>>(StringComparer.Ordinal);
        var open = new List<(JsonElement Layer, int Call, KerasPlace[] From)>();
        var inputs = new List<KerasPlace>();
        if (given is not null)
        {
            Collect(config.GetProperty("input_layers"), inputs);
        }

        foreach (JsonElement layer in layers)
        {
            string name = NameOf(layer);
            if (KindOf(layer) == "InputLayer")
            {
                int place = inputs.FindIndex(i => i.Layer == name);
                values[name] = [[given is null ? _layers.Input(prefix + name, layer.GetProperty("config")) : given[place]]];
                continue;
            }

            int call = 0;
            foreach (JsonElement node in layer.GetProperty("inbound_nodes").EnumerateArray())
            {
                var from = new List<KerasPlace>();
                Collect(node, from);
                open.Add((layer, call++, [.. from]));
                if (open.Count > MostLayers)
                {
                    throw new GraftInputException(_file, string.Create(CultureInfo.InvariantCulture, $"keras: expected at most {MostLayers} calls of layers, got more."));
                }
            }

            values[name] = [.. new KerasValue[]?[call]];
        }

        // Layers stand in any order; each is added when what it takes is there.
        for (bool hasMoved = true; open.Count > 0 && hasMoved;)
        {
            hasMoved = false;
            var waiting = new List<(JsonElement, int, KerasPlace[])>();
            foreach ((JsonElement layer, int call, KerasPlace[] from) in open)
            {
                KerasValue?[] taken = [.. from.Select(At)];
                if (taken.Length == 0 || taken.Contains(null))
                {
                    waiting.Add((layer, call, from));
                    continue;
                }

                values[NameOf(layer)][call] = Call(layer, call, prefix, taken!, weights);
                hasMoved = true;
            }

            open = waiting;
        }

        var outputs = new List<KerasPlace>();
        Collect(config.GetProperty("output_layers"), outputs);
        return outputs.Count == 0 || outputs.Exists(o => At(o) is null)
            ? throw new GraftInputException(_file, $"keras: expected layers that lead from the inputs to the outputs, got none that gives '{OnnxFile.Short(outputs.Find(o => At(o) is null)?.Layer ?? "")}'.")
            : [.. outputs.Select(o => At(o)!)];

        // Some versions count the making of a model within another as its first call.
        KerasValue? At(KerasPlace place)
        {
            List<KerasValue[]?>? calls = values.GetValueOrDefault(place.Layer);
            KerasValue[]? all = calls is null ? null : place.Call >= 0 && place.Call < calls.Count ? calls[place.Call] : calls.Count == 1 ? calls[0] : null;
            return all is not null && place.Tensor >= 0 && place.Tensor < all.Length ? all[place.Tensor] : null;
        }
    }

    // [["name", call, tensor, {...}], ...] of Keras 2, one of them alone, or the keras_history of Keras 3.
    private static void Collect(JsonElement at, List<KerasPlace> found)
    {
        if (at.ValueKind == JsonValueKind.Array && at.GetArrayLength() >= 3 && at[0].ValueKind == JsonValueKind.String && at[1].ValueKind == JsonValueKind.Number)
        {
            found.Add(new KerasPlace(at[0].GetString()!, at[1].GetInt32(), at[2].ValueKind == JsonValueKind.Number ? at[2].GetInt32() : 0));
        }
        else if (at.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement part in at.EnumerateArray())
            {
                Collect(part, found);
            }
        }
        else if (at.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty part in at.EnumerateObject())
            {
                Collect(part.Value, found);
            }
        }
    }

    private static string NameOf(JsonElement layer) =>
        (layer.TryGetProperty("name", out JsonElement name) ? name.GetString() : layer.GetProperty("config").GetProperty("name").GetString()) ?? throw new FormatException("a layer without a name");

    private static string KindOf(JsonElement layer) => layer.GetProperty("class_name").GetString() ?? "";

    private sealed record KerasPlace(string Layer, int Call, int Tensor);
}
