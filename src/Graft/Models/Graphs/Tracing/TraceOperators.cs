using Graft.Tensors;

namespace Graft.Models.Graphs.Tracing;

/// <summary>Says every op of ours in operators of ONNX (opset 17).</summary>
internal static class TraceOperators
{
    // Element types of ONNX.
    private const long Float = 1;
    private const long Integer32 = 6;
    private const long Integer = 7;
    private const long Truth = 9;

    /// <summary>Adds the operators of one op. An op whose operands depend on no input is not added: its result is a constant.</summary>
    public static void Add(in TraceStep step)
    {
        if (step.Name is "Copy" or "ReverseGradient")
        {
            step.Builder.Alias(step.Result(), step.Place(0));
        }
        else if (step.IsLive)
        {
            Translate(step);
        }
        else if (step.Count > 0 && step.ResultCount == 1)
        {
            step.Builder.Derive(step.Result(), step.Place(0), step.Name.ToLowerInvariant());
        }
    }

    private static void Translate(in TraceStep s)
    {
        TraceBuilder b = s.Builder;
        switch (s.Name)
        {
            case "Relu" or "Sigmoid" or "Tanh" or "Exp" or "Log" or "Sqrt" or "Abs" or "Reciprocal" or "Softplus" or "Erf":
                s.Give(s.Name, [s.In(0)]);
                break;
            case "HardSwish":
                s.Give("HardSwish", [s.In(0)]);
                break;
            case "HardSigmoid":
                s.Give("HardSigmoid", [s.In(0)], ("alpha", s.Number("p")), ("beta", s.Number("q")));
                break;
            case "Relu6":
                s.Give("Clip", [s.In(0), b.Number(0), b.Number(6)]);
                break;
            case "Negate":
                s.Give("Neg", [s.In(0)]);
                break;
            case "Square":
                s.Give("Mul", [s.In(0), s.In(0)]);
                break;
            case "Elu" or "LeakyRelu":
                s.Give(s.Name, [s.In(0)], ("alpha", s.Number("p")));
                break;
            case "Pow":
                s.Give("Pow", [s.In(0), b.Number(s.Number("p"))]);
                break;
            case "Clamp":
                s.Give("Clip", [s.In(0), b.Number(s.Number("p")), b.Number(s.Number("q"))]);
                break;
            case "Affine":
                s.Give(Affine(b, s.In(0), s.Number("p"), s.Number("q")));
                break;
            case "Silu":
                s.Give("Mul", [s.In(0), b.Add("Sigmoid", [s.In(0)])]);
                break;
            case "Gelu":
                string erf = b.Add("Erf", [Affine(b, s.In(0), MathF.Sqrt(0.5f), 0)]);
                s.Give("Mul", [s.In(0), Affine(b, erf, 0.5f, 0.5f)]);
                break;
            case "Add":
                s.Give("Add", [s.In(0), s.In(1)]);
                break;
            case "Subtract":
                s.Give("Sub", [s.In(0), s.In(1)]);
                break;
            case "Multiply":
                s.Give("Mul", [s.In(0), s.In(1)]);
                break;
            case "Divide":
                s.Give("Div", [s.In(0), s.In(1)]);
                break;
            case "Max" or "Min" or "MatMul":
                s.Give(s.Name, [s.In(0), s.In(1)]);
                break;
            case "EqualTo":
                s.Give("Cast", [b.Add("Equal", [s.In(0), s.In(1)])], ("to", Float));
                break;
            case "GreaterThan":
                s.Give("Cast", [b.Add("Greater", [s.In(0), s.In(1)])], ("to", Float));
                break;
            case "Where":
                s.Give("Where", [b.Add("Cast", [s.In(0)], ("to", Truth)), s.In(1), s.In(2)]);
                break;
            case "ToFloat":
                s.Give("Cast", [s.In(0)], ("to", Float));
                b.IntegersOf[b.NameOf(s.Result())] = s.In(0);
                break;
            case "ToInt":
                s.Give(b.IntegersOf.TryGetValue(s.In(0), out string? integers) ? integers : b.Add("Cast", [s.In(0)], ("to", Integer)));
                break;
            case "ReduceSum":
                s.Give("ReduceSum", [s.In(0), b.Integers(Axes(s))], ("keepdims", 1L));
                break;
            case "ReduceMax" or "ReduceMin":
                s.Give(s.Name, [s.In(0)], ("axes", Axes(s)), ("keepdims", 1L));
                break;
            case "ArgMax":
                s.Give("ArgMax", [s.In(0)], ("axis", (long)s.Integer("axis")), ("keepdims", 1L));
                break;
            case "Softmax" or "LogSoftmax":
                s.Give(s.Name, [Affine(b, s.In(0), s.Number("scale"), 0)], ("axis", -1L));
                break;
            case "Reshape":
                s.Give(TraceShapes.Reshape(b, s.In(0), s.Sizes(0), s.ResultSizes));
                break;
            case "Permute":
                int rank = s.Rank(0);
                s.Give("Transpose", [s.In(0)], ("perm", Array.ConvertAll(s.List("axes"), a => (long)(a < 0 ? a + rank : a))));
                break;
            case "Transpose":
                long[] order = [.. Enumerable.Range(0, s.Rank(0)).Select(i => (long)i)];
                (order[s.Integer("first")], order[s.Integer("second")]) = (order[s.Integer("second")], order[s.Integer("first")]);
                s.Give("Transpose", [s.In(0)], ("perm", order));
                break;
            case "Slice":
                TraceShapes.Slice(s);
                break;
            case "Expand":
                TraceShapes.Expand(s);
                break;
            case "Concat":
                string[] parts = [.. Enumerable.Range(0, s.Count).Where(s.HasElements).Select(s.In)];
                s.Give(parts.Length == 1 ? parts[0] : b.Add("Concat", parts, ("axis", (long)s.Integer("axis"))));
                break;
            case "IndexSelect":
                s.Give("Gather", [s.In(0), s.In(1)], ("axis", 0L));
                break;
            case "Gather":
                s.Give("GatherElements", [s.In(0), s.In(1)], ("axis", -1L));
                break;
            case "Mix":
                TraceShapes.Mix(s);
                break;
            case "Linear":
                Linear(s);
                break;
            case "Conv2d" or "ConvTranspose2d":
                TracePictures.Convolution(s);
                break;
            case "Pad":
                s.Give("Pad", [s.In(0), b.Integers([.. s.List("before").Select(n => (long)n), .. s.List("behind").Select(n => (long)n)]), b.Number(s.Number("value"))]);
                break;
            case "MaxPool2d":
                TracePictures.MaxPool(s);
                break;
            case "AvgPool2d":
                TracePictures.AveragePool(s);
                break;
            case "AdaptiveAvgPool2d":
                TracePictures.AdaptivePool(s);
                break;
            case "BatchNorm" when !s.Flag("training"):
                int channels = s.Sizes(3)[0].Count;
                Activated(s, b.Add(
                    "BatchNormalization",
                    [s.In(0), s.Has(1) ? s.In(1) : b.Vector(channels, 1), s.Has(2) ? s.In(2) : b.Vector(channels, 0), s.In(3), s.In(4)],
                    ("epsilon", s.Number("epsilon"))));
                break;
            case "LayerNorm":
                LayerNorm(s);
                break;
            case "GroupNorm":
                GroupNorm(s);
                break;
            case "Lstm" or "Gru":
                TraceRecurrent.Add(s, s.Has(5) ? b.Add("Cast", [s.In(5)], ("to", Integer32)) : "");
                break;
            default:
                throw b.Refused("ops that ONNX can say", s.Name is "Dropout" or "BatchNorm" ? $"{s.Name} of a network in training. Call Train(false) before" : $"'{s.Name}', for which no operator is known");
        }
    }

