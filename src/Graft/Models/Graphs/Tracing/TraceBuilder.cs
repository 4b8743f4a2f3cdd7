using System.Globalization;
using Graft.Tensors;

namespace Graft.Models.Graphs.Tracing;

/// <summary>The size of an axis: a number, or so many times the rows of the batch.</summary>
/// <param name="Count">The size, or how many times the rows.</param>
/// <param name="IsBatch">Whether it grows with the batch.</param>
internal readonly record struct TraceSize(int Count, bool IsBatch)
{
    /// <summary>The size as shapes of ONNX say it: -1 for one that is open.</summary>
    public int OrOpen => IsBatch ? -1 : Count;
}

/// <summary>Collects the operators of a graph: names of values, constants, and shapes that grow with the batch.</summary>
/// <remarks>Apart, equal numbers are never shared: then the traces of one network for other numbers of steps have the same nodes.</remarks>
internal sealed class TraceBuilder(string graph, IReadOnlyList<Tensor> few, int fewRows, IReadOnlyList<Tensor> many, int manyRows, bool isApart = false)
{
    private readonly string?[] _names = new string?[few.Count];
    private readonly bool[] _isLive = new bool[few.Count];
    private readonly string?[] _hints = new string?[few.Count];
    private readonly List<GraphValue> _inputs = [];
    private readonly List<GraphNode> _nodes = [];
    private readonly Dictionary<string, GraphTensor> _constants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _known = new(StringComparer.Ordinal);
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);
    private string? _batch;

    /// <summary>Integers that were converted to floating point numbers, by the name of the latter.</summary>
    public Dictionary<string, string> IntegersOf { get; } = new(StringComparer.Ordinal);

    /// <summary>What is said where something cannot be written as a graph.</summary>
    public static GraftInputException Refused(string graph, string expected, string actual) =>
        new("", $"Export of {graph}: expected {expected}, got {actual}.");

    public GraftInputException Refused(string expected, string actual) => Refused(graph, expected, actual);

    /// <summary>Keeps the names of outputs free of all others.</summary>
    public void Reserve(IEnumerable<string> outputs)
    {
        foreach (string output in outputs)
        {
            _taken.Add(output);
        }
    }

    public void AddInput(int place, string name)
    {
        _names[place] = Free(name);
        _isLive[place] = true;
        _inputs.Add(new GraphValue(_names[place]!, [.. Sizes(place).Select(s => s.OrOpen)], few[place].ElementType == ElementType.Int32));
    }

    public void AddParameter(int place, string path) => _hints[place] = path;

    /// <summary>Whether a value depends on the inputs; -1 does not.</summary>
    public bool IsLive(int place) => place >= 0 && _isLive[place];

    /// <summary>The sizes of a value's axes.</summary>
    public TraceSize[] Sizes(int place)
    {
        Shape a = few[place].Shape, b = many[place].Shape;
        var sizes = new TraceSize[a.Rank];
        for (int i = 0; i < sizes.Length; i++)
        {
            sizes[i] = b.Rank == a.Rank ? Size(a[i], b[i]) : throw Refused("the same axes for any number of rows", $"{a} and {b}");
        }

        return sizes;
    }

    /// <summary>A size or a place along an axis, from what it is for few rows and for many.</summary>
    public TraceSize Size(int forFew, int forMany) => forFew == forMany ? new TraceSize(forFew, false)
        : (long)forFew * manyRows == (long)forMany * fewRows && forFew % fewRows == 0 ? new TraceSize(forFew / fewRows, true)
        : throw Refused("sizes that stay or grow with the batch", string.Create(CultureInfo.InvariantCulture, $"{forFew} for {fewRows} rows and {forMany} for {manyRows}"));

    /// <summary>The name of a value; one that depends on no input becomes a constant.</summary>
    public string NameOf(int place) => _names[place] ??= _isLive[place]
        ? throw new InvalidOperationException("TraceBuilder: expected a value that was computed before, got one that was not.")
        : ConstantOf(place);

    /// <summary>The numbers of a value that depends on no input and not on the batch.</summary>
    public GraphTensor Numbers(int place)
    {
        // A parameter is one tensor in both runs.
        GraphTensor numbers = Of(few[place]);
        if (few[place].Shape != many[place].Shape || (!ReferenceEquals(few[place].Node, many[place].Node) && !Same(numbers, Of(many[place]))))
        {
            throw Refused("constants that do not depend on the rows", $"different ones for {fewRows} and {manyRows} rows. The network computes numbers outside of its ops");
        }

        return numbers;
    }

    /// <summary>What a constant is called that is made of a value: by its path, where it has one.</summary>
    public string HintOf(int place, string suffix) => (_hints[place] ?? "constant") + "." + suffix;

    /// <summary>Says that a value is called like another, because it is the same.</summary>
    public void Alias(int place, int source)
    {
        _isLive[place] = IsLive(source);
        _names[place] = _isLive[place] ? NameOf(source) : null;
        _hints[place] = _hints[source];
    }

    public void Set(int place, string name)
    {
        _isLive[place] = true;
        _names[place] = name;
    }

    /// <summary>Remembers what a constant is made of, for its name.</summary>
    public void Derive(int place, int source, string how)
    {
        if (source >= 0 && _hints[source] is { } hint)
        {
            _hints[place] = $"{hint}.{how}";
        }
    }

    /// <summary>Adds an operator with one result.</summary>
    /// <returns>The name of the result.</returns>
    public string Add(string op, IReadOnlyList<string> inputs, params (string Name, object Value)[] attributes)
    {
        string name = Free(op.ToLowerInvariant());
        AddNode(op, inputs, [name], attributes);
        return name;
    }

    /// <summary>Adds an operator with several results.</summary>
    public string[] AddMany(string op, IReadOnlyList<string> inputs, int results, params (string Name, object Value)[] attributes)
    {
        string[] names = [.. Enumerable.Range(0, results).Select(_ => Free(op.ToLowerInvariant()))];
        AddNode(op, inputs, names, attributes);
        return names;
    }

    /// <summary>A constant under a name, or under another where that is taken.</summary>
    public string Constant(string name, GraphTensor numbers)
    {
        name = Free(name);
        _constants[name] = numbers;
        return name;
    }

    /// <summary>A constant that is made of a value, once for all who ask for it.</summary>
    public string Constant(int place, string suffix, Func<GraphTensor, GraphTensor> make)
    {
        string key = string.Create(CultureInfo.InvariantCulture, $"{suffix} of {place}");
        return _known.TryGetValue(key, out string? name) ? name : _known[key] = Constant(HintOf(place, suffix), make(Numbers(place)));
    }

    /// <summary>One number.</summary>
    public string Number(float value)
    {
        string key = value.ToString("R", CultureInfo.InvariantCulture);
        return !isApart && _known.TryGetValue(key, out string? name) ? name : _known[key] = Constant("number", new GraphTensor([], [value]));
    }

    /// <summary>The same number many times.</summary>
    public string Vector(int count, float value)
    {
        string key = string.Create(CultureInfo.InvariantCulture, $"{count} x {value:R}");
        return !isApart && _known.TryGetValue(key, out string? name) ? name : _known[key] = Constant(value == 0 ? "zeros" : "ones", new GraphTensor([count], Enumerable.Repeat(value, count).ToArray()));
    }

    /// <summary>A list of integers.</summary>
    public string Integers(params long[] values)
    {
        string key = $"[{string.Join(", ", values)}]";
        return !isApart && _known.TryGetValue(key, out string? name) ? name : _known[key] = Constant("integers", new GraphTensor([values.Length], values));
    }

    /// <summary>A list of sizes, of which those that grow with the batch are computed.</summary>
    public string Shape(IReadOnlyList<TraceSize> sizes)
    {
        if (sizes.All(s => !s.IsBatch))
        {
            return Integers([.. sizes.Select(s => (long)s.Count)]);
        }

        string key = $"[{string.Join(", ", sizes)}]";
        if (isApart || !_known.TryGetValue(key, out string? name))
        {
            string[] parts = [.. sizes.Select(s => s.IsBatch ? Rows(s.Count) : Integers(s.Count))];
            _known[key] = name = parts.Length == 1 ? parts[0] : Add("Concat", parts, ("axis", 0L));
        }

        return name;
    }

    /// <summary>The graph, without what no output needs.</summary>
    public Graph Build(IReadOnlyList<(int Place, string Name)> outputs)
    {
        var values = new List<GraphValue>();
        var renamed = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((int place, string wanted) in outputs)
        {
            string from = NameOf(place), name = values.Exists(v => v.Name == wanted) ? Free(wanted) : wanted;
            if (renamed.ContainsKey(from) || !_nodes.Exists(n => n.Outputs.Contains(from)))
            {
                AddNode("Identity", [from], [name]);
            }
            else
            {
                renamed[from] = name;
            }

            values.Add(new GraphValue(name, [.. Sizes(place).Select(s => s.OrOpen)], few[place].ElementType == ElementType.Int32));
        }

        string New(string name) => renamed.GetValueOrDefault(name, name);
        var needed = new HashSet<string>(values.Select(v => v.Name), StringComparer.Ordinal);
        var kept = new List<GraphNode>();
        for (int i = _nodes.Count - 1; i >= 0; i--)
        {
            GraphNode node = _nodes[i];
            node = new GraphNode(New(node.Name), node.Operator, [.. node.Inputs.Select(New)], [.. node.Outputs.Select(New)], node.Attributes);
            if (node.Outputs.Any(needed.Contains))
            {
                kept.Add(node);
                needed.UnionWith(node.Inputs);
            }
        }

        kept.Reverse();
        GraphValue[] inputs = [.. _inputs.Where((input, i) => i == 0 || needed.Contains(input.Name))];
        return new Graph(graph, inputs, values, kept, _constants.Where(c => needed.Contains(c.Key)).ToDictionary(c => c.Key, c => c.Value, StringComparer.Ordinal));
    }

    private void AddNode(string op, IReadOnlyList<string> inputs, string[] outputs, params (string Name, object Value)[] attributes) =>
        _nodes.Add(new GraphNode(outputs[0], op, inputs, outputs, attributes.ToDictionary(a => a.Name, a => a.Value, StringComparer.Ordinal)));

    // A constant whose numbers are the same in every row is kept once and stretched to the batch.
    private string ConstantOf(int place)
    {
        TraceSize[] sizes = Sizes(place);
        int axis = Array.FindIndex(sizes, s => s.IsBatch);
        if (axis < 0)
        {
            return Constant(_hints[place] ?? "constant", Numbers(place));
        }

        Tensor one = few[place].Slice(axis, 0, 1);
        GraphTensor numbers = Of(one);
        foreach (Tensor all in (Tensor[])[few[place], many[place]])
        {
            for (int i = 0; i < all.Shape[axis]; i++)
            {
                if (!Same(numbers, Of(all.Slice(axis, i, 1))))
                {
                    throw Refused("constants that are the same in every row", $"{few[place].Shape} with other numbers in other rows. The network computes numbers outside of its ops");
                }
            }
        }

        return Add("Expand", [Constant(_hints[place] ?? "constant", numbers), Shape(sizes)]);
    }

    // So many times the rows of the batch, as a list of one.
    private string Rows(int times)
    {
        if (_batch is null)
        {
            int axis = _inputs[0].Sizes!.ToList().IndexOf(-1);
            string shape = Add("Shape", [_inputs[0].Name]);
            _batch = Add("Gather", [shape, Integers(axis)], ("axis", 0L));
        }

        string key = string.Create(CultureInfo.InvariantCulture, $"{times} x rows");
        return times == 1 ? _batch : !isApart && _known.TryGetValue(key, out string? name) ? name : _known[key] = Add("Mul", [_batch, Integers(times)]);
    }

    private string Free(string wanted)
    {
        string name = wanted;
        for (int i = 1; !_taken.Add(name); i++)
        {
            name = string.Create(CultureInfo.InvariantCulture, $"{wanted}_{i}");
        }

        return name;
    }

    private static GraphTensor Of(Tensor tensor)
    {
        int[] sizes = tensor.Shape.Sizes.ToArray();
        return tensor.ElementType == ElementType.Int32
            ? new GraphTensor(sizes, Array.ConvertAll(tensor.ToIntArray(), i => (long)i))
            : new GraphTensor(sizes, tensor.ToArray());
    }

    private static bool Same(GraphTensor a, GraphTensor b) => a.Values is { } values
        ? values.AsSpan().SequenceEqual(b.Values, EqualityComparer<float>.Default)
        : a.Integers.AsSpan().SequenceEqual(b.Integers);
}
