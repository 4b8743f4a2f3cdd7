using System.Globalization;
using System.Text;
using Graft.Models.Graphs.Operators;

namespace Graft.Models.Graphs;

/// <summary>Where the numbers of a constant stand in a file of weights.</summary>
/// <param name="Tensor">The tensor's name there.</param>
/// <param name="Turn">For each axis here which axis it is there, where they differ; sizes may then be put together. Null for none.</param>
internal sealed record WeightOrigin(string Tensor, IReadOnlyList<int>? Turn = null);

/// <summary>A graph with the origins of its constants.</summary>
/// <param name="Graph">The graph.</param>
/// <param name="Origins">By the constant's name; what is not there is called the same in the file.</param>
internal sealed record GraphSource(Graph Graph, IReadOnlyDictionary<string, WeightOrigin> Origins);

/// <summary>An array of a graph that belongs to its state.</summary>
/// <param name="Value">What nodes call it.</param>
/// <param name="Layer">The layer that it belongs to.</param>
/// <param name="Path">Its path in the model: the layer, a dot, and its own name.</param>
/// <param name="Sizes">Its sizes.</param>
/// <param name="Role">What it is.</param>
/// <param name="Origin">Where it stands in the file that the graph came from.</param>
/// <param name="Fill">The number that all of it is, where the file says so in place of values; else null.</param>
internal sealed record GraphWeight(string Value, string Layer, string Path, IReadOnlyList<int> Sizes, GraphRole Role, WeightOrigin Origin, float? Fill = null);

