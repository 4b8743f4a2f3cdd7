using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Models.Graphs.Operators;

namespace Graft.Models.Graphs;

/// <summary>The structure of a graph as one text, and back.</summary>
internal static class GraphStructureJson
{
    private const int MostText = 64 << 20;

    public static string Write(GraphStructure structure) => new JsonObject
    {
        ["name"] = structure.Name,
        ["input"] = Value(structure.Input),
        ["sides"] = new JsonArray([.. structure.Sides.Select(s => (JsonNode)new JsonObject { ["value"] = Value(s.Value), ["kind"] = s.Kind.ToString() })]),
        ["output"] = structure.Output,
        ["nodes"] = new JsonArray([.. structure.Nodes.Select(n => (JsonNode)new JsonArray(
            n.Operator, n.Name, new JsonArray([.. n.Inputs.Select(i => (JsonNode)i)]), new JsonArray([.. n.Outputs.Select(o => (JsonNode)o)]),
            new JsonObject(n.Attributes.Select(a => KeyValuePair.Create(a.Key, (JsonNode?)Attribute(a.Value))))))]),
        ["numbers"] = new JsonObject(structure.Numbers.Select(n => KeyValuePair.Create(n.Key, (JsonNode?)Tensor(n.Value)))),
        ["weights"] = new JsonArray([.. structure.Weights.Select(w => (JsonNode)new JsonObject
        {
            ["value"] = w.Value,
            ["layer"] = w.Layer,
            ["path"] = w.Path,
            ["sizes"] = List(w.Sizes),
            ["role"] = w.Role.ToString(),
            ["from"] = w.Origin.Tensor,
            ["turn"] = w.Origin.Turn is { } turn ? List(turn) : null,
            ["fill"] = w.Fill is { } fill ? Number(fill) : null,
        })]),
    }.ToJsonString();

