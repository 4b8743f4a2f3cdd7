using Graft.Models.Formats;

namespace Graft.Models.Graphs;

/// <summary>One operator of a TensorFlow Lite graph while its nodes are made.</summary>
internal sealed class TensorFlowLiteNode
{
    private static readonly int[] ToPictures = [0, 3, 1, 2];
    private static readonly long[] FromPictures = [0, 2, 3, 1];

    private readonly TensorFlowLiteGraph _graph;
    private readonly TensorFlowLiteOperator _op;
    private readonly TensorFlowLiteTensor _output;
    private readonly string _name;
    private readonly string _layer;

    /// <param name="graph">The graph.</param>
    /// <param name="op">The operator; it has an output.</param>
    public TensorFlowLiteNode(TensorFlowLiteGraph graph, TensorFlowLiteOperator op)
    {
        _graph = graph;
        _op = op;
        _output = graph.Tensor(op.Outputs[0]);
        int end = _output.Name.IndexOf(';', StringComparison.Ordinal), slash;
        _name = end > 0 ? _output.Name[..end] : _output.Name;
        slash = _name.LastIndexOf('/');
        _layer = (slash > 0 ? _name[..slash] : _name).Replace('/', '.');
    }

    private int Rank => Sizes.Count;

    private IReadOnlyList<int> Sizes => Taken(0).Sizes;

    private string Output => _output.Name;

    /// <summary>Adds the operator's nodes to its graph.</summary>
    /// <exception cref="FormatException">Its options or what it takes cannot be run.</exception>
    public void Make()
    {
        switch (_op.Name)
        {
            case "CONV_2D" or "DEPTHWISE_CONV_2D": Convolution(); break;
            case "FULLY_CONNECTED": Dense(); break;
            case "ADD": Pairwise("Add", 0); break;
            case "SUB": Pairwise("Sub", 0); break;
            case "MUL": Pairwise("Mul", 0); break;
            case "DIV": Pairwise("Div", 0); break;
            case "MAXIMUM": Pairwise("Max", null); break;
            case "MINIMUM": Pairwise("Min", null); break;
            case "AVERAGE_POOL_2D": Pool("AveragePool"); break;
            case "MAX_POOL_2D": Pool("MaxPool"); break;
            case "MEAN": Reduce("ReduceMean"); break;
            case "SUM": Reduce("ReduceSum"); break;
            case "REDUCE_MAX": Reduce("ReduceMax"); break;
            case "REDUCE_MIN": Reduce("ReduceMin"); break;
            case "PAD" or "PADV2": Pad(); break;
            case "RESHAPE" or "SQUEEZE" or "EXPAND_DIMS": Reshape(); break;
            case "TRANSPOSE": Transpose(); break;
            case "CONCATENATION": Concatenate(); break;
            case "SOFTMAX": Softmax(); break;
            case "LOG_SOFTMAX": Give("LogSoftmax", [X(0)], ("axis", Rank == 4 ? 1L : -1L)); break;
            case "RELU": Finish(X(0), 1); break;
            case "RELU_N1_TO_1": Finish(X(0), 2); break;
            case "RELU6": Finish(X(0), 3); break;
            case "TANH": Finish(X(0), 4); break;
            case "LOGISTIC": Give("Sigmoid", [X(0)]); break;
            case "HARD_SWISH": Give("HardSwish", [X(0)]); break;
            case "LEAKY_RELU": Give("LeakyRelu", [X(0)], ("alpha", _op.Options?.Single(0) ?? 0)); break;
            case "ELU": Give("Elu", [X(0)]); break;
            case "EXP": Give("Exp", [X(0)]); break;
            case "LOG": Give("Log", [X(0)]); break;
            case "SQRT": Give("Sqrt", [X(0)]); break;
            case "NEG": Give("Neg", [X(0)]); break;
            case "ABS": Give("Abs", [X(0)]); break;
            case "QUANTIZE" or "DEQUANTIZE": Give("Identity", [X(0)]); break;
            default:
                // Said only where the graph needs it: it may be cut before.
                _graph.Add(new GraphNode(_name, $"TFLite.{_op.Name}", [.. _op.Inputs.Where(i => i >= 0 && _graph.Tensor(i).Constant is null).Select(i => _graph.Tensor(i).Name)], [.. _op.Outputs.Select(o => _graph.Tensor(o).Name)], new Dictionary<string, object>()));
                break;
        }
    }

