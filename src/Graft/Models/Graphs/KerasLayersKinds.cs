using System.Text.Json;

namespace Graft.Models.Graphs;

/// <summary>The kinds of layers that take more than one node.</summary>
internal sealed partial class KerasLayers
{
    private static KerasValue Convolution(Layer layer, string kind)
    {
        JsonElement config = layer.Config;
        long[] strides = Two(config, "strides", 1), dilations = Two(config, "dilation_rate", 1);
        (string Name, object Value)[] window = [("strides", strides), ("dilations", dilations), ("auto_pad", Padding(config))];
        string y;
        if (kind is "DepthwiseConv2D" or "SeparableConv2D")
        {
            string role = layer.Find("depthwise_kernel") is not null ? "depthwise_kernel" : "kernel";
            IReadOnlyList<int> sizes = layer.Array(role).Sizes;
            if (sizes.Count != 4)
            {
                throw new FormatException($"the layer '{layer.Name}' with a kernel of {sizes.Count} axes");
            }

            string kernel = layer.Weight(role, [2, 3, 0, 1], [sizes[2] * sizes[3], 1, sizes[0], sizes[1]]);
            bool isWhole = kind == "DepthwiseConv2D";
            y = layer.Step("Conv", isWhole ? "conv" : "depthwise", Taken(layer, isWhole, kernel), [.. window, ("group", (long)sizes[2])]);
            y = isWhole ? y : layer.Step("Conv", "conv", Taken(layer, true, layer.Weight("pointwise_kernel", [3, 2, 0, 1]), y));
        }
        else if (kind == "Conv2DTranspose")
        {
            string kernel = layer.Weight("kernel", [3, 2, 0, 1]);
            y = layer.Step("ConvTranspose", "conv", Taken(layer, true, kernel), Transposed(layer, strides, dilations));
        }
        else
        {
            y = layer.Step("Conv", "conv", Taken(layer, true, layer.Weight("kernel", [3, 2, 0, 1])), [.. window, ("group", (long)Number(config, "groups", 1))]);
        }

        return layer.Finish(y, Text(config, "activation", "linear"), 4);
    }

    // With padding "same" the result is the input times the stride; what is over is cut off, or added behind.
    private static (string Name, object Value)[] Transposed(Layer layer, long[] strides, long[] dilations)
    {
        IReadOnlyList<int> kernel = layer.Array("kernel").Sizes;
        if (Padding(layer.Config) == "VALID")
        {
            return [("strides", strides), ("dilations", dilations)];
        }

        var pads = new long[4];
        var more = new long[2];
        for (int i = 0; i < 2; i++)
        {
            long over = ((kernel[i] - 1) * dilations[i]) + 1 - strides[i];
            (pads[i], pads[i + 2], more[i]) = (Math.Max(0, over / 2), Math.Max(0, over - (over / 2)), Math.Max(0, -over));
        }

        return [("strides", strides), ("dilations", dilations), ("pads", pads), ("output_padding", more)];
    }

    private static string[] Taken(Layer layer, bool withBias, string kernel, string? x = null) =>
        withBias && Truth(layer.Config, "use_bias", true) ? [x ?? layer.X.Name, kernel, layer.Weight("bias")] : [x ?? layer.X.Name, kernel];

    private static string Padding(JsonElement config) => Text(config, "padding", "valid").ToUpperInvariant() switch
    {
        "SAME" => "SAME_UPPER",
        "VALID" => "VALID",
        var other => throw new FormatException($"the padding '{other}'"),
    };

