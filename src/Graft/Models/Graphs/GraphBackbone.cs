using System.Collections.Concurrent;
using Graft.Data.Encoders;
using Graft.Models.Formats;
using Graft.Models.Graphs.Operators;
using Graft.Nn;
using Graft.Nn.Initializers;
using Graft.Nn.Layers;
using Graft.Tensors;
using Graft.Tensors.Autograd;

namespace Graft.Models.Graphs;

/// <summary>A network from a file that says how it is built: ONNX, TensorFlow Lite, a full Keras model (HDF5 or .keras) or a TensorFlow.js layers model.</summary>
/// <remarks>
/// <para>Arrays that the file's operators use as weights are learned, under the names that they have there; running statistics of batch normalization are moved
/// while it learns. Sizes that the file computes are found once, when the model is built, and any size of the batch goes through, also where the file was made for
/// a batch of one. Dropout acts in training only.</para>
/// <para>It begins with the weights of its file. A model file of Graft holds its structure and opens without the file.</para>
/// <para>Inputs beside that of the rows are made: masks and lengths from the lengths of the rows, kinds of tokens zeros, places counted.</para>
/// <para>A picture map that comes out is averaged over the picture, a sequence over its steps.</para>
/// </remarks>
[Named("graph")]
public sealed class GraphBackbone : Backbone
{
    private readonly List<(string Name, Module Module)> _parts = [];
    private string _path;
    private GraphStructure? _graph;
    private readonly Dictionary<string, GraphLayer> _layers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Func<Tensor>> _state = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<int, GraphPlan> _plans = [];
    private readonly List<Dropout> _dropouts = [];
    private GraphPlan? _plan;

    /// <param name="file">The file: .onnx, .tflite, .h5, .keras or model.json.</param>
    /// <param name="cut">The name of a node or value to stop at: what it gives are the features. Left out: the first output.</param>
    /// <param name="inputs">What goes into the inputs of a graph that has several, such as ids=rows, hidden=zeros: rows, mask, lengths, zeros, ones or positions. Left out: what their
    /// names say (attention_mask, token_type_ids, position_ids, lengths); the first other one takes the rows.</param>
    /// <param name="structure">The structure of the network as a model file of Graft holds it; with it the file is not read. Not to be written by hand.</param>
    public GraphBackbone(string file, string? cut = null, IReadOnlyList<string>? inputs = null, string? structure = null)
    {
        File = file ?? throw new ArgumentNullException(nameof(file));
        Cut = cut;
        Inputs = inputs;
        _path = file;
        _graph = structure is null ? null : GraphStructureJson.Read(structure);
        DefaultWeights = structure is null ? file : null;
    }

    private GraphBackbone(GraphSource source, string? cut, IReadOnlyList<string>? inputs)
    {
        File = "";
        Cut = cut;
        Inputs = inputs;
        _path = "";
        _graph = GraphStructure.From(source, cut, inputs ?? [], source.Graph.Name);
    }

    /// <summary>The file that the network is read from.</summary>
    public string File { get; }

    /// <summary>The node or value that it stops at; null for the first output.</summary>
    public string? Cut { get; }

    /// <summary>What goes into the inputs of a graph that has several; null for what their names say.</summary>
    public IReadOnlyList<string>? Inputs { get; }

    /// <summary>What goes into the graph: first the input of the rows, then the others.</summary>
    public IReadOnlyList<GraphValue> Taken => [Graph.Input, .. Graph.Sides.Select(s => s.Value)];

    /// <summary>The structure of the network as a text; reads the file where it was not read yet.</summary>
    public string Structure => GraphStructureJson.Write(Graph);

