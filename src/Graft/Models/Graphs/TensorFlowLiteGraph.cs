using Graft.Models.Formats;
using Graft.Tensors;

namespace Graft.Models.Graphs;

/// <summary>Makes a graph of the operators of a TensorFlow Lite file.</summary>
/// <remarks>
/// <para>There pictures are [B, H, W, C]; in the graph they are [B, C, H, W], and where an operator looks at the order of the numbers they are turned back. Kernels become
/// [out, in, h, w]. Values keep their names; a node is called as its value up to the first semicolon, behind which converters list what they put together. Weights are called
/// after that name without its last part: "MobilenetV2.Conv.kernel".</para>
/// <para>Everything runs in floating point numbers: whole numbers with a scale are what they stand for, and nothing is rounded on the way. Where a file says the ReLU behind an operator
/// only by the range of 8 bits, which then begins at 0, what is outside is cut off as there. Operators without a counterpart stand in the graph under their own name, so that
/// a graph can be cut before them.</para>
/// </remarks>
internal sealed class TensorFlowLiteGraph
{
    private readonly TensorFlowLiteFile _file;
    private readonly string _shown;
    private readonly Dictionary<int, int> _aliases = [];
    private readonly HashSet<int> _known = [];
    private readonly FreeNames _names;
    private readonly Dictionary<string, GraphTensor> _constants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, WeightOrigin> _origins = new(StringComparer.Ordinal);
    private readonly Dictionary<(int Tensor, string Form), string> _weights = [];
    private readonly List<GraphNode> _nodes = [];

    private TensorFlowLiteGraph(TensorFlowLiteFile file, string shown)
    {
        _file = file;
        _shown = shown;
        _names = new FreeNames(file.Values.Select(v => v.Name), ':');
    }

    /// <summary>Makes the graph.</summary>
    /// <param name="file">The file.</param>
    /// <param name="shown">What messages call it.</param>
    /// <exception cref="GraftInputException">The file is damaged, or an operator has options that cannot be run.</exception>
    public static GraphSource Read(TensorFlowLiteFile file, string shown)
    {
        try
        {
            return new TensorFlowLiteGraph(file, shown).Read();
        }
        catch (Exception e) when (e is FormatException or ArgumentException or OverflowException)
        {
            throw new GraftInputException(shown, $"tensorflow-lite: expected operators that can be run, got {e.Message.ReplaceLineEndings(" ")}.", inner: e);
        }
    }

    /// <summary>A tensor of the file; of what is only another name for a constant, the constant.</summary>
    public TensorFlowLiteTensor Tensor(int place) => _file.Values[_aliases.GetValueOrDefault(place, place)];

    /// <summary>Adds a node.</summary>
    public void Add(GraphNode node) => _nodes.Add(node);

    /// <summary>Adds numbers that are not learned.</summary>
    public string Add(string name, GraphTensor tensor)
    {
        string free = Free(name);
        _constants.Add(free, tensor);
        return free;
    }

    /// <summary>A name that nothing has yet.</summary>
    public string Free(string name) => _names.Take(name);

    /// <summary>A constant of the file as one of the graph; the same for all who take it in the same form.</summary>
    /// <param name="place">The tensor.</param>
    /// <param name="name">What it is called where nobody took it before.</param>
    /// <param name="turn">For each axis which axis it is in the file.</param>
    /// <param name="sizes">The sizes that it then gets; null for what turning gives.</param>
    public string Weight(int place, string name, int[] turn, int[]? sizes = null)
    {
        place = _aliases.GetValueOrDefault(place, place);
        string form = $"{string.Join(',', turn)};{string.Join(',', sizes ?? [])}";
        if (!_weights.TryGetValue((place, form), out string? constant))
        {
            TensorFlowLiteTensor tensor = Tensor(place);
            float[] values = Turned(tensor.Constant!, turn);
            constant = Add(name, new GraphTensor(sizes ?? [.. turn.Select(t => tensor.Sizes[t])], values));
            _origins.Add(constant, new WeightOrigin(tensor.Name, turn));
            _weights.Add((place, form), constant);
        }

        return constant;
    }

    // Turned piece by piece where the first axis stays the first, so that numbers are in memory once.
    private static float[] Turned(NamedArray array, int[] turn)
    {
        var values = new float[array.Count];
        if (turn.Select((t, i) => t == i).All(same => same))
        {
            array.CopyTo(values);
            return values;
        }

        int pieces = turn[0] == 0 ? array.Sizes[0] : 1, length = pieces == 0 ? 0 : values.Length / pieces;
        Shape shape = Shape.Create([array.Sizes[0] / Math.Max(1, pieces), .. array.Sizes.Skip(1)]);
        var piece = new float[length];
        for (int i = 0; i < pieces && length > 0; i++)
        {
            array.CopyTo((long)i * length, piece);
            Graft.Tensors.Tensor.From(piece, shape).Permute(turn).ToArray().CopyTo(values, i * length);
        }

        return values;
    }

    private GraphSource Read()
    {
        GraphValue[] inputs = [.. _file.Inputs.Select(Input)];
        _known.UnionWith(_file.Inputs);
        foreach (TensorFlowLiteOperator op in _file.Operators)
        {
            // Sizes that another operator says are those of the result, which the file holds as well.
            foreach (int input in op.Name is "RESHAPE" or "SQUEEZE" or "EXPAND_DIMS" ? op.Inputs.Take(1) : op.Inputs)
            {
                if (input >= 0 && !_known.Contains(input) && Tensor(input) is { Constant: null } open)
                {
                    throw new FormatException($"{op.Name} before '{OnnxFile.Short(open.Name)}', which it takes");
                }
            }

            if (op.Outputs.Count == 0 || !op.Outputs.All(_known.Add))
            {
                throw new FormatException($"{op.Name} without a result of its own");
            }

            // Half precision is made whole by an operator of its own: then the weight is what goes in.
            if (op is { Name: "DEQUANTIZE" or "QUANTIZE", Inputs: [int constant] } && constant >= 0 && Tensor(constant).Constant is not null)
            {
                _aliases[op.Outputs[0]] = _aliases.GetValueOrDefault(constant, constant);
            }
            else
            {
                new TensorFlowLiteNode(this, op).Make();
            }
        }

        GraphValue[] outputs = [.. _file.Outputs.Select(o => _known.Contains(o) ? new GraphValue(Tensor(o).Name, null) : throw new FormatException($"an output '{OnnxFile.Short(Tensor(o).Name)}' that none gives"))];
        return outputs.Length == 0
            ? throw new FormatException("none that leads to an output")
            : new GraphSource(new Graph(_file.Description.Length > 0 ? _file.Description : "model", inputs, outputs, _nodes, _constants), _origins);
    }

    private GraphValue Input(int place)
    {
        TensorFlowLiteTensor tensor = Tensor(place);
        int[] sizes = [.. tensor.Sizes.Select((s, i) => i == 0 ? -1 : s)];
        return new GraphValue(tensor.Name, sizes.Length == 4 ? [-1, sizes[3], sizes[1], sizes[2]] : sizes, tensor is { Type: "I32" or "I64", Steps: null });
    }
}
