using System.Text.Json;
using Graft.Models.Formats;

namespace Graft.Models.Graphs;

/// <summary>The kinds of layers that read sequences.</summary>
/// <remarks>Weights stay as Keras lays them out; nodes bring them into the order of ONNX while the graph runs. Keras' gates are input, forget, candidate, output of an LSTM and update,
/// reset, candidate of a GRU, side by side in the columns. Those of CuDNN lie transposed within each gate.</remarks>
internal sealed partial class KerasLayers
{
    private static KerasValue Embedding(Layer layer)
    {
        if (layer.X.Rank != 2)
        {
            throw new FormatException($"the layer '{layer.Name}' over {layer.X.Rank} axes");
        }

        KerasValue y = layer.Give("Gather", [layer.Weight("embeddings"), layer.Step("Cast", "tokens", [layer.X.Name], ("to", 7L))], 3);
        if (!Truth(layer.Config, "mask_zero", false))
        {
            return y;
        }

        string isNone = layer.Step("Equal", "none", [layer.X.Name, layer.Number("hidden", 0)]);
        return y with { Mask = layer.Step("Cast", "counts", [layer.Step("Not", "some", [isNone])], ("to", 1L)) };
    }

    private static KerasValue Recurrent(Layer layer, string kind)
    {
        string y = OneWay(layer, kind, Truth(layer.Config, "go_backwards", false), flips: true);
        return Read(layer, layer.Give("Identity", [y], Truth(layer.Config, "return_sequences", false) ? 3 : 2));
    }

    // Steps that do not count are zeros here, and in Keras what was before them.
    private static KerasValue Read(Layer layer, KerasValue y) => y.Rank == 3 && layer.X.Mask is { } mask ? y with { Mask = mask, IsCut = true } : y;

    // One direction, [B, T, H] or [B, H].
    private static string OneWay(Layer layer, string kind, bool isReverse, bool flips)
    {
        JsonElement config = layer.Config;
        bool isWhole = Truth(config, "return_sequences", false), isCuDnn = kind.StartsWith("CuDNN", StringComparison.Ordinal);
        if (Truth(config, "stateful", false) || Truth(config, "return_state", false) || Truth(config, "time_major", false) || layer.X.Rank != 3 || (isReverse && isWhole && flips))
        {
            throw new FormatException($"the layer '{layer.Name}' that keeps or gives its state, or gives its steps backwards");
        }

        string op = kind switch { "LSTM" or "CuDNNLSTM" => "LSTM", "GRU" or "CuDNNGRU" => "GRU", _ => "RNN" };
        int gates = op == "LSTM" ? 4 : op == "GRU" ? 3 : 1;
        IReadOnlyList<int> recurrent = layer.Array("recurrent_kernel").Sizes;
        if (recurrent.Count != 2 || recurrent[1] != gates * recurrent[0] || layer.Array("kernel").Sizes is not [_, var columns] || columns != recurrent[1])
        {
            throw new FormatException($"the layer '{layer.Name}' with weights that do not fit {gates} gates");
        }

        int hidden = recurrent[0];
        bool resetsLate = op == "GRU" && (isCuDnn || Truth(config, "reset_after", false));
        string bias = isCuDnn || Truth(config, "use_bias", true) ? Bias(layer, op, gates, hidden) : "";
        List<(string, object)> attributes = [("hidden_size", (long)hidden), ("direction", isReverse ? "reverse" : "forward"), ("linear_before_reset", resetsLate ? 1L : 0L)];
        if (!isCuDnn)
        {
            string[] functions = op == "RNN" ? [Text(config, "activation", "tanh")]
                : op == "GRU" ? [Text(config, "recurrent_activation", "sigmoid"), Text(config, "activation", "tanh")]
                : [Text(config, "recurrent_activation", "sigmoid"), Text(config, "activation", "tanh"), Text(config, "activation", "tanh")];
            attributes.Add(("activations", functions.Select(f => Function(layer, f)).ToArray()));
            attributes.Add(("activation_alpha", functions.Where(f => f is "hard_sigmoid" or "elu" or "linear").Select(f => f == "hard_sigmoid" ? layer.HardSlope : 1).ToArray()));
        }

        string x = layer.Step("Transpose", "steps_first", [layer.X.Name], ("perm", (long[])[1, 0, 2]));
        List<string> inputs = [x, Matrix(layer, "kernel", op, gates, isCuDnn), Matrix(layer, "recurrent_kernel", op, gates, isCuDnn), bias];
        if (layer.X.Mask is { } mask)
        {
            // Those that count stand in front, as tokenizers here fill up behind.
            inputs.Add(layer.Step("Cast", "lengths", [layer.Step("ReduceSum", "count", [mask, layer.Integers("axis_1", 1)], ("keepdims", 0L))], ("to", 6L)));
        }

        string[] given = layer.Steps(op, ["states", "last"], inputs, [.. attributes]);
        return isWhole
            ? layer.Step("Transpose", "rows_first", [layer.Step("Squeeze", "one_way", [given[0], layer.Integers("axis_1", 1)])], ("perm", (long[])[1, 0, 2]))
            : layer.Step("Squeeze", "rows", [given[1], layer.Integers("axis_0", 0)]);
    }