    private static KerasValue Dense(Layer layer)
    {
        bool hasBias = Truth(layer.Config, "use_bias", true);
        int rank = layer.X.Rank;
        IReadOnlyList<int> sizes = layer.Array("kernel").Sizes;
        string y;
        switch (rank)
        {
            case 2:
                string kernel = layer.Weight("kernel", [1, 0]);
                y = layer.Step("Gemm", "dense", hasBias ? [layer.X.Name, kernel, layer.Weight("bias")] : [layer.X.Name, kernel], ("transB", 1L));
                break;
            case 4:
                kernel = layer.Weight("kernel", [1, 0], sizes.Count == 2 ? [sizes[1], sizes[0], 1, 1] : null);
                y = layer.Step("Conv", "dense", hasBias ? [layer.X.Name, kernel, layer.Weight("bias")] : [layer.X.Name, kernel]);
                break;
            default:
                y = layer.Step("MatMul", "dense", [layer.X.Name, layer.Weight("kernel")]);
                y = hasBias ? layer.Step("Add", "shifted", [y, layer.Weight("bias")]) : y;
                break;
        }

        return layer.Finish(y, Text(layer.Config, "activation", "linear"), rank);
    }

    // Keras' momentum is the share of the running statistics that is kept, as in ONNX.
    private static KerasValue BatchNormalization(Layer layer)
    {
        int channels = layer.Array("moving_mean").Sizes.Aggregate(1, (a, b) => a * b);
        long axis = Axis(layer.X.Rank, layer.Config.TryGetProperty("axis", out JsonElement given) && given.ValueKind == JsonValueKind.Array ? given[0].GetInt32() : (int)Number(layer.Config, "axis", -1));
        if (axis != 1)
        {
            throw new FormatException($"the layer '{layer.Name}' that normalizes another axis than the channels of pictures or the features of rows");
        }

        string scale = Truth(layer.Config, "scale", true) ? layer.Weight("gamma") : layer.Fill("gamma", channels, 1);
        string shift = Truth(layer.Config, "center", true) ? layer.Weight("beta") : layer.Fill("beta", channels, 0);
        return layer.Give(
            "BatchNormalization", [layer.X.Name, scale, shift, layer.Weight("moving_mean"), layer.Weight("moving_variance")], layer.X.Rank,
            ("epsilon", (float)Number(layer.Config, "epsilon", 1e-3)), ("momentum", (float)Number(layer.Config, "momentum", 0.99)));
    }

    private static KerasValue LayerNormalization(Layer layer) => layer.X.Rank == 4 || layer.Find("gamma") is null || layer.Find("beta") is null
        ? throw new FormatException($"the layer '{layer.Name}' that normalizes pictures, or without gamma and beta")
        : layer.Give("LayerNormalization", [layer.X.Name, layer.Weight("gamma"), layer.Weight("beta")], layer.X.Rank, ("epsilon", (float)Number(layer.Config, "epsilon", 1e-3)));

    private static KerasValue Relu(Layer layer)
    {
        double slope = Number(layer.Config, "negative_slope", 0), most = Number(layer.Config, "max_value", double.PositiveInfinity);
        if (Number(layer.Config, "threshold", 0) != 0)
        {
            throw new FormatException($"the layer '{layer.Name}' with a threshold");
        }

        return slope != 0 && double.IsFinite(most) ? throw new FormatException($"the layer '{layer.Name}' with both a slope and a bound")
            : slope != 0 ? layer.Give("LeakyRelu", [layer.X.Name], layer.X.Rank, ("alpha", (float)slope))
            : double.IsFinite(most) ? layer.Give("Clip", [layer.X.Name, layer.Number("low", 0), layer.Number("high", most)], layer.X.Rank)
            : layer.Give("Relu", [layer.X.Name], layer.X.Rank);
    }