    /// <summary>Reads a text that may have been damaged.</summary>
    /// <exception cref="FormatException">It is not what <see cref="Write"/> makes.</exception>
    public static GraphStructure Read(string text)
    {
        if (text.Length > MostText)
        {
            throw new FormatException("a structure longer than 64 MB");
        }

        try
        {
            JsonNode json = JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { MaxDepth = 16 })!;
            JsonArray nodes = json["nodes"]!.AsArray();
            if (nodes.Count > GraphStructure.MostNodes)
            {
                throw new FormatException("a structure of too many nodes");
            }

            JsonArray sides = json["sides"]?.AsArray() ?? [];
            var structure = new GraphStructure(
                json["name"]!.GetValue<string>(),
                ValueOf(json["input"]!),
                json["output"]!.GetValue<string>(),
                [.. nodes.Select(n => new GraphNode(
                    n![1]!.GetValue<string>(), n[0]!.GetValue<string>(), Texts(n[2]!), Texts(n[3]!), n[4]!.AsObject().ToDictionary(a => a.Key, a => Value(a.Value!), StringComparer.Ordinal)))],
                json["numbers"]!.AsObject().ToDictionary(n => n.Key, n => Tensor(n.Value!), StringComparer.Ordinal),
                [.. json["weights"]!.AsArray().Select(w => Weight(w!))],
                [.. sides.Select(s => new GraphSide(ValueOf(s!["value"]!), Kind(s["kind"]!)))]);
            Require(structure);
            return structure;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or KeyNotFoundException or ArgumentException or OverflowException or FormatException)
        {
            throw new FormatException($"a structure of a graph that is damaged: {e.Message.ReplaceLineEndings(" ").TrimEnd('.')}", e);
        }
    }

    // Values are known before they are taken, and no weight lies outside its layer.
    private static void Require(GraphStructure structure)
    {
        HashSet<string> known = ["", structure.Input.Name, .. structure.Sides.Select(s => s.Value.Name), .. structure.Numbers.Keys, .. structure.Weights.Select(w => w.Value)];
        foreach (GraphNode node in structure.Nodes)
        {
            if (!GraphOperator.Has(node.Operator) || node.Outputs.Count == 0 || !node.Inputs.All(known.Contains))
            {
                throw new FormatException($"node {node} cannot be run");
            }

            if (!node.Outputs.All(o => o.Length == 0 || known.Add(o)))
            {
                throw new FormatException($"node {node} gives a value that is there already");
            }
        }

        if (!known.Contains(structure.Output) || structure.Output.Length == 0
            || structure.Weights.Any(w => !w.Path.StartsWith(w.Layer + ".", StringComparison.Ordinal) || w.Layer.Length == 0 || w.Sizes.Count > 8 || w.Sizes.Any(s => s < 0))
            || structure.Weights.Select(w => w.Path).Distinct().Count() != structure.Weights.Count)
        {
            throw new FormatException("its output or its weights are missing");
        }
    }

    private static JsonObject Value(GraphValue value) =>
        new() { ["name"] = value.Name, ["sizes"] = value.Sizes is { } sizes ? List(sizes) : null, ["integer"] = value.IsInteger };

    private static GraphValue ValueOf(JsonNode json) =>
        new(json["name"]!.GetValue<string>(), json["sizes"] is { } sizes ? Ints(sizes) : null, json["integer"]!.GetValue<bool>());

    private static GraphSideKind Kind(JsonNode json) =>
        Enum.TryParse(json.GetValue<string>(), out GraphSideKind kind) && Enum.IsDefined(kind) ? kind : throw new FormatException("an unknown kind of input");

    private static GraphWeight Weight(JsonNode json) => new(
        json["value"]!.GetValue<string>(), json["layer"]!.GetValue<string>(), json["path"]!.GetValue<string>(), Ints(json["sizes"]!),
        Enum.TryParse(json["role"]!.GetValue<string>(), out GraphRole role) && Enum.IsDefined(role) ? role : throw new FormatException("an unknown role"),
        new WeightOrigin(json["from"]!.GetValue<string>(), json["turn"] is { } turn ? Ints(turn) : null), json["fill"] is { } fill ? Float(fill) : null);

    private static JsonObject Attribute(object value) => value switch
    {
        long i => new JsonObject { ["i"] = i },
        float f => new JsonObject { ["f"] = Number(f) },
        string s => new JsonObject { ["s"] = s },
        long[] list => new JsonObject { ["is"] = new JsonArray([.. list.Select(i => (JsonNode)i)]) },
        float[] list => new JsonObject { ["fs"] = new JsonArray([.. list.Select(Number)]) },
        string[] list => new JsonObject { ["ss"] = new JsonArray([.. list.Select(s => (JsonNode)s)]) },
        GraphTensor tensor => new JsonObject { ["t"] = Tensor(tensor) },
        _ => throw new InvalidOperationException($"GraphStructure: expected an attribute that can be written, got {value.GetType().Name}."),
    };

    private static object Value(JsonNode json)
    {
        (string kind, JsonNode? value) = json.AsObject().Single();
        return kind switch
        {
            "i" => value!.GetValue<long>(),
            "f" => Float(value!),
            "s" => value!.GetValue<string>(),
            "is" => value!.AsArray().Select(i => i!.GetValue<long>()).ToArray(),
            "fs" => value!.AsArray().Select(f => Float(f!)).ToArray(),
            "ss" => Texts(value!),
            "t" => Tensor(value!),
            _ => throw new FormatException($"an attribute of kind '{kind}'"),
        };
    }

    private static JsonObject Tensor(GraphTensor tensor) => tensor.Values is { } values
        ? new JsonObject { ["sizes"] = List(tensor.Sizes), ["f"] = new JsonArray([.. values.Select(Number)]) }
        : new JsonObject { ["sizes"] = List(tensor.Sizes), ["i"] = new JsonArray([.. tensor.Integers!.Select(i => (JsonNode)i)]) };

    private static GraphTensor Tensor(JsonNode json) => json["f"] is { } floats
        ? new GraphTensor(Ints(json["sizes"]!), floats.AsArray().Select(f => Float(f!)).ToArray())
        : new GraphTensor(Ints(json["sizes"]!), json["i"]!.AsArray().Select(i => i!.GetValue<long>()).ToArray());

    private static JsonArray List(IReadOnlyList<int> list) => new([.. list.Select(i => (JsonNode)i)]);

    private static int[] Ints(JsonNode json) => [.. json.AsArray().Select(i => i!.GetValue<int>())];

    private static string[] Texts(JsonNode json) => [.. json.AsArray().Select(s => s!.GetValue<string>())];

    // JSON has no word for infinity.
    private static JsonNode Number(float number) => float.IsFinite(number) ? number : number.ToString(CultureInfo.InvariantCulture);

    private static float Float(JsonNode json) =>
        json.GetValueKind() == JsonValueKind.String ? float.Parse(json.GetValue<string>(), CultureInfo.InvariantCulture) : json.GetValue<float>();
}