    private void Convolution()
    {
        bool isDepthwise = _op.Name == "DEPTHWISE_CONV_2D";
        TensorFlowLiteTensor kernel = Taken(1);
        if (Rank != 4 || kernel.Constant is null || kernel.Sizes.Count != 4 || (isDepthwise && kernel.Sizes[0] != 1) || kernel.Sizes.Contains(0) || Sizes[3] % (isDepthwise ? Math.Max(1, Sizes[3]) : kernel.Sizes[3]) != 0)
        {
            throw Wrong($"a kernel [{string.Join(", ", kernel.Sizes)}]{(kernel.Constant is null ? " that is computed" : "")} over [{string.Join(", ", Sizes)}]");
        }

        int more = isDepthwise ? 1 : 0;      // the options of the other one have the number of results for each channel in between
        string weight = isDepthwise
            ? _graph.Weight(_op.Inputs[1], _layer + ".kernel", [3, 0, 1, 2], [kernel.Sizes[3], 1, kernel.Sizes[1], kernel.Sizes[2]])
            : _graph.Weight(_op.Inputs[1], _layer + ".kernel", ToPictures);
        string y = Step("Conv", "linear", WithBias(weight, kernel.Sizes[isDepthwise ? 3 : 0]), [.. Window(4 + more), ("group", (long)(isDepthwise ? Sizes[3] : Sizes[3] / kernel.Sizes[3]))]);
        Finish(y, Option(3 + more), isLinear: true);
    }

    private (string Name, object Value)[] Window(int dilations) =>
    [
        ("strides", (long[])[Option32(2), Option32(1)]), ("dilations", (long[])[Option32(dilations + 1, 1), Option32(dilations, 1)]), ("auto_pad", Padding()),
    ];

    private string Padding() => Option(0) switch
    {
        0 => "SAME_UPPER",
        1 => "VALID",
        var other => throw Wrong($"padding {other}"),
    };

    private void Dense()
    {
        TensorFlowLiteTensor kernel = Taken(1);
        if (kernel.Constant is null || kernel.Sizes.Count != 2 || Rank == 0 || Option(1) != 0)
        {
            throw Wrong($"a kernel [{string.Join(", ", kernel.Sizes)}] that is computed or stored otherwise than row by row");
        }

        bool keepsAxes = Rank > 2 && Rank != 4 && _output.Sizes.Count == Rank;
        string y;
        if (keepsAxes)
        {
            y = Step("MatMul", "product", [X(0), _graph.Weight(_op.Inputs[1], _layer + ".kernel", [1, 0])]);
            y = HasBias ? Step("Add", "linear", [y, _graph.Weight(_op.Inputs[2], _layer + ".bias", [0])]) : y;
        }
        else
        {
            long perRow = Sizes.Skip(1).Aggregate(1L, (a, b) => a * b);
            string rows = Rank == 2 ? X(0) : perRow == kernel.Sizes[1] ? Step("Flatten", "rows", [ChannelsLast()]) : throw Wrong($"rows of {kernel.Sizes[1]} numbers out of [{string.Join(", ", Sizes)}]");
            y = Step("Gemm", "linear", WithBias(_graph.Weight(_op.Inputs[1], _layer + ".kernel", [0, 1]), kernel.Sizes[0], rows), ("transB", 1L));
        }

        Finish(y, Option(0), isLinear: true);
    }

    private bool HasBias => _op.Inputs.Count > 2 && _op.Inputs[2] >= 0;

    private string[] WithBias(string weight, int count, string? x = null)
    {
        x ??= X(0);
        return !HasBias ? [x, weight]
            : Taken(2) is { Constant.Count: var numbers, Sizes.Count: 1 } && numbers == count ? [x, weight, _graph.Weight(_op.Inputs[2], _layer + ".bias", [0])]
            : throw Wrong($"a bias [{string.Join(", ", Taken(2).Sizes)}] for {count} results");
    }

