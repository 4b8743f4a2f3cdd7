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
                s.Give(Reshape(b, s.In(0), s.Sizes(0), s.ResultSizes));
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
                Slice(s);
                break;
            case "Expand":
                Expand(s);
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
                Mix(s);
                break;
            case "Linear":
                Linear(s);
                break;
            case "Conv2d" or "ConvTranspose2d":
                Convolution(s);
                break;
            case "Pad":
                s.Give("Pad", [s.In(0), b.Integers([.. s.List("before").Select(n => (long)n), .. s.List("behind").Select(n => (long)n)]), b.Number(s.Number("value"))]);
                break;
            case "MaxPool2d":
                s.Give("MaxPool", [s.In(0)], [.. Windows(s, s.Pair("padding"), s.Pair("dilation")), ("dilations", Of(s.Pair("dilation")))]);
                break;
            case "AvgPool2d":
                AveragePool(s);
                break;
            case "AdaptiveAvgPool2d":
                AdaptivePool(s);
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

    // The batch in front is what the other sizes leave; elsewhere its size is computed, so that readers cannot take it for another.
    private static string Reshape(TraceBuilder b, string operand, TraceSize[] from, TraceSize[] to)
    {
        if (!to.All(s => s.IsBatch || s.Count > 0))
        {
            throw b.Refused("shapes with elements", $"[{string.Join(", ", to.Select(s => s.OrOpen))}]");
        }

        int gone = OneMore(from, to), come = OneMore(to, from);
        bool isPlain = from.Concat(to).All(s => !s.IsBatch) || (from[0].IsBatch && to[0].IsBatch && !to.Skip(1).Any(s => s.IsBatch));
        return from.SequenceEqual(to) ? operand
            : gone >= 0 ? b.Add("Squeeze", [operand, b.Integers(gone)])
            : come >= 0 ? b.Add("Unsqueeze", [operand, b.Integers(come)])
            : b.Add("Reshape", [operand, isPlain ? b.Integers([.. to.Select(s => (long)s.OrOpen)]) : b.Shape(to)]);
    }

    // The axis of size 1 that one shape has and the other lacks, or -1.
    private static int OneMore(TraceSize[] more, TraceSize[] less) => more.Length != less.Length + 1 ? -1
        : Array.FindIndex([.. Enumerable.Range(0, more.Length)], i => more[i] == new TraceSize(1, false) && more.Where((_, k) => k != i).SequenceEqual(less));

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

    private static void Activated(in TraceStep s, string result) => s.Give(s.Flag("relu") ? s.Builder.Add("Relu", [result]) : result);

    private static void Slice(in TraceStep s)
    {
        TraceBuilder b = s.Builder;
        int axis = s.Integer("axis"), step = s.Integer("step");
        TraceSize start = s.Size("start"), length = s.Size("length");
        if (step == 1 && start.Count == 0 && length == s.Sizes(0)[axis])
        {
            b.Alias(s.Result(), s.Place(0));
            return;
        }

        bool isBatch = length.IsBatch && (start.IsBatch || start.Count == 0) && step == 1;
        if (!isBatch && (length.IsBatch || start.IsBatch))
        {
            throw b.Refused("slices that keep rows or take whole batches", $"start {start}, length {length}");
        }

        TraceSize end = isBatch ? new TraceSize(start.Count + length.Count, true) : new TraceSize(start.Count + ((length.Count - 1) * step) + 1, false);
        s.Give("Slice", [s.In(0), b.Shape([start]), b.Shape([end]), b.Integers(axis), b.Integers(step)]);
    }

    private static void Expand(in TraceStep s)
    {
        TraceSize[] from = s.Sizes(0), to = s.ResultSizes;
        if (from.SequenceEqual(to))
        {
            s.Builder.Alias(s.Result(), s.Place(0));
            return;
        }

        // An axis that is not stretched needs no size: 1 leaves it.
        int lead = to.Length - from.Length;
        s.Give("Expand", [s.In(0), s.Builder.Shape([.. to.Select((size, i) => i >= lead && from[i - lead] == size ? new TraceSize(1, false) : size)])]);
    }

    // The tensors side by side along a new axis 1, times the weights, summed over it.
    private static void Mix(in TraceStep s)
    {
        TraceBuilder b = s.Builder;
        int count = s.Count - 1;
        var parts = new string[count];
        for (int e = 0; e < count; e++)
        {
            parts[e] = b.Add("Unsqueeze", [s.In(e), b.Integers(1)]);
        }

        TraceSize[] sizes = [.. s.Sizes(count), .. Enumerable.Repeat(new TraceSize(1, false), s.Rank(0) - 1)];
        string all = b.Add("Concat", parts, ("axis", 1L)), weights = Reshape(b, s.In(count), s.Sizes(count), sizes);
        s.Give("ReduceSum", [b.Add("Mul", [all, weights]), b.Integers(1)], ("keepdims", 0L));
    }

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

    private static void Convolution(in TraceStep s)
    {
        Pair stride = s.Pair("stride"), padding = s.Pair("padding"), dilation = s.Pair("dilation");
        List<(string, object)> attributes =
        [
            ("strides", Of(stride)), ("pads", (long[])[.. Of(padding), .. Of(padding)]), ("dilations", Of(dilation)), ("group", (long)s.Integer("groups")),
            ("kernel_shape", (long[])[s.Sizes(1)[2].Count, s.Sizes(1)[3].Count]),
        ];
        if (s.Name == "ConvTranspose2d")
        {
            attributes.Add(("output_padding", Of(s.Pair("outputPadding"))));
        }

        Activated(s, s.Builder.Add(
            s.Name == "Conv2d" ? "Conv" : "ConvTranspose", s.Has(2) ? [s.In(0), s.In(1), s.In(2)] : [s.In(0), s.In(1)], [.. attributes]));
    }

    private static long[] Of(Pair pair) => [pair.Height, pair.Width];

    // Behind the picture as much padding as the last window needs: where windows may run over the edge that is more than before it.
    private static (string, object)[] Windows(in TraceStep s, Pair padding, Pair dilation)
    {
        Pair kernel = s.Pair("kernel"), stride = s.Pair("stride");
        TraceSize[] from = s.Sizes(0), to = s.ResultSizes;
        long Behind(int axis, int kernel, int stride, int padding, int dilation) =>
            Math.Max(padding, ((to[axis].Count - 1L) * stride) + (dilation * (kernel - 1)) + 1 - from[axis].Count - padding);

        return
        [
            ("kernel_shape", Of(kernel)), ("strides", Of(stride)),
            ("pads", (long[])[
                padding.Height, padding.Width,
                Behind(2, kernel.Height, stride.Height, padding.Height, dilation.Height), Behind(3, kernel.Width, stride.Width, padding.Width, dilation.Width)]),
        ];
    }

    // Padding that counts is made of zeros where a window also sees what lies beyond it, which never counts.
    private static void AveragePool(in TraceStep s)
    {
        Pair padding = s.Pair("padding");
        (string, object)[] windows = Windows(s, padding, 1);
        var pads = (long[])windows[2].Item2;
        if (!s.Flag("countPadding") || (pads[2] == padding.Height && pads[3] == padding.Width))
        {
            s.Give("AveragePool", [s.In(0)], [.. windows, ("count_include_pad", s.Flag("countPadding") ? 1L : 0L)]);
            return;
        }

        long[] around = [0, 0, padding.Height, padding.Width, 0, 0, padding.Height, padding.Width];
        string padded = s.Builder.Add("Pad", [s.In(0), s.Builder.Integers(around)]);
        windows[2] = ("pads", (long[])[0, 0, pads[2] - padding.Height, pads[3] - padding.Width]);
        s.Give("AveragePool", [padded], [.. windows, ("count_include_pad", 0L)]);
    }

    private static void AdaptivePool(in TraceStep s)
    {
        TraceSize[] from = s.Sizes(0), to = s.ResultSizes;
        int high = from[2].Count, wide = from[3].Count, rows = to[2].Count, columns = to[3].Count;
        if (rows == 1 && columns == 1)
        {
            s.Give("GlobalAveragePool", [s.In(0)]);
        }
        else if (high % rows == 0 && wide % columns == 0)
        {
            long[] window = [high / rows, wide / columns];
            s.Give("AveragePool", [s.In(0)], ("kernel_shape", window), ("strides", window));
        }
        else
        {
            // Windows of unequal size: a product from the left averages rows, one from the right columns.
            string left = s.Builder.Constant("windows", Windows(high, rows, isLeft: true)), right = s.Builder.Constant("windows", Windows(wide, columns, isLeft: false));
            s.Give("MatMul", [s.Builder.Add("MatMul", [left, s.In(0)]), right]);
        }
    }

    private static GraphTensor Windows(int size, int count, bool isLeft)
    {
        var values = new float[size * count];
        for (int i = 0; i < count; i++)
        {
            int begin = (int)((long)i * size / count), end = (int)((((long)(i + 1) * size) + count - 1) / count);
            for (int j = begin; j < end; j++)
            {
                values[isLeft ? (i * size) + j : (j * count) + i] = 1f / (end - begin);
            }
        }

        return new GraphTensor(isLeft ? [count, size] : [size, count], values);
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
        string flat = Reshape(b, s.In(0), sizes, grouped);
        string normalized = b.Add("InstanceNormalization", [flat, b.Vector(groups, 1), b.Vector(groups, 0)], ("epsilon", s.Number("epsilon")));
        string y = Reshape(b, normalized, grouped, sizes);
        TraceSize[] vector = [new(channels, false), .. Enumerable.Repeat(new TraceSize(1, false), sizes.Length - 2)];
        y = s.Has(1) ? b.Add("Mul", [y, Reshape(b, s.In(1), s.Sizes(1), vector)]) : y;
        s.Give(s.Has(2) ? b.Add("Add", [y, Reshape(b, s.In(2), s.Sizes(2), vector)]) : y);
    }
}
