using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Graft.Data.Hdf5;

namespace Graft.Models.Formats;

/// <summary>Reads weights as Keras 3 lays them out: layers/NAME/vars/0, 1, 2 ..., where NAME is the layer's class with a number, not the layer's name.</summary>
/// <remarks>
/// <para>"conv2d_1" is the second layer of the class Conv2D in the model's order; what it is called, the model's description says, or, in files of newer versions, an
/// attribute of its variables. The numbers become what the class calls them where that is known (kernel, bias ...); others keep their path. Layers within layers lie
/// in groups within groups.</para>
/// <para>Keras 2.12 to 2.15 put layers under "_layer_checkpoint_dependencies", and count those with weights twice: there the order of the numbers is what counts.</para>
/// <para>What optimizers, metrics and random streams keep is passed over.</para>
/// </remarks>
internal sealed partial class KerasVariables
{
    private const string Container = "layers";
    private const string OldContainer = "_layer_checkpoint_dependencies";
    private const string Variables = "vars";
    private const int MaxDepth = 32;

    private static readonly HashSet<string> Passed = new(StringComparer.Ordinal) { Variables, "optimizer", "metrics", "compile_metrics", "seed_generator" };

    private static readonly Dictionary<string, string[]> Roles = new(StringComparer.Ordinal)
    {
        ["dense"] = ["kernel", "bias"], ["einsum_dense"] = ["kernel", "bias"], ["embedding"] = ["embeddings"], ["p_re_lu"] = ["alpha"],
        ["conv1d"] = ["kernel", "bias"], ["conv2d"] = ["kernel", "bias"], ["conv3d"] = ["kernel", "bias"],
        ["conv1d_transpose"] = ["kernel", "bias"], ["conv2d_transpose"] = ["kernel", "bias"], ["conv3d_transpose"] = ["kernel", "bias"],
        ["depthwise_conv1d"] = ["depthwise_kernel", "bias"], ["depthwise_conv2d"] = ["depthwise_kernel", "bias"],
        ["separable_conv1d"] = ["depthwise_kernel", "pointwise_kernel", "bias"], ["separable_conv2d"] = ["depthwise_kernel", "pointwise_kernel", "bias"],
        ["cell"] = ["kernel", "recurrent_kernel", "bias"],
    };

    private readonly Hdf5File _file;
    private readonly HashSet<long> _seen = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private long _room;

    private KerasVariables(Hdf5File file, long room)
    {
        _file = file;
        _room = room;
    }

    /// <summary>Whether a file's outermost group holds layers so.</summary>
    public static bool Recognizes(Hdf5File file) => file.Root.IsGroup && file.Root.Links.Any(l => l.Name is Container or OldContainer or Variables && file.Object(l.Address).IsGroup)
        && Holds(file, file.Root, 4, []);

    /// <summary>Reads the layers.</summary>
    /// <param name="file">The file.</param>
    /// <param name="config">The model's description; null where there is none.</param>
    /// <param name="room">Bytes that all numbers together may take.</param>
    /// <exception cref="GraftInputException">The file or the description is damaged, or they do not belong together.</exception>
    public static IReadOnlyList<KerasLayer> Read(Hdf5File file, string? config, long room)
    {
        var reader = new KerasVariables(file, room);
        if (config is null)
        {
            return reader.Read([]);
        }

        try
        {
            using var json = JsonDocument.Parse(config, new JsonDocumentOptions { MaxDepth = 256 });
            return reader.Read(LayersOf(json.RootElement.GetProperty("config")));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new GraftInputException(file.Shown, $"keras: expected a description of layers, got: {e.Message.ReplaceLineEndings(" ")}", inner: e);
        }
    }

    /// <summary>A class's name as Keras writes it in paths: BatchNormalization as batch_normalization.</summary>
    public static string Snake(string name)
    {
        name = Symbols().Replace(name, "");
        name = Words().Replace(name, "$1_$2");
        return Humps().Replace(name, "$1_$2").ToLowerInvariant();
    }

    private static bool Holds(Hdf5File file, Hdf5Object group, int depth, HashSet<long> seen) => depth > 0 && seen.Add(group.Address)
        && group.Links.Any(l => file.Object(l.Address) is { IsGroup: true } inner && ((l.Name == Variables && inner.Links.Any(v => v.Name == "0")) || Holds(file, inner, depth - 1, seen)));