    // [F, G H] as [1, G H, F].
    private static string Matrix(Layer layer, string role, string op, int gates, bool isCuDnn)
    {
        IReadOnlyList<int> sizes = layer.Array(role).Sizes;
        long rows = sizes[0], hidden = sizes[1] / gates;
        string blocks = layer.Weight(role);
        if (isCuDnn)
        {
            // Each gate's numbers are those of the transposed matrix, row by row.
            blocks = layer.Step("Reshape", role + "_gates", [blocks, layer.Integers(role + "_apart", rows, gates, hidden)]);
            blocks = layer.Step("Transpose", role + "_blocks", [blocks], ("perm", (long[])[1, 0, 2]));
            blocks = layer.Step("Reshape", role + "_turned", [blocks, layer.Integers(role + "_joined", gates * hidden, rows)]);
        }
        else
        {
            blocks = layer.Step("Transpose", role + "_turned", [blocks], ("perm", (long[])[1, 0]));
        }

        return layer.Step("Unsqueeze", role + "_one", [Ordered(layer, role, blocks, op), layer.Integers("axis_0", 0)]);
    }

    // [G H], [2, G H] or, of CuDNN, [2 G H] as [1, 2 G H]: those of the input and those of the state.
    private static string Bias(Layer layer, string op, int gates, int hidden)
    {
        NamedArray bias = layer.Array("bias");
        int count = bias.Sizes.Aggregate(1, (a, b) => a * b), wide = gates * hidden;
        string all = layer.Weight("bias");
        if (count == wide)
        {
            all = layer.Step("Pad", "biases", [Ordered(layer, "bias", all, op), layer.Integers("no_state", 0, wide)]);
        }
        else if (count == 2 * wide)
        {
            all = layer.Step("Reshape", "biases_flat", [all, layer.Integers("both", 2 * wide)]);
            if (op == "LSTM")
            {
                string[] halves = layer.Steps("Split", ["bias_input", "bias_state"], [all], ("axis", 0L));
                all = layer.Step("Concat", "biases", [Ordered(layer, "bias_input", halves[0], op), Ordered(layer, "bias_state", halves[1], op)], ("axis", 0L));
            }
        }
        else
        {
            throw new FormatException($"the layer '{layer.Name}' with {count} biases");
        }

        return layer.Step("Unsqueeze", "biases_one", [all, layer.Integers("axis_0", 0)]);
    }

    // Input, forget, candidate, output of an LSTM as input, output, forget, candidate; others stand as in ONNX.
    private static string Ordered(Layer layer, string role, string blocks, string op)
    {
        if (op != "LSTM")
        {
            return blocks;
        }

        string[] gates = layer.Steps("Split", [role + "_i", role + "_f", role + "_c", role + "_o"], [blocks], ("axis", 0L));
        return layer.Step("Concat", role + "_ordered", [gates[0], gates[3], gates[1], gates[2]], ("axis", 0L));
    }

    private static string Function(Layer layer, string activation) => activation switch
    {
        "sigmoid" => "Sigmoid",
        "tanh" => "Tanh",
        "relu" => "Relu",
        "hard_sigmoid" => "HardSigmoid",
        "linear" => "Affine",
        "softsign" => "Softsign",
        "softplus" => "Softplus",
        "elu" => "Elu",
        _ => throw new FormatException($"the activation '{activation}' of the layer '{layer.Name}', which cannot be run"),
    };