    private static KerasValue Pool(Layer layer, string kind)
    {
        if (layer.X.Rank == 3)
        {
            long window = One(layer.Config, "pool_size", 2);
            string y = layer.Step(
                kind == "MaxPooling1D" ? "MaxPool" : "AveragePool", "pooled", [Turned(layer, "channels_first", layer.X.Name)],
                ("kernel_shape", (long[])[window]), ("strides", (long[])[One(layer.Config, "strides", window)]), ("auto_pad", Padding(layer.Config)));
            return layer.Give("Transpose", [y], 3, ("perm", (long[])[0, 2, 1]));
        }

        long[] size = Two(layer.Config, "pool_size", 2);
        long[] strides = layer.Config.TryGetProperty("strides", out JsonElement given) && given.ValueKind != JsonValueKind.Null ? Two(layer.Config, "strides", 1) : size;
        return layer.Give(kind == "MaxPooling2D" ? "MaxPool" : "AveragePool", [layer.X.Name], 4, ("kernel_shape", size), ("strides", strides), ("auto_pad", Padding(layer.Config)));
    }

    private static KerasValue GlobalPool(Layer layer, string op) => Truth(layer.Config, "keepdims", false)
        ? layer.Give(op, [layer.X.Name], 4)
        : layer.Give("Flatten", [layer.Step(op, "pooled", [layer.X.Name])], 2);

    // [[top, bottom], [left, right]], [high, wide] or one number for all.
    private static KerasValue Pad(Layer layer, int sign)
    {
        JsonElement given = layer.Config.GetProperty(sign > 0 ? "padding" : "cropping");
        long At(int axis, int end) => sign * (given.ValueKind == JsonValueKind.Number ? given.GetInt64()
            : given[axis].ValueKind == JsonValueKind.Number ? given[axis].GetInt64() : given[axis][end].GetInt64());
        return layer.Give("Pad", [layer.X.Name, layer.Integers("pads", 0, 0, At(0, 0), At(1, 0), 0, 0, At(0, 1), At(1, 1))], 4);
    }

    private static KerasValue Enlarge(Layer layer)
    {
        long[] size = Two(layer.Config, "size", 2);
        return Text(layer.Config, "interpolation", "nearest") switch
        {
            "nearest" => layer.Give("Resize", [layer.X.Name, "", layer.Scales(size)], 4, ("mode", "nearest"), ("coordinate_transformation_mode", "asymmetric"), ("nearest_mode", "floor")),
            "bilinear" => layer.Give("Resize", [layer.X.Name, "", layer.Scales(size)], 4, ("mode", "linear"), ("coordinate_transformation_mode", "half_pixel")),
            var other => throw new FormatException($"the layer '{layer.Name}' that enlarges by '{other}'"),
        };
    }

    // A row of factors stretches over a picture.
    private static KerasValue Multiply(Layer layer, KerasValue[] x)
    {
        int rank = x.Max(v => v.Rank);
        string y = x[0].Name;
        for (int i = 1; i < x.Length - 1; i++)
        {
            y = layer.Step("Mul", $"product{i}", [y, x[i].Name]);
        }

        return layer.Give("Mul", [y, x[^1].Name], rank);
    }

    private static KerasValue Reshape(Layer layer)
    {
        long[] target = [.. layer.Config.GetProperty("target_shape").EnumerateArray().Select(s => s.ValueKind == JsonValueKind.Number ? s.GetInt64() : -1)];
        string from = layer.ChannelsLast(layer.X), shape = layer.Integers("shape", [0, .. target]);
        return target.Length == 3
            ? layer.Give("Transpose", [layer.Step("Reshape", "shaped", [from, shape])], 4, ("perm", (long[])[0, 3, 1, 2]))
            : layer.Give("Reshape", [from, shape], target.Length + 1);
    }

    private static KerasValue Permute(Layer layer)
    {
        long[] axes = [0, .. layer.Config.GetProperty("dims").EnumerateArray().Select(d => d.GetInt64())];
        string y = layer.ChannelsLast(layer.X);
        return axes.Length == 4
            ? layer.Give("Transpose", [layer.Step("Transpose", "permuted", [y], ("perm", axes))], 4, ("perm", (long[])[0, 3, 1, 2]))
            : layer.Give("Transpose", [y], axes.Length, ("perm", axes));
    }
}
