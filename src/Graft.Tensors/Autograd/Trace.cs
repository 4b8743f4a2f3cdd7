namespace Graft.Tensors.Autograd;

/// <summary>One op as it ran.</summary>
/// <param name="Name">The op's name, such as "Conv2d".</param>
/// <param name="Operands">Places among <see cref="Trace.Values"/> of what it read; -1 for one that was left out.</param>
/// <param name="Results">Places among <see cref="Trace.Values"/> of what it gave.</param>
/// <param name="Attributes">What else it was told, by name: int, float, bool, int[] or <see cref="Pair"/>.</param>
public sealed record TracedOperation(string Name, IReadOnlyList<int> Operands, IReadOnlyList<int> Results, IReadOnlyDictionary<string, object> Attributes)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name}({string.Join(", ", Operands)}) -> {string.Join(", ", Results)}";
}

/// <summary>Lists every op that runs on this thread from its opening until it is disposed: what a computation consists of, whether gradients are wanted or not.</summary>
/// <remarks>
/// <para>An op tells of itself in its own file. Views count as ops; what an op does inside itself, such as copying an operand into another layout, is told as
/// well, so that every result can be followed back to tensors that were there before: inputs, parameters and constants.</para>
/// <para>Cost while none is open: one look at a field for each op. Tensors of the computation must not be taken back before they were looked at:
/// no optimizer steps and no scope ends while it is open.</para>
/// </remarks>
/// <example><code>
/// using var trace = new Trace();
/// Tensor y = model.Forward(x);
/// foreach (TracedOperation operation in trace.Operations) { ... }
/// </code></example>
public sealed class Trace : IDisposable
{
    private static readonly Dictionary<string, object> None = [];

    private readonly Tape _tape = Tape.Current;
    private readonly Trace? _outer;
    private readonly long _begin;
    private readonly Dictionary<Node, int> _places = [];
    private readonly List<Tensor> _values = [];
    private readonly List<TracedOperation> _operations = [];

    /// <summary>Opens a trace on this thread. One that is open already hears nothing until this one is disposed.</summary>
    public Trace()
    {
        _outer = _tape.Trace;
        _begin = _tape.Order;
        _tape.Trace = this;
    }

    /// <summary>The ops in the order in which they ran.</summary>
    public IReadOnlyList<TracedOperation> Operations => _operations;

    /// <summary>Every tensor that took part, in the order in which they were first seen.</summary>
    public IReadOnlyList<Tensor> Values => _values;

    /// <summary>The place of a tensor among <see cref="Values"/>; one that was not seen yet is added.</summary>
    public int PlaceOf(Tensor tensor) => Place(tensor.Node);

    /// <summary>Ends it; what was listed stays.</summary>
    public void Dispose()
    {
        if (_tape.Trace == this)
        {
            _tape.Trace = _outer;
        }
    }

    /// <summary>An op tells that it ran.</summary>
    internal void Note(string name, Node result, ReadOnlySpan<Node?> operands, params ReadOnlySpan<(string Name, object Value)> attributes) =>
        Note(name, (ReadOnlySpan<Node>)[result], operands, attributes);

    /// <summary>An op of several results tells that it ran.</summary>
    internal void Note(string name, ReadOnlySpan<Node> results, ReadOnlySpan<Node?> operands, params ReadOnlySpan<(string Name, object Value)> attributes)
    {
        var from = new int[operands.Length];
        for (int i = 0; i < from.Length; i++)
        {
            from[i] = operands[i] is { } operand ? Known(operand, name) : -1;
        }

        var to = new int[results.Length];
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = Place(results[i]);
        }

        Dictionary<string, object> told = None;
        if (attributes.Length > 0)
        {
            told = [];
            foreach ((string key, object value) in attributes)
            {
                told[key] = value;
            }
        }

        _operations.Add(new TracedOperation(name, from, to, told));
    }

    // What an op reads was there before, or an op told of it.
    private int Known(Node node, string reader)
    {
        bool isMade = node.Order > _begin && (node.A is not null || node.MoreCount > 0);
        return !isMade || IsSeen(node) ? Place(node) : throw new InvalidOperationException(
            $"Trace: expected ops that tell what they do, got a tensor {node.Shape} of one that does not, read by {reader}. Losses and ops of training cannot be traced.");
    }

    private bool IsSeen(Node node) => _places.TryGetValue(node, out int place) && !_values[place].IsStale;

    private int Place(Node node)
    {
        if (IsSeen(node))
        {
            return _places[node];
        }

        _places[node] = _values.Count;
        _values.Add(new Tensor(node));
        return _values.Count - 1;
    }
}
