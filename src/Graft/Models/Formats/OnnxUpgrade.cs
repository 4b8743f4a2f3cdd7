using Graft.Models.Graphs;

namespace Graft.Models.Formats;

/// <summary>A node of an older version of the operators as version 17 says the same.</summary>
/// <remarks>What used to be attributes are inputs since, and become constants; Softmax over all axes behind one is written out.</remarks>
internal sealed class OnnxUpgrade(GraphNode node, long version)
{
    private readonly Dictionary<string, GraphTensor> _constants = new(StringComparer.Ordinal);

    /// <summary>Constants that the nodes take besides, by name.</summary>
    public IReadOnlyDictionary<string, GraphTensor> Constants => _constants;

    /// <summary>The nodes; made once.</summary>
    public IReadOnlyList<GraphNode> Nodes() => node.Operator switch
    {
        _ when node.Inputs.Count == 0 => [node],
        "Dropout" when version < 12 => [With([node.Inputs[0], Numbers("ratio", [node.Number("ratio", 0.5f)], isList: false)])],
        "Clip" when version < 11 => [With([node.Inputs[0], Optional("min"), Optional("max")])],
        "Squeeze" or "Unsqueeze" or "ReduceSum" when version < 13 => [With([node.Inputs[0], Integers("axes")], "keepdims")],
        "Split" when version < 13 => [With([node.Inputs[0], Integers("split")], "axis")],
        "Slice" when version < 10 => [With([node.Inputs[0], Integers("starts"), Integers("ends"), Integers("axes")])],
        "Pad" when version < 11 => [With([node.Inputs[0], Integers("pads"), Numbers("value", [node.Number("value", 0)], isList: false)], "mode")],
        "Upsample" => [Resize(node.Inputs.Count > 1 ? node.Inputs[1] : Numbers("scales", node.Numbers("scales") ?? [], isList: true))],
        "Resize" when version < 11 => [Resize(node.Inputs[^1])],
        "Softmax" or "LogSoftmax" when version < 13 => Softmax(),
        _ => [node],
    };

    private GraphNode With(IReadOnlyList<string> inputs, params ReadOnlySpan<string> attributes)
    {
        var kept = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach (string name in attributes)
        {
            if (node.Attributes.TryGetValue(name, out object? value))
            {
                kept[name] = value;
            }
        }

        return node with { Inputs = inputs, Attributes = kept };
    }

    private GraphNode Resize(string scales) => new(node.Name, "Resize", [node.Inputs[0], "", scales], node.Outputs, new Dictionary<string, object>(StringComparer.Ordinal)
    {
        ["mode"] = node.Text("mode", "nearest"),
        ["coordinate_transformation_mode"] = "asymmetric",
        ["nearest_mode"] = "floor",
    });

    // All axes from the given one on count as one.
    private GraphNode[] Softmax()
    {
        string x = node.Inputs[0], y = node.Outputs[0];
        return
        [
            new GraphNode("Shape", [x], y + ".shape"),
            new GraphNode("Flatten", [x], y + ".flat", new Dictionary<string, object>(StringComparer.Ordinal) { ["axis"] = node.Integer("axis", 1) }),
            new GraphNode(node.Name, node.Operator, [y + ".flat"], [y + ".rows"], new Dictionary<string, object>(StringComparer.Ordinal) { ["axis"] = -1L }),
            new GraphNode("Reshape", [y + ".rows", y + ".shape"], y),
        ];
    }

    private string Optional(string attribute) => node.Attributes.ContainsKey(attribute) ? Numbers(attribute, [node.Number(attribute, 0)], isList: false) : "";

    private string Integers(string attribute) => node.Integers(attribute) is { } list ? Constant(attribute, new GraphTensor([list.Length], list)) : "";

    private string Numbers(string attribute, float[] values, bool isList) => Constant(attribute, new GraphTensor(isList ? [values.Length] : [], values));

    private string Constant(string attribute, GraphTensor tensor)
    {
        string name = $"{node.Outputs[0]}.{attribute}";
        _constants[name] = tensor;
        return name;
    }
}