    private static Description Described(JsonElement layer, int place)
    {
        JsonElement config = layer.TryGetProperty("config", out JsonElement given) ? given : default;
        bool Says(string key) => config.ValueKind != JsonValueKind.Object || !config.TryGetProperty(key, out JsonElement value) || value.ValueKind != JsonValueKind.False;
        string? name = layer.TryGetProperty("name", out JsonElement own) ? own.GetString() : config.ValueKind == JsonValueKind.Object && config.TryGetProperty("name", out own) ? own.GetString() : null;
        string kind = layer.GetProperty("class_name").GetString() ?? "";
        Description[] inner = config.ValueKind == JsonValueKind.Object && config.TryGetProperty("layer", out JsonElement wrapped) && wrapped.ValueKind == JsonValueKind.Object
            ? [Described(wrapped, 0)]
            : kind is "Sequential" or "Functional" or "Model" ? LayersOf(config) : [];
        return new Description(place, name ?? kind, Snake(kind), Says("scale"), Says("center"), inner);
    }

    private static Description[] LayersOf(JsonElement config)
    {
        JsonElement list = config.ValueKind == JsonValueKind.Object && config.TryGetProperty("layers", out JsonElement layers) ? layers : config;
        return list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Select(Described)] : [];
    }

    private List<KerasLayer> Read(IReadOnlyList<Description> described)
    {
        var layers = new List<KerasLayer>();
        bool isOld = _file.Root.Find(Container) is not { IsGroup: true };
        if (_file.Root.Find(isOld ? OldContainer : Container) is { IsGroup: true } container)
        {
            foreach ((string name, Hdf5Object group, Description? layer) in Layers(container, isOld, described))
            {
                Add(layer?.Name ?? Called(group) ?? name, layer?.Kind ?? Kind(name), group, layer, layers);
            }
        }

        foreach ((string name, Hdf5Object group) in Members(_file.Root))
        {
            if (name is not (Container or OldContainer))
            {
                Add(name, name, group, null, layers);
            }
        }

        if (_file.Root.Find(Variables) is { IsGroup: true } own && own.Links.Count > 0)
        {
            var weights = new List<KeyValuePair<string, NamedArray>>();
            Take(own, "", "", null, weights);
            layers.Add(new KerasLayer(Variables, weights));
        }

        return layers;
    }

    // The layers of a container in the model's order, then those that the model does not name.
    private IEnumerable<(string Name, Hdf5Object Group, Description? Layer)> Layers(Hdf5Object container, bool isOld, IReadOnlyList<Description> described)
    {
        var groups = new Dictionary<string, Hdf5Object>(StringComparer.Ordinal);
        foreach ((string name, Hdf5Object group) in Members(container))
        {
            groups[name] = group;
        }

        Dictionary<string, Description> names = isOld ? ByOrder(groups, described) : ByNumber(described);
        return names.Keys.Where(groups.ContainsKey).Concat(groups.Keys.Where(g => !names.ContainsKey(g))).Select(n => (n, groups[n], names.GetValueOrDefault(n)));
    }

    // The n-th layer of a class has the number n - 1, the first has none.
    private static Dictionary<string, Description> ByNumber(IReadOnlyList<Description> described)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        var names = new Dictionary<string, Description>(StringComparer.Ordinal);
        foreach (Description layer in described)
        {
            int before = counts.GetValueOrDefault(layer.Kind);
            counts[layer.Kind] = before + 1;
            names[before == 0 ? layer.Kind : string.Create(CultureInfo.InvariantCulture, $"{layer.Kind}_{before}")] = layer;
        }

        return names;
    }

    // Only layers with weights are there, with numbers that rise.
    private Dictionary<string, Description> ByOrder(Dictionary<string, Hdf5Object> groups, IReadOnlyList<Description> described)
    {
        var found = new Dictionary<string, Description>(StringComparer.Ordinal);
        foreach (IGrouping<string, KeyValuePair<string, Hdf5Object>> kind in groups.Where(g => Holds(_file, g.Value, MaxDepth, [])).GroupBy(g => Kind(g.Key), StringComparer.Ordinal))
        {
            string[] names = [.. kind.Select(g => g.Key).OrderBy(NumberOf)];
            Description[] layers = [.. described.Where(d => d.Kind == kind.Key)];
            if (layers.Length == names.Length)
            {
                for (int i = 0; i < names.Length; i++)
                {
                    found[names[i]] = layers[i];
                }
            }
            else if (layers.Length > 0)
            {
                throw new GraftInputException(_file.Shown, string.Create(CultureInfo.InvariantCulture, $"keras: expected weights for each of {layers.Length} layers of the class {kind.Key}, got them for {names.Length}."));
            }
        }

        return found.OrderBy(f => f.Value.Place).ToDictionary(StringComparer.Ordinal);
    }

    private void Add(string name, string kind, Hdf5Object group, Description? described, List<KerasLayer> layers)
    {
        var weights = new List<KeyValuePair<string, NamedArray>>();
        Walk(group, name, kind, described, weights, 0);
        if (weights.Count > 0 && layers.Exists(l => l.Name == name))
        {
            throw _file.Error($"expected layers of distinct names, got '{OnnxFile.Short(name)}' twice");
        }

        if (weights.Count > 0)
        {
            layers.Add(new KerasLayer(name, weights));
        }
    }

    private void Walk(Hdf5Object group, string path, string kind, Description? described, List<KeyValuePair<string, NamedArray>> weights, int depth)
    {
        if (depth > MaxDepth)
        {
            throw _file.Error($"expected at most {MaxDepth} layers in each other, got more");
        }

        if (!_seen.Add(group.Address))
        {
            return;      // links may go in circles
        }

        if (group.Find(Variables) is { IsGroup: true } variables)
        {
            Take(variables, path + "/", kind, described, weights);
        }

        // Layers in both directions: the one forward comes first, as everywhere in Keras.
        foreach ((string name, Hdf5Object inner) in Members(group).OrderBy(m => m.Name == "backward_layer"))
        {
            if (name is Container or OldContainer)
            {
                foreach ((string own, Hdf5Object within, Description? layer) in Layers(inner, name == OldContainer, described?.Inner ?? []))
                {
                    Walk(within, $"{path}/{layer?.Name ?? Called(within) ?? own}", layer?.Kind ?? Kind(own), layer, weights, depth + 1);
                }
            }
            else
            {
                Description? wrapped = name == "layer" && described is { Inner: [var only] } ? only : null;
                Walk(inner, $"{path}/{name}", wrapped?.Kind ?? name, wrapped, weights, depth + 1);
            }
        }
    }

    private void Take(Hdf5Object variables, string path, string kind, Description? described, List<KeyValuePair<string, NamedArray>> weights)
    {
        (string Name, long Address)[] arrays = [.. variables.Links.Where(l => _file.Object(l.Address).IsDataset).OrderBy(l => NumberOf("_" + l.Name))];
        string[] roles = RolesOf(kind, arrays.Length, described);
        for (int i = 0; i < arrays.Length; i++)
        {
            string name = path + (i < roles.Length ? roles[i] : $"{Variables}/{arrays[i].Name}");
            Hdf5Object array = _file.Object(arrays[i].Address);
            if (!array.Dataset.IsNumeric)
            {
                throw _file.Error($"expected numbers for the weights '{OnnxFile.Short(name)}', got {array.Dataset.Type.Shown}");
            }

            if (!_names.Add(name))
            {
                throw _file.Error($"expected distinct names, got '{OnnxFile.Short(name)}' twice");
            }

            weights.Add(KeyValuePair.Create(name, Hdf5Weights.Tensor(_file, array, name, ref _room)));
        }
    }

    // Scale and shift may be left out: what is there the description says, or the number of arrays where it says enough.
    private static string[] RolesOf(string kind, int count, Description? described)
    {
        string[] statistics = kind switch { "batch_normalization" => ["moving_mean", "moving_variance"], "layer_normalization" or "group_normalization" => [], _ => [""] };
        if (statistics is [""])
        {
            return Roles.GetValueOrDefault(kind) ?? [];
        }

        int learned = count - statistics.Length;
        string[] first = described is null
            ? learned switch { 2 => ["gamma", "beta"], 0 => [], _ => [""] }
            : [.. (string[])(described.HasScale ? ["gamma"] : []), .. (string[])(described.HasCenter ? ["beta"] : [])];
        return first is [""] || first.Length != learned ? [] : [.. first, .. statistics];
    }

    private IEnumerable<(string Name, Hdf5Object Group)> Members(Hdf5Object group) =>
        group.Links.Select(l => (l.Name, Group: _file.Object(l.Address))).Where(m => m.Group.IsGroup && !Passed.Contains(m.Name));

    private static string? Called(Hdf5Object group) =>
        group.Find(Variables) is { } own && own.Attributes.TryGetValue("name", out Hdf5Attribute? name) && (name.Type.IsText || name.Type.IsLongText) && name.Texts() is [{ Length: > 0 } text] ? text : null;

    private static string Kind(string name) => Number().Replace(name, "");

    private static int NumberOf(string name) => Number().Match(name) is { Success: true } match && int.TryParse(match.ValueSpan[1..], NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;

    [GeneratedRegex("_[0-9]+$")]
    private static partial Regex Number();

    [GeneratedRegex(@"\W+")]
    private static partial Regex Symbols();

    [GeneratedRegex("(.)([A-Z][a-z]+)")]
    private static partial Regex Words();

    [GeneratedRegex("([a-z])([A-Z])")]
    private static partial Regex Humps();

    private sealed record Description(int Place, string Name, string Kind, bool HasScale, bool HasCenter, IReadOnlyList<Description> Inner);
}