    private static string Affine(TraceBuilder b, string x, float scale, float shift)
    {
        x = scale == 1 ? x : b.Add("Mul", [x, b.Number(scale)]);
        return shift == 0 ? x : b.Add("Add", [x, b.Number(shift)]);
    }

    private static long[] Axes(in TraceStep s)
    {
        int mask = s.Integer("mask");
        return [.. Enumerable.Range(0, s.Rank(0)).Where(i => (mask >> i & 1) != 0).Select(i => (long)i)];
    }

    /// <summary>Says what the op's result is called, after max(y, 0) where the op does that as well.</summary>
    public static void Activated(in TraceStep s, string result) => s.Give(s.Flag("relu") ? s.Builder.Add("Relu", [result]) : result);

    private static void Linear(in TraceStep s)
    {
        TraceBuilder b = s.Builder;
        if (s.Rank(0) == 2)
        {
            Activated(s, b.Add("Gemm", s.Has(2) ? [s.In(0), s.In(1), s.In(2)] : [s.In(0), s.In(1)], ("transB", 1L)));
            return;
        }

        string weight = b.IsLive(s.Place(1)) ? b.Add("Transpose", [s.In(1)], ("perm", (long[])[1, 0])) : b.Constant(s.Place(1), "transposed", Transposed);
        string product = b.Add("MatMul", [s.In(0), weight]);
        Activated(s, s.Has(2) ? b.Add("Add", [product, s.In(2)]) : product);
    }

