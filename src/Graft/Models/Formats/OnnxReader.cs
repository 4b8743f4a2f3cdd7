using System.Globalization;
using System.Text;
using Graft.Models.Formats.Onnx;
using Graft.Models.Graphs;

namespace Graft.Models.Formats;

/// <summary>Makes a graph of a model's messages: constants apart from nodes, operators as version 17 has them.</summary>
/// <param name="model">The messages.</param>
/// <param name="version">Of the operators.</param>
/// <param name="data">Where its numbers lie.</param>
internal sealed class OnnxReader(ModelProto model, long version, OnnxData data)
{
    private readonly Dictionary<string, GraphTensor> _constants = new(StringComparer.Ordinal);
    private readonly List<GraphNode> _nodes = [];
    private readonly HashSet<string> _known = new(StringComparer.Ordinal) { "" };

    public Graph Read()
    {
        GraphProto graph = model.Graph;
        foreach (TensorProto tensor in graph.Initializer)
        {
            Know(tensor.Name);
            _constants.Add(tensor.Name, OnnxTensor.ToGraph(tensor, data));
        }

        List<GraphValue> inputs = [];
        foreach (ValueInfoProto input in graph.Input)
        {
            if (!_constants.ContainsKey(input.Name))
            {
                Know(input.Name);
                inputs.Add(Value(input));
            }
        }

        foreach (NodeProto node in graph.Node)
        {
            Add(node);
        }

        foreach (ValueInfoProto output in graph.Output)
        {
            if (output.Name.Length == 0 || !_known.Contains(output.Name))
            {
                throw Wrong($"an output that a node makes, got '{OnnxFile.Short(output.Name)}', which none does");
            }
        }

        return graph.Output.Count == 0
            ? throw Wrong("a graph with an output, got none")
            : new Graph(graph.Name, inputs, [.. graph.Output.Select(Value)], _nodes, _constants) { Metadata = Metadata() };
    }

    private Dictionary<string, string> Metadata()
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (StringStringEntryProto entry in model.MetadataProps)
        {
            all[entry.Key] = entry.Value;
        }

        return all;
    }

    private void Add(NodeProto message)
    {
        foreach (string input in message.Input)
        {
            if (!_known.Contains(input))
            {
                throw Wrong($"nodes in the order in which they can be run, got {OnnxFile.Short(message.OpType)} '{OnnxFile.Short(message.Name)}' before '{OnnxFile.Short(input)}', which it takes");
            }
        }

        if (message.Output.Count == 0)
        {
            throw Wrong($"nodes with an output, got {OnnxFile.Short(message.OpType)} '{OnnxFile.Short(message.Name)}' without one");
        }

        foreach (string output in message.Output)
        {
            if (output.Length > 0 || message.OpType == "Constant")
            {
                Know(output);
            }
        }

        string op = message.Domain is "" or "ai.onnx" ? message.OpType : $"{message.Domain}.{message.OpType}";
        var node = new GraphNode(message.Name, op, [.. message.Input], [.. message.Output], Attributes(message));
        if (op == "Constant")
        {
            _constants.Add(node.Outputs[0], Constant(node));
            return;
        }

        var upgrade = new OnnxUpgrade(node, version);
        IReadOnlyList<GraphNode> nodes = upgrade.Nodes();
        _nodes.AddRange(nodes);
        foreach (string output in nodes.SelectMany(n => n.Outputs).Except(node.Outputs))
        {
            Know(output);
        }

        foreach ((string name, GraphTensor tensor) in upgrade.Constants)
        {
            Know(name);
            _constants.Add(name, tensor);
        }
    }

    private GraphTensor Constant(GraphNode node) =>
        node.Attributes.GetValueOrDefault("value") is GraphTensor tensor ? tensor
        : node.Attributes.GetValueOrDefault("value_float") is float f ? new GraphTensor([], [f])
        : node.Attributes.GetValueOrDefault("value_int") is long i ? new GraphTensor([], [i])
        : node.Attributes.GetValueOrDefault("value_floats") is float[] floats ? new GraphTensor([floats.Length], floats)
        : node.Attributes.GetValueOrDefault("value_ints") is long[] integers ? new GraphTensor([integers.Length], integers)
        : throw Wrong($"a constant of numbers, got '{OnnxFile.Short(node.Name)}' without any");

    // Graphs inside nodes belong to operators that no reader here supports; the operator's name says so later.
    private Dictionary<string, object> Attributes(NodeProto message)
    {
        var all = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach (AttributeProto attribute in message.Attribute)
        {
            object? value = TypeOf(attribute) switch
            {
                AttributeProto.Types.AttributeType.Float => attribute.F,
                AttributeProto.Types.AttributeType.Int => attribute.I,
                AttributeProto.Types.AttributeType.String => attribute.S.ToStringUtf8(),
                AttributeProto.Types.AttributeType.Tensor when attribute.T is not null && OnnxTensor.TypeOf(attribute.T) is not null => OnnxTensor.ToGraph(attribute.T, data),
                AttributeProto.Types.AttributeType.Floats => attribute.Floats.ToArray(),
                AttributeProto.Types.AttributeType.Ints => attribute.Ints.ToArray(),
                AttributeProto.Types.AttributeType.Strings => attribute.Strings.Select(s => s.ToString(Encoding.UTF8)).ToArray(),
                _ => null,
            };
            if (value is not null)
            {
                all[attribute.Name] = value;
            }
        }

        return all;
    }

    private static AttributeProto.Types.AttributeType TypeOf(AttributeProto attribute) =>
        attribute.Type != AttributeProto.Types.AttributeType.Undefined ? attribute.Type
        : attribute.HasF ? AttributeProto.Types.AttributeType.Float
        : attribute.HasI ? AttributeProto.Types.AttributeType.Int
        : attribute.HasS ? AttributeProto.Types.AttributeType.String
        : attribute.T is not null ? AttributeProto.Types.AttributeType.Tensor
        : attribute.Floats.Count > 0 ? AttributeProto.Types.AttributeType.Floats
        : attribute.Strings.Count > 0 ? AttributeProto.Types.AttributeType.Strings
        : AttributeProto.Types.AttributeType.Ints;

    private GraphValue Value(ValueInfoProto value)
    {
        TypeProto.Types.Tensor? type = value.Type?.TensorType;
        int[]? sizes = type?.Shape is { } shape ? [.. shape.Dim.Select(d => d.DimValue is > 0 and <= int.MaxValue ? (int)d.DimValue : -1)] : null;
        return sizes is { Length: > 16 }
            ? throw Wrong(string.Create(CultureInfo.InvariantCulture, $"values of at most 16 axes, got '{OnnxFile.Short(value.Name)}' of {sizes.Length}"))
            : new GraphValue(value.Name, sizes, type is not null && OnnxTensor.IsInteger(type.ElemType));
    }

    private void Know(string name)
    {
        if (!_known.Add(name))
        {
            throw Wrong(name.Length == 0 ? "constants with names, got one without" : $"values with distinct names, got '{OnnxFile.Short(name)}' twice");
        }
    }

    private GraftInputException Wrong(string expectation) => new(data.Shown, $"onnx: expected {expectation}.");
}