    private void Pairwise(string op, int? activation)
    {
        int rank = _output.Sizes.Count;
        string y = Step(op, "linear", [Operand(0, rank), Operand(1, rank)]);
        Finish(y, activation is { } field ? Option(field) : (byte)0, isLinear: activation is not null);
    }

    // Axes of size 1 stretch, and axes are counted from the last one.
    private string Operand(int input, int rank)
    {
        TensorFlowLiteTensor x = Taken(input);
        if (x.Constant is null)
        {
            return x.Sizes.Count == rank || rank != 4 ? X(input) : throw Wrong($"values of {x.Sizes.Count} and {rank} axes together");
        }

        int[] same = [.. Enumerable.Range(0, x.Sizes.Count)];
        string name = $"{_layer}.{(_op.Name is "MUL" or "DIV" ? "factor" : "shift")}";
        return rank != 4 ? _graph.Weight(_op.Inputs[input], name, same)
            : x.Sizes.Count == 4 ? _graph.Weight(_op.Inputs[input], name, ToPictures)
            : x.Sizes.SkipLast(1).All(s => s == 1) ? _graph.Weight(_op.Inputs[input], name, same, [1, (int)x.Constant.Count, 1, 1])
            : throw Wrong($"a constant [{string.Join(", ", x.Sizes)}] beside pictures");
    }

    private void Pool(string op)
    {
        string y = Step(op, "pooled", [Pictures()], ("kernel_shape", (long[])[Option32(4), Option32(3)]), ("strides", (long[])[Option32(2), Option32(1)]), ("auto_pad", Padding()));
        Finish(y, Option(5));
    }

    private void Reduce(string op)
    {
        long[] axes = [.. Whole(1).Select(a => a < 0 ? a + Rank : a).Distinct().Order()];
        bool keeps = Option(0) != 0;
        if (Rank == 4 && (keeps || axes is [1, 2]) && axes.All(a => a is >= 0 and < 4))
        {
            Give(op, [X(0)], ("axes", axes.Select(PictureAxis).ToArray()), ("keepdims", keeps ? 1L : 0L));
        }
        else
        {
            Give(op, [ChannelsLast()], ("axes", axes), ("keepdims", keeps ? 1L : 0L));
        }
    }

    // [before, behind] for each axis.
    private void Pad()
    {
        long[] given = Whole(1);
        if (given.Length != 2 * Rank)
        {
            throw Wrong($"{given.Length} numbers for {Rank} axes");
        }

        var pads = new long[2 * Rank];
        for (int i = 0; i < Rank; i++)
        {
            int axis = Rank == 4 ? (int)PictureAxis(i) : i;
            (pads[axis], pads[Rank + axis]) = (given[2 * i], given[(2 * i) + 1]);
        }

        string[] value = _op.Inputs.Count > 2 ? [_graph.Add(_layer + ".value", new GraphTensor([], [Taken(2).Constant is { Count: 1 } number ? number.Values[0] : throw Wrong("a computed value around")]))] : [];
        Give("Pad", [X(0), Integers("pads", pads), .. value]);
    }

    // The file knows what comes out; where the batch stays the first axis it stays open.
    private void Reshape()
    {
        IReadOnlyList<int> to = _output.Sizes;
        bool keepsBatch = Rank > 0 && to.Count > 0 && Sizes[0] == to[0];
        string shape = Integers("shape", [.. to.Select((s, i) => i == 0 && keepsBatch ? 0 : (long)s)]);
        if (to.Count == 4)
        {
            Give("Transpose", [Step("Reshape", "shaped", [ChannelsLast(), shape])], ("perm", ToPictures.Select(a => (long)a).ToArray()));
        }
        else
        {
            Give("Reshape", [ChannelsLast(), shape]);
        }
    }

    private void Transpose()
    {
        long[] axes = Whole(1);
        string y = Rank == 4 ? Step("Transpose", "turned", [ChannelsLast()], ("perm", axes)) : X(0);
        Give("Transpose", [y], ("perm", Rank == 4 ? ToPictures.Select(a => (long)a).ToArray() : axes));
    }

