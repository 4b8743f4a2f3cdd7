namespace Graft.Models.Graphs;

/// <summary>A value that goes into a graph or comes out.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="Sizes">The sizes of its axes; -1 for one that may have any size, such as the batch. Null where nothing is known.</param>
/// <param name="IsInteger">Whether it holds integers.</param>
public sealed record GraphValue(string Name, IReadOnlyList<int>? Sizes, bool IsInteger = false);

/// <summary>A network as a list of operators: what a file of another program says, or what a model of ours becomes for other programs.</summary>
/// <remarks>Operators are those of ONNX (opset 17) and nodes stand in an order in which they can be run. Readers of formats make graphs
/// and the writer takes them; nothing else knows the formats.</remarks>
/// <param name="Name">What it is called.</param>
/// <param name="Inputs">What goes in, without the constants.</param>
/// <param name="Outputs">What comes out, in order; at least one.</param>
/// <param name="Nodes">The operators, each after those whose values it takes.</param>
/// <param name="Constants">The weights and other constants, by name.</param>
public sealed record Graph(
    string Name, IReadOnlyList<GraphValue> Inputs, IReadOnlyList<GraphValue> Outputs, IReadOnlyList<GraphNode> Nodes, IReadOnlyDictionary<string, GraphTensor> Constants)
{
    /// <summary>What is said about it besides: labels, preprocessing, source.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({Nodes.Count} nodes)";
}
