using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

/// <summary>What a constant of a graph is to the node that takes it.</summary>
internal enum GraphRole
{
    /// <summary>A number of the structure, not learned.</summary>
    Number,

    /// <summary>Learned; as weights of layers begin.</summary>
    Weight,

    /// <summary>Learned; begins with ones.</summary>
    Scale,

    /// <summary>Learned; begins with zeros.</summary>
    Shift,

    /// <summary>A running mean.</summary>
    Mean,

    /// <summary>A running variance.</summary>
    Variance,
}

/// <summary>The name of an operator that a class runs.</summary>
/// <param name="name">As in the ONNX standard.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
internal sealed class OperatorAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}

/// <summary>Runs one node of a graph. Its attributes are read once, in the constructor; found by its <see cref="OperatorAttribute"/>.</summary>
/// <remarks>Before a graph runs it is traced for a few sizes of the batch: then only the shape of a result matters, and operators that compute much give zeros
/// that take no memory.</remarks>
/// <param name="node">The node.</param>
internal abstract class GraphOperator(GraphNode node)
{
    private static readonly Dictionary<string, ConstructorInfo> Known = Find();

    /// <summary>The node.</summary>
    public GraphNode Node { get; } = node;

    /// <summary>Whether negative results become 0; set where a ReLU follows and <see cref="TakesRelu"/>.</summary>
    public bool Relu { get; set; }

    /// <summary>Whether it can do that in the same pass.</summary>
    public virtual bool TakesRelu => false;

    /// <summary>Whether there is one for a name.</summary>
    public static bool Has(string op) => Known.ContainsKey(op);

    /// <summary>Makes the operator of a node.</summary>
    /// <exception cref="GraftInputException">An attribute is wrong.</exception>
    public static GraphOperator For(GraphNode node)
    {
        try
        {
            return (GraphOperator)Known[node.Operator].Invoke([node]);
        }
        catch (TargetInvocationException e) when (e.InnerException is GraftInputException inner)
        {
            throw inner;
        }
        catch (TargetInvocationException e)
        {
            throw new GraftInputException("", $"{node.Operator} '{node.Name}': expected attributes that fit, got others: {e.InnerException!.Message.ReplaceLineEndings(" ")}", inner: e);
        }
    }

    /// <summary>What a floating point constant is that comes as one of its inputs.</summary>
    /// <param name="input">Which; from 0.</param>
    /// <param name="count">Its numbers.</param>
    public virtual GraphRole RoleOf(int input, int count) => GraphRole.Number;

    /// <summary>Corrects inputs that a file has for one size of the batch only.</summary>
    /// <param name="lanes">The inputs for each of the sizes.</param>
    /// <returns>The replaced input and its numbers for each size; null where nothing is to be corrected.</returns>
    public virtual (int Input, GraphNumbers[] Lanes)? Adapt(IReadOnlyList<OperatorInputs> lanes) => null;

    /// <summary>The result, where there is one.</summary>
    public abstract GraphData Run(OperatorInputs x);

    /// <summary>All results.</summary>
    public virtual void Run(OperatorInputs x, Span<GraphData> outputs) => outputs[0] = Run(x);

    /// <summary>One of so many axes, counted from the last one where it is negative.</summary>
    protected int Axis(long axis, int rank) => Within(axis, rank, "an axis");

    /// <summary>One of so many places, counted from the last one where it is negative.</summary>
    protected int Place(long place, int size) => Within(place, size, "a place");

    private int Within(long place, int size, string what) =>
        place >= -(long)size && place < size ? (int)(place < 0 ? place + size : place)
        : throw Unsupported(size > 0 ? FormattableString.Invariant($"{what} from {-size} to {size - 1}") : $"something that has {what}", FormattableString.Invariant($"{place}"));

    /// <summary>Something that this node does not support.</summary>
    protected GraftInputException Unsupported(string expected, string actual) => new("", $"{Node.Operator} '{Node.Name}': expected {expected}, got {actual}.");

