using System.Globalization;
using System.Text.Json;
using Graft.Models.Formats;

namespace Graft.Models.Graphs;

/// <summary>Makes a graph of the layers that Keras and TensorFlow.js describe.</summary>
/// <remarks>There pictures are [B, H, W, C]; in the graph they are [B, C, H, W], and where a layer looks at the order of the numbers (Flatten, Reshape) they are turned
/// back. Kernels become [out, in, h, w] and [out, in]. Weights are called after their layer: "conv2d.kernel". A layer's name is that of the value it gives.</remarks>
internal sealed class KerasGraph
{
    private const int MostLayers = 10_000;

    private readonly Dictionary<string, IReadOnlyList<KeyValuePair<string, NamedArray>>> _weights;
    private readonly KerasLayers _layers = new();
    private readonly string _file;

    private KerasGraph(Dictionary<string, IReadOnlyList<KeyValuePair<string, NamedArray>>> weights, string file)
    {
        _weights = weights;
        _file = file;
    }

    /// <summary>Makes the graph.</summary>
    /// <param name="config">The model as JSON: class_name and config.</param>
    /// <param name="weights">The weights of each layer by its name, in Keras' order.</param>
    /// <param name="file">What messages call it.</param>
    /// <exception cref="GraftInputException">The description is damaged, or a layer is of a kind that is not known.</exception>
    public static GraphSource Read(string config, Dictionary<string, IReadOnlyList<KeyValuePair<string, NamedArray>>> weights, string file)
    {
        try
        {
            using var json = JsonDocument.Parse(config, new JsonDocumentOptions { MaxDepth = 256 });
            return new KerasGraph(weights, file).Read(json.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException or ArgumentException or OverflowException or IndexOutOfRangeException)
        {
            throw new GraftInputException(file, $"keras: expected a description of layers, got: {e.Message.ReplaceLineEndings(" ")}", inner: e);
        }
    }

    private GraphSource Read(JsonElement model)
    {
        string kind = model.GetProperty("class_name").GetString() ?? "";
        JsonElement config = model.GetProperty("config");
        JsonElement list = config.ValueKind == JsonValueKind.Array ? config : config.GetProperty("layers");
        JsonElement[] layers = [.. list.EnumerateArray()];
        string[] unknown = [.. layers.Select(l => l.GetProperty("class_name").GetString() ?? "").Where(k => k != "InputLayer" && !KerasLayers.Has(k)).Distinct().Order(StringComparer.Ordinal)];
        if (unknown.Length > 0 || layers.Length is 0 or > MostLayers)
        {
            throw new GraftInputException(_file, unknown.Length > 0
                ? $"keras: expected layers of kinds that can be run, got {string.Join(", ", unknown)}, which cannot."
                : string.Create(CultureInfo.InvariantCulture, $"keras: expected 1 to {MostLayers} layers, got {layers.Length}."));
        }

        string[] outputs = kind == "Sequential" ? Chain(layers) : Network(config, layers);
        string name = config.ValueKind == JsonValueKind.Object && config.TryGetProperty("name", out JsonElement own) ? own.GetString() ?? "model" : "model";
        return new GraphSource(
            new Graph(name, _layers.Inputs, [.. outputs.Select(o => new GraphValue(o, null))], _layers.Nodes, _layers.Constants), _layers.Origins);
    }

    private string[] Chain(JsonElement[] layers)
    {
        KerasValue? value = null;
        foreach (JsonElement layer in layers)
        {
            JsonElement config = layer.GetProperty("config");
            string name = NameOf(layer);
            if (value is null)
            {
                bool isInput = layer.GetProperty("class_name").GetString() == "InputLayer";
                value = _layers.Input(isInput ? name : name + "_input", config);
                if (isInput)
                {
                    continue;
                }
            }

            value = _layers.Add(layer.GetProperty("class_name").GetString()!, name, name, config, [value], WeightsOf(name));
        }

        return [value!.Name];
    }

    private string[] Network(JsonElement config, JsonElement[] layers)
    {
        var values = new Dictionary<(string, int), KerasValue>();
        var open = new List<(JsonElement Layer, int Call, (string, int)[] From)>();
        foreach (JsonElement layer in layers)
        {
            string name = NameOf(layer);
            if (layer.GetProperty("class_name").GetString() == "InputLayer")
            {
                values[(name, 0)] = _layers.Input(name, layer.GetProperty("config"));
                continue;
            }

            int call = 0;
            foreach (JsonElement node in layer.GetProperty("inbound_nodes").EnumerateArray())
            {
                var from = new List<(string, int)>();
                Collect(node, from);
                open.Add((layer, call++, [.. from]));
                if (open.Count > MostLayers)
                {
                    throw new GraftInputException(_file, string.Create(CultureInfo.InvariantCulture, $"keras: expected at most {MostLayers} calls of layers, got more."));
                }
            }
        }

        // Layers stand in any order; each is added when what it takes is there.
        for (bool hasMoved = true; open.Count > 0 && hasMoved;)
        {
            hasMoved = false;
            var waiting = new List<(JsonElement, int, (string, int)[])>();
            foreach ((JsonElement layer, int call, (string, int)[] from) in open)
            {
                string name = NameOf(layer);
                if (from.Length == 0 || !from.All(values.ContainsKey))
                {
                    waiting.Add((layer, call, from));
                    continue;
                }

                string output = call == 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}:{call}");
                values[(name, call)] = _layers.Add(layer.GetProperty("class_name").GetString()!, name, output, layer.GetProperty("config"), [.. from.Select(f => values[f])], WeightsOf(name));
                hasMoved = true;
            }

            open = waiting;
        }

        var outputs = new List<(string, int)>();
        Collect(config.GetProperty("output_layers"), outputs);
        return outputs.Count == 0 || !outputs.TrueForAll(values.ContainsKey)
            ? throw new GraftInputException(_file, $"keras: expected layers that lead from the inputs to the outputs, got none that gives '{OnnxFile.Short(outputs.FirstOrDefault(o => !values.ContainsKey(o)).Item1 ?? "")}'.")
            : [.. outputs.Select(o => values[o].Name)];
    }

    // [["name", call, tensor, {...}], ...] of Keras 2, one of them alone, or the keras_history of Keras 3.
    private static void Collect(JsonElement at, List<(string, int)> found)
    {
        if (at.ValueKind == JsonValueKind.Array && at.GetArrayLength() >= 3 && at[0].ValueKind == JsonValueKind.String && at[1].ValueKind == JsonValueKind.Number)
        {
            found.Add((at[0].GetString()!, at[1].GetInt32()));
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

    private IReadOnlyList<KeyValuePair<string, NamedArray>> WeightsOf(string layer) => _weights.GetValueOrDefault(layer) ?? [];
}
