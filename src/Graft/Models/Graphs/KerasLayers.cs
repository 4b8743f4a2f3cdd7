using System.Text.Json;
using Graft.Models.Formats;
using Graft.Tensors;

namespace Graft.Models.Graphs;

/// <summary>What a Keras layer gives: pictures are [B, C, H, W] in the graph.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="Rank">Its axes, the batch among them.</param>
/// <param name="Mask">Of a sequence the name of what says which steps count, [B, T]; null where all do.</param>
/// <param name="IsCut">Whether steps that do not count hold other numbers than in Keras.</param>
internal sealed record KerasValue(string Name, int Rank, string? Mask = null, bool IsCut = false);

/// <summary>Nodes for the layers of Keras, one kind after the other.</summary>
/// <param name="version">Of Keras, the first number.</param>
internal sealed partial class KerasLayers(int version)
{
    private static readonly HashSet<string> Kinds = new(StringComparer.Ordinal)
    {
        "Conv2D", "Convolution2D", "DepthwiseConv2D", "SeparableConv2D", "Conv2DTranspose", "Dense", "BatchNormalization", "LayerNormalization", "Activation", "ReLU", "LeakyReLU", "ELU", "PReLU",
        "Softmax", "MaxPooling2D", "AveragePooling2D", "GlobalAveragePooling2D", "GlobalMaxPooling2D", "GlobalAveragePooling1D", "ZeroPadding2D", "Cropping2D", "UpSampling2D", "Add", "Subtract", "Multiply",
        "Average", "Maximum", "Minimum", "Concatenate", "Dropout", "SpatialDropout2D", "GaussianNoise", "GaussianDropout", "ActivityRegularization", "Flatten", "Reshape", "Permute", "Rescaling",
        "Embedding", "LSTM", "GRU", "SimpleRNN", "CuDNNLSTM", "CuDNNGRU", "Bidirectional", "TimeDistributed", "GlobalMaxPooling1D", "SpatialDropout1D", "Conv1D", "Convolution1D",
        "MaxPooling1D", "AveragePooling1D",
    };

    // What does the same to every step by itself.
    private static readonly HashSet<string> Steady = new(StringComparer.Ordinal)
    {
        "Dense", "Activation", "ReLU", "LeakyReLU", "ELU", "LayerNormalization", "Dropout", "SpatialDropout1D", "GaussianNoise", "GaussianDropout", "ActivityRegularization", "TimeDistributed",
    };

    private static readonly HashSet<string> Masked = new(StringComparer.Ordinal) { "LSTM", "GRU", "SimpleRNN", "CuDNNLSTM", "CuDNNGRU", "Bidirectional", "GlobalAveragePooling1D" };

    // How steep hard_sigmoid is: 0.2 x + 0.5, and x / 6 + 0.5 from version 3 on.
    private readonly float _hardSlope = version >= 3 ? 1f / 6 : 0.2f;
    private readonly Dictionary<string, GraphTensor> _constants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, WeightOrigin> _origins = new(StringComparer.Ordinal);
    private readonly List<GraphNode> _nodes = [];
    private readonly List<GraphValue> _inputs = [];

    public IReadOnlyList<GraphValue> Inputs => _inputs;

    public IReadOnlyList<GraphNode> Nodes => _nodes;

    public IReadOnlyDictionary<string, GraphTensor> Constants => _constants;

    public IReadOnlyDictionary<string, WeightOrigin> Origins => _origins;

    /// <summary>Whether layers of a kind are known.</summary>
    public static bool Has(string kind) => Kinds.Contains(kind);

    /// <summary>An input of the network.</summary>
    public KerasValue Input(string name, JsonElement config)
    {
        JsonElement shape = config.TryGetProperty("batch_input_shape", out JsonElement old) ? old : config.TryGetProperty("batch_shape", out JsonElement now) ? now : default;
        int[]? sizes = shape.ValueKind != JsonValueKind.Array ? null
            : [.. shape.EnumerateArray().Select(s => s.ValueKind == JsonValueKind.Number ? s.GetInt32() : -1)];
        if (sizes is null or { Length: < 2 or > 4 } || (config.TryGetProperty("dtype", out JsonElement type) && type.ValueKind == JsonValueKind.String && type.GetString() is { } text && !text.StartsWith("float", StringComparison.Ordinal) && !text.StartsWith("int", StringComparison.Ordinal)))
        {
            throw new FormatException($"the input '{name}' of a shape or a type that cannot be run");
        }

        sizes[0] = -1;
        bool isInteger = config.TryGetProperty("dtype", out type) && type.ValueKind == JsonValueKind.String && type.GetString()!.StartsWith("int", StringComparison.Ordinal);
        _inputs.Add(new GraphValue(name, sizes.Length == 4 ? [-1, sizes[3], sizes[1], sizes[2]] : sizes, isInteger));
        return new KerasValue(name, sizes.Length);
    }

