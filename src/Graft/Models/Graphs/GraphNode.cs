namespace Graft.Models.Graphs;

/// <summary>One operator of a graph. What it does is what the ONNX standard says of its name (opset 17).</summary>
/// <param name="Name">Its own name in the graph; may be empty.</param>
/// <param name="Operator">The operator: "Conv", "Gemm", "Relu" ...</param>
/// <param name="Inputs">Names of values, in the operator's order; empty for one that is left out.</param>
/// <param name="Outputs">Names of what it gives, in the operator's order; at least one.</param>
/// <param name="Attributes">Its attributes by name: long, float, string, long[], float[], string[] or <see cref="GraphTensor"/>.</param>
public sealed record GraphNode(string Name, string Operator, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs, IReadOnlyDictionary<string, object> Attributes)
{
    private static readonly Dictionary<string, object> None = [];

    /// <summary>A node without attributes and without a name of its own.</summary>
    /// <param name="op">The operator.</param>
    /// <param name="inputs">Names of values.</param>
    /// <param name="output">What it gives.</param>
    /// <param name="attributes">Its attributes; null for none.</param>
    public GraphNode(string op, IReadOnlyList<string> inputs, string output, IReadOnlyDictionary<string, object>? attributes = null)
        : this(output, op, inputs, [output], attributes ?? None)
    {
    }

    /// <summary>An integer attribute.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="otherwise">What holds where it is left out.</param>
    /// <exception cref="GraftInputException">It is no integer.</exception>
    public long Integer(string name, long otherwise) => Get(name, otherwise);

    /// <summary>A floating point attribute.</summary>
    /// <inheritdoc cref="Integer"/>
    public float Number(string name, float otherwise) => Get(name, otherwise);

    /// <summary>A text attribute.</summary>
    /// <inheritdoc cref="Integer"/>
    public string Text(string name, string otherwise) => Get(name, otherwise);

    /// <summary>A list of integers, or null where it is left out.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="GraftInputException">It is no list of integers.</exception>
    public long[]? Integers(string name) => Get<long[]?>(name, null);

    /// <summary>A list of numbers, or null where it is left out.</summary>
    /// <inheritdoc cref="Integers"/>
    public float[]? Numbers(string name) => Get<float[]?>(name, null);

    /// <summary>A list of texts, or null where it is left out.</summary>
    /// <inheritdoc cref="Integers"/>
    public string[]? Texts(string name) => Get<string[]?>(name, null);

    /// <summary>A tensor, or null where it is left out.</summary>
    /// <inheritdoc cref="Integers"/>
    public GraphTensor? Tensor(string name) => Get<GraphTensor?>(name, null);

    /// <inheritdoc/>
    public override string ToString() => $"{Operator}({string.Join(", ", Inputs)}) -> {string.Join(", ", Outputs)}";

    private T Get<T>(string name, T otherwise) => !Attributes.TryGetValue(name, out object? value) ? otherwise
        : value is T right ? right
        : throw new GraftInputException("", $"{Operator} '{Name}': expected attribute '{name}' of another type, got {value.GetType().Name}.");
}