    private static KerasValue BothWays(Layer layer)
    {
        JsonElement inner = layer.Config.GetProperty("layer"), config = inner.GetProperty("config");
        string kind = inner.GetProperty("class_name").GetString() ?? "";
        if (kind is not ("LSTM" or "GRU" or "SimpleRNN" or "CuDNNLSTM" or "CuDNNGRU") || Truth(config, "go_backwards", false)
            || (layer.Config.TryGetProperty("backward_layer", out JsonElement back) && back.ValueKind == JsonValueKind.Object && back.GetProperty("class_name").GetString() != kind))
        {
            throw new FormatException($"the layer '{layer.Name}' with '{kind}' in both directions");
        }

        int half = layer.Weights.Count / 2;
        bool isWhole = Truth(config, "return_sequences", false);
        string forth = OneWay(layer.Part("forward", config, [.. layer.Weights.Take(half)]), kind, isReverse: false, flips: false);
        string reverse = OneWay(layer.Part("backward", config, [.. layer.Weights.Skip(half)]), kind, isReverse: true, flips: false);
        int rank = isWhole ? 3 : 2;
        return Read(layer, Text(layer.Config, "merge_mode", "concat") switch
        {
            "concat" => layer.Give("Concat", [forth, reverse], rank, ("axis", rank - 1L)),
            "sum" => layer.Give("Sum", [forth, reverse], rank),
            "mul" => layer.Give("Mul", [forth, reverse], rank),
            "ave" => layer.Give("Mean", [forth, reverse], rank),
            var other => throw new FormatException($"the layer '{layer.Name}' that joins its directions by '{other}'"),
        });
    }

    // Over the steps that count.
    private static KerasValue Mean(Layer layer)
    {
        if (layer.X.Mask is not { } mask)
        {
            return layer.Give("ReduceMean", [layer.X.Name], 2, ("axes", (long[])[1]), ("keepdims", 0L));
        }

        string axis = layer.Integers("axis_1", 1);
        string shown = layer.Step("Mul", "shown", [layer.X.Name, layer.Step("Unsqueeze", "each", [mask, layer.Integers("axis_2", 2)])]);
        return layer.Give("Div", [layer.Step("ReduceSum", "sum", [shown, axis], ("keepdims", 0L)), layer.Step("ReduceSum", "count", [mask, axis], ("keepdims", 1L))], 2);
    }

    // [B, T, C] goes through windows as [B, C, T].
    private static KerasValue Windows(Layer layer)
    {
        JsonElement config = layer.Config;
        string y = layer.Step(
            "Conv", "conv", Taken(layer, true, layer.Weight("kernel", [2, 1, 0]), Turned(layer, "channels_first", layer.X.Name)),
            ("strides", (long[])[One(config, "strides", 1)]), ("dilations", (long[])[One(config, "dilation_rate", 1)]), ("auto_pad", Padding(config)), ("group", (long)Number(config, "groups", 1)));
        return layer.Finish(Turned(layer, "channels_last", y), Text(config, "activation", "linear"), 3);
    }

    private static string Turned(Layer layer, string part, string value) => layer.Step("Transpose", part, [value], ("perm", (long[])[0, 2, 1]));

    private static long One(JsonElement config, string name, long otherwise) =>
        !config.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null ? otherwise : value.ValueKind == JsonValueKind.Number ? value.GetInt64() : value[0].GetInt64();

    // Layers that look at the last axis alone do the same to every step.
    private KerasValue EachStep(Layer layer, KerasValue[] x, IReadOnlyList<KeyValuePair<string, NamedArray>> weights)
    {
        JsonElement inner = layer.Config.GetProperty("layer");
        string kind = inner.GetProperty("class_name").GetString() ?? "";
        return kind is "Dense" or "Activation" or "Dropout" or "ReLU" or "LeakyReLU" or "ELU" && x[0].Rank == 3
            ? Add(kind, layer.Name, layer.Output, inner.GetProperty("config"), x, weights)
            : throw new FormatException($"the layer '{layer.Name}' with '{kind}' for each step");
    }
}
