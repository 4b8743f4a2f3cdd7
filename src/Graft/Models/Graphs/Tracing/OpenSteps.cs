using System.Globalization;

namespace Graft.Models.Graphs.Tracing;

/// <summary>Puts traces of one network for several numbers of steps together to a graph of any number of them.</summary>
/// <remarks>Their nodes are the same, one by one. Where constants differ they grow with the steps: integers are a multiple of them and a number, computed from the shape of the first
/// input; of larger ones, such as embeddings of places, as much is taken as there are steps, so that these can be no more than in the longest trace. What else differs cannot be said
/// so. Three numbers of steps tell a straight line from what a stride makes of it.</remarks>
internal sealed class OpenSteps
{
    private const int MostMultiple = 1 << 20;

    private readonly IReadOnlyList<Graph> _graphs;
    private readonly IReadOnlyList<int> _steps;
    private readonly HashSet<string> _taken;
    private readonly List<GraphNode> _before = [];
    private readonly Dictionary<string, GraphTensor> _constants;
    private readonly Dictionary<string, string> _made = new(StringComparer.Ordinal);

    private OpenSteps(IReadOnlyList<Graph> graphs, IReadOnlyList<int> steps)
    {
        _graphs = graphs;
        _steps = steps;
        _constants = new(graphs[0].Constants, StringComparer.Ordinal);
        _taken = [.. _constants.Keys, .. graphs[0].Inputs.Select(i => i.Name), .. graphs[0].Nodes.SelectMany(n => n.Outputs)];
    }

    /// <summary>The graph for any number of steps, or null where the traces differ otherwise.</summary>
    /// <param name="graphs">The traces, that of most steps first; each constant and each list of sizes has a name of its own.</param>
    /// <param name="steps">How many steps the first input of each has, along axis 1.</param>
    public static Graph? Join(IReadOnlyList<Graph> graphs, IReadOnlyList<int> steps) => new OpenSteps(graphs, steps).Join();

    /// <summary>A graph in which nothing is computed or kept twice.</summary>
    public static Graph Shared(Graph graph)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        var known = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach ((string name, GraphTensor tensor) in graph.Constants.Where(c => c.Value.Integers is { Length: <= 16 } || c.Value is { Count: 1, Sizes.Count: 0 }))
        {
            string key = Text(tensor);
            if (!known.TryAdd(key, [name]))
            {
                names[name] = known[key][0];
            }
        }

        HashSet<string> outputs = [.. graph.Outputs.Select(o => o.Name)];
        var nodes = new List<GraphNode>();
        foreach (GraphNode node in graph.Nodes)
        {
            string[] inputs = [.. node.Inputs.Select(i => names.GetValueOrDefault(i, i))];
            string key = $"{node.Operator}({string.Join(", ", inputs)}) {string.Join(", ", node.Attributes.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => $"{a.Key}: {Text(a.Value)}"))}";
            if (!node.Outputs.Any(outputs.Contains) && known.TryGetValue(key, out string[]? same) && same.Length == node.Outputs.Count)
            {
                for (int i = 0; i < same.Length; i++)
                {
                    names[node.Outputs[i]] = same[i];
                }
            }
            else
            {
                known.TryAdd(key, [.. node.Outputs]);
                nodes.Add(node with { Inputs = inputs });
            }
        }