/// <summary>What a graph is without its weights: what a model file needs to say of it.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Input">What the rows go into.</param>
/// <param name="Output">The value that comes out.</param>
/// <param name="Nodes">The nodes on the way from the one to the other.</param>
/// <param name="Numbers">Constants that are not learned.</param>
/// <param name="Weights">The state.</param>
/// <param name="Sides">What goes in beside the rows.</param>
internal sealed record GraphStructure(
    string Name, GraphValue Input, string Output, IReadOnlyList<GraphNode> Nodes, IReadOnlyDictionary<string, GraphTensor> Numbers, IReadOnlyList<GraphWeight> Weights, IReadOnlyList<GraphSide> Sides)
{
    /// <summary>Most nodes in one.</summary>
    public const int MostNodes = 20_000;

    private const int MostNumbers = 1 << 18;

    // A weight that a file says in one number takes none of its bytes: all of them together are bounded; the largest VGG has 144 million.
    private const int MostFilled = 1 << 28;

    /// <summary>The part of a graph that ends at a node, or all of it.</summary>
    /// <param name="source">The graph.</param>
    /// <param name="cut">The name of a value or a node; null for the graph's first output.</param>
    /// <param name="said">What goes into its inputs, where their names do not say it.</param>
    /// <param name="file">What messages call it.</param>
    /// <exception cref="GraftInputException">There is no such node, or the graph cannot be run.</exception>
    public static GraphStructure From(GraphSource source, string? cut, IReadOnlyList<string> said, string file)
    {
        source = WithoutAliases(source);
        Graph graph = source.Graph;
        string output = cut is null ? graph.Outputs[0].Name : Find(graph, cut, file);
        List<GraphNode> nodes = Needed(graph, output);
        string[] unsupported = [.. nodes.Select(n => n.Operator).Where(o => !GraphOperator.Has(o)).Distinct().Order(StringComparer.Ordinal)];
        if (unsupported.Length > 0 || nodes.Count > MostNodes)
        {
            throw new GraftInputException(file, unsupported.Length == 0
                ? string.Create(CultureInfo.InvariantCulture, $"graph: expected at most {MostNodes} nodes, got {nodes.Count}.")
                : $"graph: expected operators that can be run, got {string.Join(", ", unsupported)}, which cannot. 'cut' names a node before them to stop at.");
        }

        HashSet<string> taken = [.. nodes.SelectMany(n => n.Inputs), output];
        GraphValue[] inputs = [.. graph.Inputs.Where(i => taken.Contains(i.Name))];
        if (inputs.Length == 0)
        {
            throw new GraftInputException(file, "graph: expected an input, got none.");
        }

        (GraphValue rows, IReadOnlyList<GraphSide> sides) = GraphSide.Sort(inputs, said, file);
        var parts = new StructureParts(source);
        parts.Sort(nodes);
        return new GraphStructure(graph.Name, rows, output, parts.Nodes, parts.Numbers, parts.Weights, sides);
    }

    private static string Find(Graph graph, string cut, string file)
    {
        if (graph.Nodes.Any(n => n.Outputs.Contains(cut)))
        {
            return cut;
        }

        GraphNode? node = graph.Nodes.LastOrDefault(n => n.Name == cut && n.Name.Length > 0);
        return node?.Outputs[0] ?? throw new GraftInputException(
            file, $"cut: expected the name of a node or of a value, got '{cut}'. The last nodes are {string.Join(", ", graph.Nodes.TakeLast(6).Select(n => n.Name.Length > 0 ? n.Name : n.Outputs[0]))}.");
    }

    // Exporters write equal arrays once and name them again by Identity; they are learned apart all the same.
    private static GraphSource WithoutAliases(GraphSource source)
    {
        var constants = new Dictionary<string, GraphTensor>(source.Graph.Constants, StringComparer.Ordinal);
        var origins = new Dictionary<string, WeightOrigin>(source.Origins, StringComparer.Ordinal);
        List<GraphNode> nodes = [];
        foreach (GraphNode node in source.Graph.Nodes)
        {
            if (node.Operator == "Identity" && node.Inputs.Count == 1 && constants.TryGetValue(node.Inputs[0], out GraphTensor? tensor))
            {
                constants[node.Outputs[0]] = tensor;
                origins[node.Outputs[0]] = origins.GetValueOrDefault(node.Inputs[0]) ?? new WeightOrigin(node.Inputs[0]);
            }
            else
            {
                nodes.Add(node);
            }
        }

        return new GraphSource(source.Graph with { Nodes = nodes, Constants = constants }, origins);
    }

    private static List<GraphNode> Needed(Graph graph, string output)
    {
        var wanted = new HashSet<string>(StringComparer.Ordinal) { output };
        var nodes = new List<GraphNode>();
        foreach (GraphNode node in graph.Nodes.Reverse())
        {
            if (node.Outputs.Any(wanted.Contains))
            {
                nodes.Add(node);
                wanted.UnionWith(node.Inputs.Where(i => i.Length > 0));
            }
        }

        nodes.Reverse();
        return nodes;
    }

    /// <summary>Tells state from numbers and gives the former its names.</summary>
    private sealed class StructureParts(GraphSource source)
    {
        private readonly Dictionary<string, (IReadOnlyList<int> Sizes, float Value)> _fills = new(StringComparer.Ordinal);
        private readonly FreeNames _paths = new([], '_');
        private readonly Dictionary<string, GraphTensor> _numbers = new(StringComparer.Ordinal);

        public List<GraphNode> Nodes { get; } = [];

        public IReadOnlyDictionary<string, GraphTensor> Numbers => _numbers;

        public List<GraphWeight> Weights { get; private set; } = [];

        public void Sort(List<GraphNode> nodes)
        {
            IReadOnlyDictionary<string, GraphTensor> constants = source.Graph.Constants;
            foreach (GraphNode node in nodes)
            {
                if (node.Operator == "ConstantOfShape" && node.Inputs.Count > 0 && constants.TryGetValue(node.Inputs[0], out GraphTensor? shape) && shape.Integers is { Length: < 9 } sizes
                    && node.Tensor("value")?.Integers is null && sizes.All(s => s is > 0 and <= int.MaxValue) && sizes.Aggregate(1.0, (a, b) => a * b) <= MostFilled)
                {
                    _fills[node.Outputs[0]] = ([.. sizes.Select(s => (int)s)], node.Tensor("value")?.Values is [float value, ..] ? value : 0);
                }
            }

            var roles = new Dictionary<string, (GraphRole Role, GraphNode Node)>(StringComparer.Ordinal);
            foreach (GraphNode node in nodes)
            {
                var op = GraphOperator.For(node);
                for (int i = 0; i < node.Inputs.Count; i++)
                {
                    string name = node.Inputs[i];
                    int count = _fills.TryGetValue(name, out (IReadOnlyList<int> Sizes, float Value) fill) ? fill.Sizes.Aggregate(1, (a, b) => a * b)
                        : constants.TryGetValue(name, out GraphTensor? tensor) && !tensor.IsInteger ? tensor.Count : -1;
                    if (count >= 0 && (!roles.TryGetValue(name, out (GraphRole Role, GraphNode Node) known) || known.Role == GraphRole.Number))
                    {
                        roles[name] = (op.RoleOf(i, count), node);
                    }
                }
            }

            foreach ((string name, (GraphRole role, GraphNode node)) in roles)
            {
                GraphTensor? values = constants.GetValueOrDefault(name);
                if (role != GraphRole.Number || values?.Count > MostNumbers)
                {
                    (string layer, string path) = Name(name, node);
                    GraphRole kind = role == GraphRole.Number ? GraphRole.Mean : role;
                    Weights.Add(new GraphWeight(
                        name, layer, path, values?.Sizes ?? _fills[name].Sizes, kind, source.Origins.GetValueOrDefault(name) ?? new WeightOrigin(name), values is null ? _fills[name].Value : null));
                }
            }

            if (Weights.Where(w => w.Fill is not null).Sum(w => w.Sizes.Aggregate(1L, (a, b) => a * b)) > MostFilled)
            {
                throw new GraftInputException("", string.Create(CultureInfo.InvariantCulture, $"graph: expected at most {MostFilled} weights that the file does not hold but fills, got more."));
            }

            HashSet<string> weights = [.. Weights.Select(w => w.Value)];
            Nodes.AddRange(nodes.Where(n => !weights.Contains(n.Outputs[0])));
            foreach (string name in Nodes.SelectMany(n => n.Inputs).Where(n => constants.ContainsKey(n) && !weights.Contains(n)))
            {
                _numbers[name] = constants[name].Count <= MostNumbers
                    ? constants[name]
                    : throw new GraftInputException("", string.Create(CultureInfo.InvariantCulture, $"graph: expected at most {MostNumbers} integers in a constant, got {constants[name].Count} in '{name}'."));
            }

            Join();
        }

        // A layer within another is a part of it, so that every weight belongs to one layer alone.
        private void Join()
        {
            string[] layers = [.. Weights.Select(w => w.Layer).Distinct().OrderBy(l => l.Length)];
            Weights = [.. Weights.Select(w => w with { Layer = layers.First(l => w.Layer == l || w.Layer.StartsWith(l + ".", StringComparison.Ordinal)) })];
        }

        // A name with dots says its layer; another one gets the node's before it.
        private (string Layer, string Path) Name(string value, GraphNode node)
        {
            string path = Safe(value), layer;
            int dot = path.LastIndexOf('.');
            if (dot > 0)
            {
                layer = path[..dot];
            }
            else
            {
                layer = Safe((node.Name.Length > 0 ? node.Name : node.Outputs[0]).Replace('/', '.'));
                path = $"{layer}.{path}";
            }

            return (layer, _paths.Take(path));
        }

        private static string Safe(string name)
        {
            var text = new StringBuilder(name.Length);
            foreach (char c in name)
            {
                bool isDot = c == '.';
                if (!isDot || (text.Length > 0 && text[^1] != '.'))
                {
                    text.Append(isDot || char.IsAsciiLetterOrDigit(c) || c is '_' or '-' ? c : '_');
                }
            }

            string safe = text.ToString().TrimEnd('.');
            return safe.Length == 0 ? "value" : safe;
        }
    }
}