    [UnconditionalSuppressMessage(Trimming.Category, "IL2026", Justification = Trimming.OwnClasses)]
    [UnconditionalSuppressMessage(Trimming.Category, "IL2070", Justification = Trimming.OwnClasses)]
    private static Dictionary<string, ConstructorInfo> Find() => typeof(GraphOperator).Assembly.GetTypes()
        .SelectMany(t => t.GetCustomAttributes<OperatorAttribute>().Select(a => (a.Name, Constructor: t.GetConstructor([typeof(GraphNode)])!)))
        .ToDictionary(o => o.Name, o => o.Constructor, StringComparer.Ordinal);
}

/// <summary>What a node is given when it runs.</summary>
/// <param name="values">All values of the graph.</param>
/// <param name="slots">Where the node's inputs stand in them; -1 for one that is left out.</param>
/// <param name="isTracing">Whether only shapes matter.</param>
/// <param name="layer">The layer with the node's weights, or null.</param>
internal sealed class OperatorInputs(GraphData[] values, int[] slots, bool isTracing, GraphLayer? layer, GraphNode node)
{
    /// <summary>Whether only the shape of the result matters.</summary>
    public bool IsTracing => isTracing;

    /// <summary>The layer with the node's weights, or null.</summary>
    public GraphLayer? Layer => layer;

    /// <summary>Number of inputs, with those left out.</summary>
    public int Count => slots.Length;

    /// <summary>Whether all inputs are numbers known before.</summary>
    public bool AreNumbers => slots.All(s => s < 0 || values[s].Numbers is not null);

    /// <summary>An input as a tensor.</summary>
    public Tensor this[int i] => Optional(i) ?? throw new GraftInputException("", $"{node.Operator} '{node.Name}': expected at least {i + 1} inputs, got {slots.Length}.");

    /// <summary>Whether an input is there.</summary>
    public bool Has(int i) => i < slots.Length && slots[i] >= 0;

    /// <summary>An input as it is.</summary>
    public GraphData Data(int i) => Has(i) ? values[slots[i]] : throw new GraftInputException("", $"{node.Operator} '{node.Name}': expected at least {i + 1} inputs, got {slots.Length}.");

    /// <summary>An input as a tensor, or null where it is left out.</summary>
    public Tensor? Optional(int i) => !Has(i) ? null : values[slots[i]] is { Tensor: { } tensor } ? tensor : values[slots[i]].Numbers?.Tensor;

    /// <summary>An input as numbers, or null where it is left out.</summary>
    /// <exception cref="GraftInputException">It is computed while the graph runs.</exception>
    public GraphNumbers? Numbers(int i) => !Has(i) ? null
        : values[slots[i]].Numbers ?? throw new GraftInputException("", $"{node.Operator} '{node.Name}': expected input {i} to be known before the graph runs, got a computed one.");

    /// <summary>The only number of an input, or null where it is left out.</summary>
    public double? Number(int i) => Numbers(i) is { Count: > 0 } numbers ? numbers.Values[0] : null;

    /// <summary>A tensor with other axes; one size may be -1.</summary>
    public Tensor Reshaped(Tensor tensor, params ReadOnlySpan<int> sizes)
    {
        if (!IsTracing)
        {
            return tensor.Reshape(sizes);
        }

        long known = 1;
        foreach (int size in sizes)
        {
            known *= size == -1 ? 1 : size;
        }

        int[] whole = [.. sizes.ToArray().Select(s => s != -1 ? s : known > 0 ? (int)(tensor.Count / known) : 0)];
        return whole.Aggregate(1L, (a, b) => a * b) == tensor.Count ? Zeros(whole) : throw new ShapeException("Reshape", $"{tensor.Count} elements", $"[{string.Join(", ", whole)}]");
    }

    /// <summary>Zeros that take no memory, for tracing.</summary>
    public static Tensor Zeros(params ReadOnlySpan<int> sizes) => Tensor.Zero.Expand(sizes);
}