    /// <inheritdoc/>
    public override string? DefaultWeights { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Layers => [.. Graph.Weights.Select(w => w.Layer).Distinct()];

    /// <summary>Parts of the graph between which one value alone is passed on, each with weights.</summary>
    public override int BlockCount => (_plan?.Blocks.Count ?? 0) + 1;

    /// <summary>Whether what comes out are probabilities, made by a softmax at the end.</summary>
    public bool EndsInSoftmax
    {
        get
        {
            string value = Graph.Output;
            foreach (GraphNode node in Graph.Nodes.Reverse().Where(n => n.Outputs.Contains(value)))
            {
                if (node.Operator is not ("Reshape" or "Flatten" or "Identity" or "Squeeze" or "Cast" or "Dropout") || node.Inputs.Count == 0)
                {
                    return node.Operator == "Softmax";
                }

                value = node.Inputs[0];
            }

            return false;
        }
    }

    private GraphStructure Graph => _graph ??= Read();

    /// <summary>Makes a backbone of a graph in memory; its weights begin at random, as those of any backbone.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="cut">The name of a node or value to stop at; null for the first output.</param>
    /// <param name="inputs">What goes into its inputs; null for what their names say.</param>
    /// <exception cref="GraftInputException">It cannot be run.</exception>
    public static GraphBackbone From(Graph graph, string? cut = null, IReadOnlyList<string>? inputs = null) => new(new GraphSource(graph, new Dictionary<string, WeightOrigin>()), cut, inputs);

    /// <inheritdoc/>
    public override void Locate(Func<string, string> find)
    {
        ArgumentNullException.ThrowIfNull(find);
        if (_graph is null)
        {
            _path = find(File);
        }
    }

    /// <summary>A file's arrays under the paths here: by the names that they have in the file of the graph, turned into the layout here.</summary>
    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, NamedArray> Translate(WeightFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var own = new Dictionary<string, NamedArray>(StringComparer.Ordinal);
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (GraphWeight weight in Graph.Weights)
        {
            if (file.Tensors.TryGetValue(weight.Origin.Tensor, out NamedArray? array))
            {
                used.Add(weight.Origin.Tensor);
                own[weight.Path] = Turned(array, weight);
            }
            else if (file.Tensors.TryGetValue(weight.Path, out array))
            {
                used.Add(weight.Path);
                own[weight.Path] = array;
            }
        }

        foreach (GraphWeight weight in Graph.Weights)
        {
            if (weight.Fill is { } fill && !own.ContainsKey(weight.Path))
            {
                var values = new float[weight.Sizes.Aggregate(1, (a, b) => a * b)];
                Array.Fill(values, fill);
                own[weight.Path] = new NamedArray(weight.Sizes, values);
            }
        }

        foreach ((string name, NamedArray array) in file.Tensors)
        {
            if (!used.Contains(name) && array.Type.Contains('F', StringComparison.Ordinal))
            {
                own.TryAdd(name, array);
            }
        }

        return own;
    }

    /// <param name="x">Shape [B, F], [B, C, H, W] or [B, T, F].</param>
    /// <returns>Shape [B, Features].</returns>
    public override Tensor Forward(Tensor x) => Forward(x, null);

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, Tensor? lengths)
    {
        RequireAll();
        return Pooled(PlanFor(0, x).Run(x, lengths, null, 0, BlockCount - 1));
    }

    /// <inheritdoc/>
    public override Tensor Block(int index, Tensor x, Tensor? lengths)
    {
        RequireAll();
        Tensor y = PlanFor(Check.Within(0, BlockCount - 1, index), x).Run(x, lengths, null, index, index);
        return index == BlockCount - 1 ? Pooled(y) : y;
    }

    /// <summary>The features for tensors that go into its inputs by name.</summary>
    /// <param name="inputs">The rows, under the name of the first of <see cref="Taken"/>, and any of the others; those that are left out are made where it is known of what.</param>
    /// <param name="lengths">For sequences and texts: integers [B]; null where all rows are full.</param>
    /// <returns>Shape [B, Features].</returns>
    /// <exception cref="GraftInputException">An input is missing.</exception>
    /// <exception cref="ShapeException">A tensor has another shape than the graph was built for.</exception>
    public Tensor Run(IReadOnlyDictionary<string, Tensor> inputs, Tensor? lengths = null)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        GraphSide[] left = [.. Graph.Sides.Where(s => s.Kind == GraphSideKind.Given && !inputs.ContainsKey(s.Value.Name))];
        if (left.Length > 0 || !inputs.TryGetValue(Graph.Input.Name, out Tensor x))
        {
            throw left.Length > 0 ? GraphSide.Left(File, Graph.Input, left) : new GraftInputException(File, $"graph: expected the rows under the name '{Graph.Input.Name}', got {string.Join(", ", inputs.Keys)}.");
        }

        foreach (GraphSide side in Graph.Sides)
        {
            if (inputs.TryGetValue(side.Value.Name, out Tensor given) && !given.Shape.Sizes.SequenceEqual(side.Sizes(x.Shape[0], Plan.Input)))
            {
                throw new ShapeException(ToString(), $"'{side.Value.Name}' [{string.Join(", ", side.Sizes(x.Shape[0], Plan.Input))}]", given.Shape.ToString());
            }
        }