    private void Concatenate()
    {
        int rank = _output.Sizes.Count, axis = Option32(0);
        axis = axis < 0 ? axis + rank : axis;
        if (axis < 0 || axis >= rank || _op.Inputs.Any(i => i < 0 || _graph.Tensor(i).Sizes.Count != rank))
        {
            throw Wrong($"axis {axis} of values of other than {rank} axes");
        }

        Finish(Step("Concat", "joined", [.. Enumerable.Range(0, _op.Inputs.Count).Select(i => Operand(i, rank))], ("axis", rank == 4 ? PictureAxis(axis) : axis)), Option(1));
    }

    private void Softmax()
    {
        float beta = _op.Options?.Single(0) ?? 1;
        string x = beta == 1 ? X(0) : Step("Mul", "scaled", [X(0), Number("beta", beta)]);
        Give("Softmax", [x], ("axis", Rank == 4 ? 1L : -1L));
    }

    // What stands behind an operator. A ReLU that does nothing but cut off what 8 bits cannot stand for is left out by converters.
    private void Finish(string value, byte activation, bool isLinear = false)
    {
        (float Low, float High)? range = isLinear ? _output.Steps?.Range(_output.Type) : null;
        switch (activation)
        {
            case 0 when range is { Low: 0 } cut: Give("Clip", [value, Number("low", 0), Number("high", cut.High)]); break;
            case 0: Give("Identity", [value]); break;
            case 1: Give("Relu", [value]); break;
            case 2: Give("Clip", [value, Number("low", -1), Number("high", 1)]); break;
            case 3: Give("Clip", [value, Number("low", 0), Number("high", 6)]); break;
            case 4: Give("Tanh", [value]); break;
            default: throw Wrong($"activation {activation}");
        }
    }

    private TensorFlowLiteTensor Taken(int input) => input < _op.Inputs.Count && _op.Inputs[input] >= 0 ? _graph.Tensor(_op.Inputs[input]) : throw Wrong($"no input {input}");

    /// <summary>The name of an input in the graph; a constant as it is.</summary>
    private string X(int input) => Taken(input) is { Constant: null } value ? value.Name : Operand(input, Taken(input).Sizes.Count);

    private string Pictures() => Rank == 4 ? X(0) : throw Wrong($"pictures [{string.Join(", ", Sizes)}]");

    /// <summary>The first input with its axes in the order of the file.</summary>
    private string ChannelsLast() => Rank == 4 ? Step("Transpose", "channels_last", [X(0)], ("perm", FromPictures)) : X(0);

    private long[] Whole(int input) => Taken(input).Constant is { } numbers ? [.. numbers.Values.Select(v => (long)v)] : throw Wrong("computed numbers where constants are needed");

    private static long PictureAxis(long axis) => axis switch { 3 => 1, 1 => 2, 2 => 3, _ => 0 };

    private byte Option(int field) => _op.Options?.Byte(field) ?? 0;

    private int Option32(int field, int otherwise = 0) => _op.Options?.Int32(field, otherwise) ?? otherwise;

    private string Number(string role, float value) => _graph.Add($"{_layer}.{role}", new GraphTensor([], [value]));

    private string Integers(string role, long[] values) => _graph.Add($"{_layer}.{role}", new GraphTensor([values.Length], values));

    /// <summary>A node before the last one.</summary>
    private string Step(string op, string part, IReadOnlyList<string> inputs, params ReadOnlySpan<(string Name, object Value)> attributes)
    {
        string value = _graph.Free($"{_name}.{part}");
        _graph.Add(new GraphNode(op, inputs, value, Attributes(attributes)));
        return value;
    }

    /// <summary>The node that gives the operator's value.</summary>
    private void Give(string op, IReadOnlyList<string> inputs, params ReadOnlySpan<(string Name, object Value)> attributes) =>
        _graph.Add(new GraphNode(_name, op, inputs, [Output], Attributes(attributes)));

    private static Dictionary<string, object> Attributes(ReadOnlySpan<(string Name, object Value)> attributes)
    {
        var all = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach ((string name, object value) in attributes)
        {
            all[name] = value;
        }

        return all;
    }

    private FormatException Wrong(string what) => new($"{_op.Name} '{OnnxFile.Short(_name)}' with {what}");
}