        HashSet<string> used = [.. nodes.SelectMany(n => n.Inputs)];
        return graph with { Nodes = nodes, Constants = graph.Constants.Where(c => used.Contains(c.Key)).ToDictionary(c => c.Key, c => c.Value, StringComparer.Ordinal) };
    }

    private Graph? Join()
    {
        Graph longest = _graphs[0];
        if (_graphs.Any(g => g.Nodes.Count != longest.Nodes.Count || g.Inputs.Count != longest.Inputs.Count || g.Outputs.Count != longest.Outputs.Count))
        {
            return null;
        }

        var names = _graphs.Select(g => g.Inputs.Select((input, i) => (input.Name, To: longest.Inputs[i].Name)).ToDictionary(p => p.Name, p => p.To, StringComparer.Ordinal)).ToArray();
        var nodes = new List<GraphNode>();
        for (int i = 0; i < longest.Nodes.Count; i++)
        {
            GraphNode[] all = [.. _graphs.Select(g => g.Nodes[i])];
            if (Node(all, names) is not { } inputs)
            {
                return null;
            }

            nodes.Add(all[0] with { Inputs = inputs });
            for (int k = 0; k < all.Length; k++)
            {
                for (int j = 0; j < all[k].Outputs.Count; j++)
                {
                    names[k][all[k].Outputs[j]] = all[0].Outputs[j];
                }
            }
        }

        return !_graphs.Select((g, k) => g.Outputs.Select((o, i) => names[k].GetValueOrDefault(o.Name) == longest.Outputs[i].Name).All(same => same)).All(same => same) ? null
            : longest with
            {
                Nodes = [.. _before, .. nodes],
                Constants = _constants,
                Inputs = [.. longest.Inputs.Select((_, i) => Opened([.. _graphs.Select(g => g.Inputs[i])]))],
                Outputs = [.. longest.Outputs.Select((_, i) => Opened([.. _graphs.Select(g => g.Outputs[i])]))],
            };
    }

    // The inputs of a node that is the same in all traces; null where it is not.
    private string[]? Node(GraphNode[] all, Dictionary<string, string>[] names)
    {
        GraphNode first = all[0];
        if (all.Any(n => n.Operator != first.Operator || n.Inputs.Count != first.Inputs.Count || n.Outputs.Count != first.Outputs.Count || !AreSame(n.Attributes, first.Attributes)))
        {
            return null;
        }

        var inputs = new string[first.Inputs.Count];
        for (int j = 0; j < inputs.Length; j++)
        {
            string[] own = [.. all.Select(n => n.Inputs[j])];
            GraphTensor?[] constants = [.. own.Select((name, k) => _graphs[k].Constants.GetValueOrDefault(name))];
            string? input = constants.All(c => c is not null) ? Constant(own[0], constants!)
                : own[0].Length == 0 ? own.All(o => o.Length == 0) ? "" : null
                : own.Select((name, k) => names[k].GetValueOrDefault(name) == own[0]).All(same => same) ? own[0]
                : null;
            if (input is null)
            {
                return null;
            }

            inputs[j] = input;
        }

        return inputs;
    }

    private string? Constant(string name, GraphTensor[] all)
    {
        GraphTensor first = all[0];
        if (all.All(c => AreSame(c, first)))
        {
            return name;
        }

        string key = $"{name}: {string.Join(" ", all.Select(c => c.Integers is null ? string.Join(",", c.Sizes) : Text(c)))}";
        if (_made.TryGetValue(key, out string? known))
        {
            return known;
        }

        bool isList = first.Integers is not null && first.Sizes.Count == 1 && all.All(c => c.Count == first.Count && c.Integers is not null);
        return (isList ? List([.. all.Select(c => c.Integers!)]) : Part(name, all)) is { } made ? _made[key] = made : null;
    }

    // Integers, each a straight line over the steps.
    private string? List(long[][] all)
    {
        var parts = new List<string>();
        for (int i = 0; i < all[0].Length; i++)
        {
            if (Line([.. all.Select(l => l[i])]) is not { } part)
            {
                return null;
            }

            parts.Add(part);
        }

        return parts.Count == 1 ? parts[0] : Add("Concat", [.. parts], ("axis", 0L));
    }

    // The first of the longest: as many as there are steps.
    private string? Part(string name, GraphTensor[] all)
    {
        GraphTensor first = all[0];
        if (all.Any(c => c.Sizes.Count != first.Sizes.Count || (c.Values is null) != (first.Values is null) || !IsBeginning(c, first)))
        {
            return null;
        }

        long[] axes = [.. Enumerable.Range(0, first.Sizes.Count).Where(a => all.Any(c => c.Sizes[a] != first.Sizes[a])).Select(a => (long)a)];
        return axes.Length > 0 && List([.. all.Select(c => axes.Select(a => (long)c.Sizes[(int)a]).ToArray())]) is { } ends
            ? Add("Slice", [name, Integers([.. axes.Select(_ => 0L)]), ends, Integers(axes)])
            : null;
    }

    private static bool IsBeginning(GraphTensor part, GraphTensor whole)
    {
        for (int i = 0; i < part.Count; i++)
        {
            int rest = i, at = 0, step = 1;
            for (int axis = part.Sizes.Count - 1; axis >= 0; axis--)
            {
                if (part.Sizes[axis] > whole.Sizes[axis])
                {
                    return false;
                }

                at += rest % part.Sizes[axis] * step;
                rest /= part.Sizes[axis];
                step *= whole.Sizes[axis];
            }

            if (part.Values is { } values ? !values[i].Equals(whole.Values![at]) : part.Integers![i] != whole.Integers![at])
            {
                return false;
            }
        }

        return true;
    }

    private string? Line(long[] values)
    {
        if (values.All(v => v == values[0]))
        {
            return Integers(values[0]);
        }

        long times = (values[0] - values[1]) / (_steps[0] - _steps[1]), more = values[0] - (times * _steps[0]);
        if (times is < 1 or > MostMultiple || values.Where((v, k) => v != (times * _steps[k]) + more).Any())
        {
            return null;
        }

        string count = Steps();
        count = times == 1 ? count : Add("Mul", [count, Integers(times)]);
        return more == 0 ? count : Add("Add", [count, Integers(more)]);
    }

    // How many steps there are, as a list of one.
    private string Steps()
    {
        if (!_made.TryGetValue("", out string? name))
        {
            _made[""] = name = Add("Gather", [Add("Shape", [_graphs[0].Inputs[0].Name]), Integers(1)], ("axis", 0L));
        }

        return name;
    }

    private string Add(string op, string[] inputs, params (string Name, object Value)[] attributes)
    {
        string name = Free("steps_" + op.ToLowerInvariant());
        _before.Add(new GraphNode(op, inputs, name, attributes.ToDictionary(a => a.Name, a => a.Value, StringComparer.Ordinal)));
        return name;
    }

    private string Integers(params long[] values)
    {
        string name = Free("steps_integers");
        _constants[name] = new GraphTensor([values.Length], values);
        return name;
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

    private static GraphValue Opened(GraphValue[] all) => all[0] with
    {
        Sizes = all[0].Sizes?.Select((size, axis) => all.All(v => v.Sizes?[axis] == size) ? size : -1).ToArray(),
    };

    private static bool AreSame(GraphTensor a, GraphTensor b) => a.Sizes.SequenceEqual(b.Sizes)
        && (a.Values is { } values ? b.Values is { } others && values.AsSpan().SequenceEqual(others, EqualityComparer<float>.Default) : b.Integers is { } integers && a.Integers.AsSpan().SequenceEqual(integers));

    private static bool AreSame(IReadOnlyDictionary<string, object> a, IReadOnlyDictionary<string, object> b) =>
        a.Count == b.Count && a.All(p => b.TryGetValue(p.Key, out object? other) && Text(p.Value) == Text(other));

    private static string Text(object value) => value switch
    {
        long[] list => string.Join(",", list.Select(i => i.ToString(CultureInfo.InvariantCulture))),
        float[] list => string.Join(",", list.Select(f => BitConverter.SingleToInt32Bits(f).ToString(CultureInfo.InvariantCulture))),
        string[] list => string.Join(",", list),
        GraphTensor tensor => $"{string.Join("x", tensor.Sizes)} {(tensor.Values is { } values ? "f" + Text(values) : "i" + Text(tensor.Integers!))}",
        float number => BitConverter.SingleToInt32Bits(number).ToString(CultureInfo.InvariantCulture),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value}"),
    };
}