        return Pooled(Plan.Run(x.ToFloat(), lengths, inputs.ToDictionary(i => i.Key, i => i.Value.ToFloat(), StringComparer.Ordinal), 0, BlockCount - 1));
    }

    /// <inheritdoc/>
    public override InputShape BlockOutput(int index)
    {
        _ = Input;
        return Check.Within(0, BlockCount - 1, index) == BlockCount - 1 ? new InputShape(InputKind.Table, [Features]) : Plan.Blocks[index].Shape;
    }

    /// <inheritdoc/>
    public override string ToString() => $"Graph({(File.Length > 0 ? NameOf(File) : _graph?.Name)}{(Cut is null ? "" : " to " + Cut)})";

    /// <inheritdoc/>
    protected override int MakeLayers(InputShape input)
    {
        var layers = new Dictionary<string, GraphLayer>(StringComparer.Ordinal);
        foreach (GraphWeight weight in Graph.Weights)
        {
            if (!layers.TryGetValue(weight.Layer, out GraphLayer? layer))
            {
                layers.Add(weight.Layer, layer = new GraphLayer());
                _parts.Add((weight.Layer, layer));
            }

            _layers[weight.Value] = layer;
            string name = weight.Path[(weight.Layer.Length + 1)..];
            Shape shape = ShapeOf(weight);
            Initializer first = weight.Fill is { } fill ? Init.Constant(fill) : weight.Role switch
            {
                GraphRole.Scale or GraphRole.Variance => Init.Ones,
                GraphRole.Weight when shape.Rank > 1 => Init.KaimingUniform,
                _ => Init.Zeros,
            };
            if (weight.Role is GraphRole.Mean or GraphRole.Variance)
            {
                var buffer = new BufferTensor(shape, first);
                layer.Add(name, buffer);
                _state[weight.Value] = () => buffer.Value;
            }
            else
            {
                var parameter = new Parameter(shape, first, outputLast: shape.Rank >= 2 && weight.Role == GraphRole.Weight);
                layer.Add(name, parameter);
                _state[weight.Value] = () => parameter.Value;
            }
        }

        _plan = PlanOf(input);
        int before = _parts.Count;
        foreach (DropoutOperator dropout in _plan.Dropouts.Where(d => d.Rate > 0))
        {
            dropout.Layer = new Dropout(dropout.Rate);
            _dropouts.Add(dropout.Layer);
            _parts.Add(($"dropouts.{_parts.Count - before}", dropout.Layer));
        }

        return _plan.OutputSizes.Count switch
        {
            0 => 1,
            1 => _plan.OutputSizes[0],
            2 => _plan.OutputSizes[1],
            3 => _plan.OutputSizes[0],
            _ => _plan.OutputSizes.Aggregate(1, (a, b) => a * b),
        };
    }

    private GraphPlan PlanOf(InputShape input)
    {
        try
        {
            return new GraphPlan(Graph, input, _layers, _state);
        }
        catch (GraftInputException e) when (e.Findings[0].File.Length == 0 && File.Length > 0)
        {
            throw new GraftInputException(File, e.Message, inner: e);
        }
    }

    // Texts are cut to the longest of a batch. A graph of any number of steps that is told where they end is traced for so many, in eights; others get all that it was built for.
    private GraphPlan PlanFor(int index, Tensor x)
    {
        GraphPlan whole = Plan;
        bool isSequence = index == 0 ? Input.HasLengths : whole.Blocks[index - 1].Shape.Kind == InputKind.Sequence;
        if (!isSequence || Graph.Input.Sizes is not { Count: > 1 } declared || declared[1] >= 0 || !Graph.Sides.Any(s => s.Kind is GraphSideKind.Mask or GraphSideKind.Lengths))
        {
            return whole;
        }

        bool isTraced = Tape.Current.Trace is not null;
        int steps = isTraced ? x.Shape[1] : Math.Min((x.Shape[1] + 7) / 8 * 8, Input.Sizes[0]);
        return steps == Input.Sizes[0] ? whole : _plans.GetOrAdd(steps, many =>
        {
            // What is computed while it is made is no part of an open trace.
            using Trace? deaf = isTraced ? new Trace() : null;
            GraphPlan plan = PlanOf(Input with { Sizes = [many, .. Input.Sizes.Skip(1)] });
            foreach ((DropoutOperator dropout, Dropout layer) in plan.Dropouts.Where(d => d.Rate > 0).Zip(_dropouts))
            {
                dropout.Layer = layer;
            }

            return plan;
        });
    }

    private void RequireAll()
    {
        if (Graph.Sides.Any(s => s.Kind == GraphSideKind.Given))
        {
            throw GraphSide.Left(File, Graph.Input, Graph.Sides.Where(s => s.Kind == GraphSideKind.Given));
        }
    }

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Module Child)> Children() => _parts.Select(p => (p.Name, p.Module));

    private GraphPlan Plan => _plan ?? throw new InvalidOperationException("GraphBackbone: expected a built model, got one without layers. Call Build(input) first.");

    private static string NameOf(string file) => System.IO.Path.GetFileName(file);

    private Shape ShapeOf(GraphWeight weight)
    {
        try
        {
            return Shape.Create([.. weight.Sizes]);
        }
        catch (ShapeException e)
        {
            throw new GraftInputException(File, $"graph: {weight.Path}: {e.Message}", inner: e);
        }
    }

    private static Tensor Pooled(Tensor y) => y.Rank switch
    {
        2 => y,
        3 => y.Mean(1),
        4 => y.AdaptiveAvgPool2d(1).Flatten(),
        1 => y.Unsqueeze(1),
        _ => y.Flatten(),
    };

    private static NamedArray Turned(NamedArray array, GraphWeight weight)
    {
        if (weight.Origin.Turn is not { } turn || turn.Count != array.Sizes.Count)
        {
            return array;
        }

        var values = Tensor.From(array.Values, Shape.Create([.. array.Sizes])).Permute([.. turn]).ToArray();
        return values.Length == weight.Sizes.Aggregate(1, (a, b) => a * b) ? new NamedArray(weight.Sizes, values) { Type = array.Type } : array;
    }

    private GraphStructure Read()
    {
        GraphSource source = GraphFile.ReadSource(_path);
        try
        {
            return GraphStructure.From(source, Cut, Inputs ?? [], _path);
        }
        catch (GraftInputException e) when (e.Findings[0].File.Length == 0)
        {
            throw new GraftInputException(_path, e.Message, inner: e);
        }
    }
}