    private static GraphTensor Transposed(GraphTensor matrix)
    {
        int rows = matrix.Sizes[0], columns = matrix.Sizes[1];
        var values = new float[rows * columns];
        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < columns; c++)
            {
                values[(c * rows) + r] = matrix.Values![(r * columns) + c];
            }
        }

        return new GraphTensor([columns, rows], values);
    }

    private static void LayerNorm(in TraceStep s)
    {
        TraceBuilder b = s.Builder;
        int axes = s.Integer("axes");
        int[] row = [.. s.Sizes(0).TakeLast(axes).Select(size => size.Count)];
        string weight = s.Has(1) ? s.In(1) : b.Constant("ones", new GraphTensor(row, Enumerable.Repeat(1f, row.Aggregate(1, (x, y) => x * y)).ToArray()));
        s.Give("LayerNormalization", s.Has(2) ? [s.In(0), weight, s.In(2)] : [s.In(0), weight], ("axis", (long)-axes), ("epsilon", s.Number("epsilon")));
    }

    // The groups as channels of an instance normalization, then the weights of each channel.
    private static void GroupNorm(in TraceStep s)
    {
        TraceBuilder b = s.Builder;
        TraceSize[] sizes = s.Sizes(0);
        int groups = s.Integer("groups"), channels = sizes[1].Count, rest = sizes.Skip(2).Aggregate(channels / groups, (n, size) => n * size.Count);
        TraceSize[] grouped = [sizes[0], new(groups, false), new(rest, false)];
        string flat = TraceShapes.Reshape(b, s.In(0), sizes, grouped);
        string normalized = b.Add("InstanceNormalization", [flat, b.Vector(groups, 1), b.Vector(groups, 0)], ("epsilon", s.Number("epsilon")));
        string y = TraceShapes.Reshape(b, normalized, grouped, sizes);
        TraceSize[] vector = [new(channels, false), .. Enumerable.Repeat(new TraceSize(1, false), sizes.Length - 2)];
        y = s.Has(1) ? b.Add("Mul", [y, TraceShapes.Reshape(b, s.In(1), s.Sizes(1), vector)]) : y;
        s.Give(s.Has(2) ? b.Add("Add", [y, TraceShapes.Reshape(b, s.In(2), s.Sizes(2), vector)]) : y);
    }
}