    /// <summary>Adds a layer.</summary>
    /// <param name="kind">Its class.</param>
    /// <param name="name">Its name.</param>
    /// <param name="output">What the value is called that it gives.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="x">What it takes.</param>
    /// <param name="weights">Its weights.</param>
    public KerasValue Add(string kind, string name, string output, JsonElement config, KerasValue[] x, IReadOnlyList<KeyValuePair<string, NamedArray>> weights)
    {
        if (Text(config, "data_format", "channels_last") != "channels_last" && kind is not ("Dense" or "Activation"))
        {
            throw new FormatException($"the layer '{name}' with channels first");
        }

        if (x.Any(v => v.IsCut) && !Steady.Contains(kind) && !Masked.Contains(kind))
        {
            throw new FormatException($"the layer '{name}' that looks at steps which mask_zero hides");
        }

        var layer = new Layer(this, name, output, config, x[0], weights);
        KerasValue y = Made(kind, layer, x, weights);
        return Steady.Contains(kind) && x[0].Mask is { } mask && y.Rank == 3 ? y with { Mask = mask, IsCut = x[0].IsCut } : y;
    }

    private KerasValue Made(string kind, Layer layer, KerasValue[] x, IReadOnlyList<KeyValuePair<string, NamedArray>> weights)
    {
        JsonElement config = layer.Config;
        return kind switch
        {
            "Conv2D" or "Convolution2D" or "DepthwiseConv2D" or "SeparableConv2D" or "Conv2DTranspose" => Convolution(layer, kind),
            "Dense" => Dense(layer),
            "BatchNormalization" => BatchNormalization(layer),
            "LayerNormalization" => LayerNormalization(layer),
            "Activation" => layer.Finish(x[0].Name, Text(config, "activation", "linear"), x[0].Rank),
            "ReLU" => Relu(layer),
            "LeakyReLU" => layer.Give("LeakyRelu", [x[0].Name], x[0].Rank, ("alpha", (float)Number(config, "alpha", Number(config, "negative_slope", 0.3)))),
            "ELU" => layer.Give("Elu", [x[0].Name], x[0].Rank, ("alpha", (float)Number(config, "alpha", 1))),
            "PReLU" => layer.Give("PRelu", [x[0].Name, layer.Weight("alpha", layer.Array("alpha").Sizes.Count == 3 ? [2, 0, 1] : null)], x[0].Rank),
            "Softmax" => layer.Give("Softmax", [x[0].Name], x[0].Rank, ("axis", Axis(x[0].Rank, (int)Number(config, "axis", -1)))),
            "MaxPooling2D" or "AveragePooling2D" => Pool(layer, kind),
            "GlobalAveragePooling2D" or "GlobalMaxPooling2D" => GlobalPool(layer, kind == "GlobalMaxPooling2D" ? "GlobalMaxPool" : "GlobalAveragePool"),
            "GlobalAveragePooling1D" => Mean(layer),
            "Conv1D" or "Convolution1D" => Windows(layer),
            "MaxPooling1D" or "AveragePooling1D" => Pool(layer, kind),
            "GlobalMaxPooling1D" => layer.Give("ReduceMax", [x[0].Name], 2, ("axes", (long[])[1]), ("keepdims", 0L)),
            "Embedding" => Embedding(layer),
            "LSTM" or "GRU" or "SimpleRNN" or "CuDNNLSTM" or "CuDNNGRU" => Recurrent(layer, kind),
            "Bidirectional" => BothWays(layer),
            "TimeDistributed" => EachStep(layer, x, weights),
            "ZeroPadding2D" or "Cropping2D" => Pad(layer, kind == "ZeroPadding2D" ? 1 : -1),
            "UpSampling2D" => Enlarge(layer),
            "Add" => layer.Give("Sum", [.. x.Select(v => v.Name)], x[0].Rank),
            "Subtract" => layer.Give("Sub", [.. x.Select(v => v.Name)], x[0].Rank),
            "Multiply" => Multiply(layer, x),
            "Average" => layer.Give("Mean", [.. x.Select(v => v.Name)], x[0].Rank),
            "Maximum" => layer.Give("Max", [.. x.Select(v => v.Name)], x[0].Rank),
            "Minimum" => layer.Give("Min", [.. x.Select(v => v.Name)], x[0].Rank),
            "Concatenate" => layer.Give("Concat", [.. x.Select(v => v.Name)], x[0].Rank, ("axis", Axis(x[0].Rank, (int)Number(config, "axis", -1)))),
            "Dropout" or "SpatialDropout2D" or "SpatialDropout1D" => layer.Give("Dropout", [x[0].Name, layer.Number("ratio", Number(config, "rate", 0.5))], x[0].Rank),
            "Flatten" => layer.Give("Flatten", [layer.ChannelsLast(x[0])], 2),
            "Reshape" => Reshape(layer),
            "Permute" => Permute(layer),
            "Rescaling" => layer.Give("Add", [layer.Step("Mul", "scaled", [x[0].Name, layer.Number("scale", Number(config, "scale", 1))]), layer.Number("offset", Number(config, "offset", 0))], x[0].Rank),
            _ => layer.Give("Identity", [x[0].Name], x[0].Rank),
        };
    }

