using Graft.Data.Encoders;
using Graft.Models.Formats;
using Graft.Models.Graphs.Operators;
using Graft.Nn;
using Graft.Nn.Initializers;
using Graft.Tensors;

namespace Graft.Models.Graphs;

/// <summary>A network from a file that says how it is built: ONNX, TensorFlow Lite, a full Keras model (HDF5 or .keras) or a TensorFlow.js layers model.</summary>
/// <remarks>
/// <para>Arrays that the file's operators use as weights are learned, under the names that they have there; running statistics of batch normalization are moved
/// while it learns. Sizes that the file computes are found once, when the model is built, and any size of the batch goes through, also where the file was made for
/// a batch of one. Dropout acts in training only.</para>
/// <para>It begins with the weights of its file. A model file of Graft holds its structure and opens without the file.</para>
/// <para>A picture map that comes out is averaged over the picture, a sequence over its steps.</para>
/// </remarks>
[Named("graph")]
public sealed class GraphBackbone : Backbone
{
    private readonly List<(string Name, Module Module)> _parts = [];
    private string _path;
    private GraphStructure? _graph;
    private GraphPlan? _plan;

    /// <param name="file">The file: .onnx, .tflite, .h5, .keras or model.json.</param>
    /// <param name="cut">The name of a node or value to stop at: what it gives are the features. Left out: the first output.</param>
    /// <param name="structure">The structure of the network as a model file of Graft holds it; with it the file is not read. Not to be written by hand.</param>
    public GraphBackbone(string file, string? cut = null, string? structure = null)
    {
        File = file ?? throw new ArgumentNullException(nameof(file));
        Cut = cut;
        _path = file;
        _graph = structure is null ? null : GraphStructureJson.Read(structure);
        DefaultWeights = structure is null ? file : null;
    }

    private GraphBackbone(GraphSource source, string? cut)
    {
        File = "";
        Cut = cut;
        _path = "";
        _graph = GraphStructure.From(source, cut, source.Graph.Name);
    }

    /// <summary>The file that the network is read from.</summary>
    public string File { get; }

    /// <summary>The node or value that it stops at; null for the first output.</summary>
    public string? Cut { get; }

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
    /// <exception cref="GraftInputException">It cannot be run.</exception>
    public static GraphBackbone From(Graph graph, string? cut = null) => new(new GraphSource(graph, new Dictionary<string, WeightOrigin>()), cut);

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
    public override Tensor Forward(Tensor x) => Pooled(Plan.Run(x, 0, BlockCount - 1));

    /// <inheritdoc/>
    public override Tensor Block(int index, Tensor x, Tensor? lengths)
    {
        Tensor y = Plan.Run(x, Check.Within(0, BlockCount - 1, index), index);
        return index == BlockCount - 1 ? Pooled(y) : y;
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
        var byValue = new Dictionary<string, GraphLayer>(StringComparer.Ordinal);
        var state = new Dictionary<string, Func<Tensor>>(StringComparer.Ordinal);
        foreach (GraphWeight weight in Graph.Weights)
        {
            if (!layers.TryGetValue(weight.Layer, out GraphLayer? layer))
            {
                layers.Add(weight.Layer, layer = new GraphLayer());
                _parts.Add((weight.Layer, layer));
            }

            byValue[weight.Value] = layer;
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
                state[weight.Value] = () => buffer.Value;
            }
            else
            {
                var parameter = new Parameter(shape, first, outputLast: shape.Rank >= 2 && weight.Role == GraphRole.Weight);
                layer.Add(name, parameter);
                state[weight.Value] = () => parameter.Value;
            }
        }

        try
        {
            _plan = new GraphPlan(Graph, input, byValue, state);
        }
        catch (GraftInputException e) when (e.Findings[0].File.Length == 0 && File.Length > 0)
        {
            throw new GraftInputException(File, e.Message, inner: e);
        }

        Draw();
        return _plan.OutputSizes.Count switch
        {
            0 => 1,
            1 => _plan.OutputSizes[0],
            2 => _plan.OutputSizes[1],
            3 => _plan.OutputSizes[0],
            _ => _plan.OutputSizes.Aggregate(1, (a, b) => a * b),
        };
    }

    private void Draw()
    {
        int before = _parts.Count;
        foreach (DropoutOperator dropout in Plan.Dropouts.Where(d => d.Rate > 0))
        {
            dropout.Layer = new Nn.Layers.Dropout(dropout.Rate);
            _parts.Add(($"dropouts.{_parts.Count - before}", dropout.Layer));
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
            return GraphStructure.From(source, Cut, _path);
        }
        catch (GraftInputException e) when (e.Findings[0].File.Length == 0)
        {
            throw new GraftInputException(_path, e.Message, inner: e);
        }
    }
}