    private static string Text(JsonElement config, string name, string otherwise) =>
        !config.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null ? otherwise
        : value.ValueKind == JsonValueKind.String ? value.GetString()!
        : throw new FormatException($"'{name}' that is not a text");

    private static double Number(JsonElement config, string name, double otherwise) => config.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : otherwise;

    private static bool Truth(JsonElement config, string name, bool otherwise) => config.TryGetProperty(name, out JsonElement value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : otherwise;

    private static long[] Two(JsonElement config, string name, long otherwise) =>
        !config.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null ? [otherwise, otherwise]
        : value.ValueKind == JsonValueKind.Number ? [value.GetInt64(), value.GetInt64()]
        : [value[0].GetInt64(), value[1].GetInt64()];

    // The axis of a value of Keras in the graph: the channels of pictures come first there.
    private static long Axis(int rank, int axis)
    {
        int place = axis < 0 ? axis + rank : axis;
        return rank == 4 ? place switch { 3 => 1, 1 => 2, 2 => 3, _ => 0 } : Check.Within(0, rank - 1, place);
    }

    /// <summary>One layer while its nodes are made.</summary>
    private sealed class Layer(KerasLayers all, string name, string output, JsonElement config, KerasValue x, IReadOnlyList<KeyValuePair<string, NamedArray>> weights)
    {
        public string Name => name;

        public string Output => output;

        public float HardSlope => all._hardSlope;

        public JsonElement Config => config;

        public KerasValue X => x;

        /// <summary>One of its weights: "conv2d/kernel:0" is the kernel.</summary>
        public NamedArray Array(string role) => Find(role) ?? throw new FormatException($"the layer '{name}' without its {role}");

        public NamedArray? Find(string role) => weights.Where(w => RoleOf(w.Key) == role).Select(w => w.Value).FirstOrDefault();

        /// <summary>One of its weights as a constant of the graph.</summary>
        /// <param name="role">Which.</param>
        /// <param name="turn">For each axis which axis it is in the file; null for none.</param>
        /// <param name="sizes">The sizes that it then gets; null for what turning gives.</param>
        public string Weight(string role, int[]? turn = null, int[]? sizes = null)
        {
            string constant = $"{name}.{role}";
            if (!all._constants.ContainsKey(constant))
            {
                NamedArray array = Array(role);
                if (turn is not null && turn.Length != array.Sizes.Count)
                {
                    throw new FormatException($"the layer '{name}' with a {role} {array.ShapeText}");
                }

                float[] values = turn is null ? array.Values : Tensor.From(array.Values, Shape.Create([.. array.Sizes])).Permute(turn).ToArray();
                all._constants[constant] = new GraphTensor(sizes ?? (turn is null ? array.Sizes : [.. turn.Select(t => array.Sizes[t])]), values);
                all._origins[constant] = new WeightOrigin(weights.First(w => RoleOf(w.Key) == role).Key, turn);
            }

            return constant;
        }

        /// <summary>A weight that Keras leaves out and the operator needs: the same number everywhere.</summary>
        public string Fill(string role, int count, float value)
        {
            string shape = $"{name}.{role}.shape";
            all._constants[shape] = new GraphTensor([1], [(long)count]);
            return Step("ConstantOfShape", role, [shape], ("value", new GraphTensor([1], [value])));
        }

        public string Number(string role, double value)
        {
            all._constants[$"{name}.{role}"] = new GraphTensor([], [(float)value]);
            return $"{name}.{role}";
        }

        public string Integers(string role, params long[] values)
        {
            all._constants[$"{output}.{role}"] = new GraphTensor([values.Length], values);
            return $"{output}.{role}";
        }

        public string Scales(long[] size)
        {
            all._constants[$"{output}.scales"] = new GraphTensor([4], [1f, 1, size[0], size[1]]);
            return $"{output}.scales";
        }

        /// <summary>A node within the layer.</summary>
        public string Step(string op, string part, IReadOnlyList<string> inputs, params ReadOnlySpan<(string Name, object Value)> attributes)
        {
            string value = $"{output}.{part}";
            all._nodes.Add(new GraphNode(op, inputs, value, Attributes(attributes)));
            return value;
        }

        /// <summary>A node of several results within the layer.</summary>
        public string[] Steps(string op, IReadOnlyList<string> parts, IReadOnlyList<string> inputs, params ReadOnlySpan<(string Name, object Value)> attributes)
        {
            string[] values = [.. parts.Select(p => $"{output}.{p}")];
            all._nodes.Add(new GraphNode(values[0], op, inputs, values, Attributes(attributes)));
            return values;
        }

        /// <summary>The node that gives the layer's value.</summary>
        public KerasValue Give(string op, IReadOnlyList<string> inputs, int rank, params ReadOnlySpan<(string Name, object Value)> attributes)
        {
            all._nodes.Add(new GraphNode(op, inputs, output, Attributes(attributes)));
            return new KerasValue(output, rank);
        }

        /// <summary>The activation behind the layer, which gives its value.</summary>
        public KerasValue Finish(string value, string activation, int rank) => activation switch
        {
            "linear" => Give("Identity", [value], rank),
            "relu" => Give("Relu", [value], rank),
            "relu6" => Give("Clip", [value, Number("low", 0), Number("high", 6)], rank),
            "softmax" => Give("Softmax", [value], rank, ("axis", rank == 4 ? 1L : -1L)),
            "sigmoid" => Give("Sigmoid", [value], rank),
            "tanh" => Give("Tanh", [value], rank),
            "elu" => Give("Elu", [value], rank),
            "selu" => Give("Selu", [value], rank),
            "softplus" => Give("Softplus", [value], rank),
            "softsign" => Give("Softsign", [value], rank),
            "exponential" => Give("Exp", [value], rank),
            "gelu" => Give("Gelu", [value], rank),
            "hard_sigmoid" => Give("HardSigmoid", [value], rank, ("alpha", HardSlope), ("beta", 0.5f)),
            "hard_swish" or "hard_silu" => Give("HardSwish", [value], rank),
            "leaky_relu" => Give("LeakyRelu", [value], rank, ("alpha", 0.2f)),
            "swish" or "silu" => Give("Mul", [value, Step("Sigmoid", "gate", [value])], rank),
            _ => throw new FormatException($"the activation '{activation}' of the layer '{name}', which cannot be run"),
        };

        /// <summary>A value in the order of axes that Keras has.</summary>
        public string ChannelsLast(KerasValue value) => value.Rank == 4 ? Step("Transpose", "channels_last", [value.Name], ("perm", (long[])[0, 2, 3, 1])) : value.Name;

        /// <summary>The same layer with another configuration, of whose weights it has a part.</summary>
        public Layer Part(string part, JsonElement other, IReadOnlyList<KeyValuePair<string, NamedArray>> own) => new(all, $"{name}.{part}", $"{output}.{part}", other, x, own);

        /// <summary>All its weights.</summary>
        public IReadOnlyList<KeyValuePair<string, NamedArray>> Weights => weights;

        private static Dictionary<string, object> Attributes(ReadOnlySpan<(string Name, object Value)> attributes)
        {
            var all = new Dictionary<string, object>(StringComparer.Ordinal);
            foreach ((string name, object value) in attributes)
            {
                all[name] = value;
            }

            return all;
        }

        private static string RoleOf(string weight)
        {
            string last = weight[(weight.LastIndexOf('/') + 1)..];
            int colon = last.LastIndexOf(':');
            return colon > 0 ? last[..colon] : last;
        }
    }
}
