using System.Text.Json;

namespace Graft.Tensors.Tests.Ops;

/// <summary>Values and gradients of every op against PyTorch's, from Golden/ops.json; Golden/make_golden.py made it.</summary>
[Trait("category", "ops")]
public sealed class OpGoldenTests
{
    private static readonly JsonElement[] Cases = Read();

    private static readonly Dictionary<string, Func<Tensor[], JsonElement, Tensor>> Ops = new()
    {
        ["abs"] = (x, _) => x[0].Abs(),
        ["exp"] = (x, _) => x[0].Exp(),
        ["log"] = (x, _) => x[0].Log(),
        ["sqrt"] = (x, _) => x[0].Sqrt(),
        ["square"] = (x, _) => x[0].Square(),
        ["negate"] = (x, _) => x[0].Negate(),
        ["reciprocal"] = (x, _) => x[0].Reciprocal(),
        ["pow"] = (x, a) => x[0].Pow(Number(a, "exponent")),
        ["clamp"] = (x, a) => x[0].Clamp(Number(a, "low"), Number(a, "high")),
        ["relu"] = (x, _) => x[0].Relu(),
        ["leaky_relu"] = (x, a) => x[0].LeakyRelu(Number(a, "slope")),
        ["gelu"] = (x, _) => x[0].Gelu(),
        ["silu"] = (x, _) => x[0].Silu(),
        ["elu"] = (x, a) => x[0].Elu(Number(a, "alpha")),
        ["tanh"] = (x, _) => x[0].Tanh(),
        ["sigmoid"] = (x, _) => x[0].Sigmoid(),
        ["softplus"] = (x, _) => x[0].Softplus(),
        ["add"] = (x, _) => x[0] + x[1],
        ["subtract"] = (x, _) => x[0] - x[1],
        ["multiply"] = (x, _) => x[0] * x[1],
        ["divide"] = (x, _) => x[0] / x[1],
        ["maximum"] = (x, _) => x[0].Max(x[1]),
        ["minimum"] = (x, _) => x[0].Min(x[1]),
        ["where"] = (x, _) => Tensor.Where(x[0].GreaterThan(Tensor.Zero), x[1], x[2]),
        ["sum"] = (x, a) => x[0].Sum(Flag(a, "keep"), Integers(a, "axes")),
        ["mean"] = (x, a) => x[0].Mean(Flag(a, "keep"), Integers(a, "axes")),
        ["amax"] = (x, a) => x[0].Max(Flag(a, "keep"), Integers(a, "axes")),
        ["amin"] = (x, a) => x[0].Min(Flag(a, "keep"), Integers(a, "axes")),
        ["logsumexp"] = (x, a) => x[0].LogSumExp(Flag(a, "keep"), Integers(a, "axes")),
        ["var"] = (x, a) => x[0].Variance(Flag(a, "keep"), Flag(a, "unbiased"), Integers(a, "axes")),
        ["matmul"] = (x, _) => x[0].MatMul(x[1]),
        ["matmul_transposed"] = (x, _) => x[0].Transpose().MatMul(x[1].Transpose()),
        ["linear"] = (x, a) => x[0].Linear(x[1], x.Length > 2 ? x[2] : null, Flag(a, "relu")),
        ["permute_reshape"] = (x, _) => x[0].Permute(2, 0, 1).Reshape(8, 3),
        ["slice"] = (x, _) => x[0].Slice(1, 1, 3, 2),
        ["expand"] = (x, _) => x[0].Expand(2, 3, 4),
        ["concat"] = (x, a) => Tensor.Concat(x, Integer(a, "axis")),
        ["stack"] = (x, a) => Tensor.Stack(x, Integer(a, "axis")),
        ["index_select"] = (x, a) => x[0].IndexSelect(Tensor.From(Integers(a, "places"), [6])),
        ["embedding"] = (x, a) => x[0].Embedding(Tensor.From(Integers(a, "places"), [2, 3]), Integer(a, "padding")),
        ["scatter_add"] = (x, a) => x[0].ScatterAdd(Tensor.From(Integers(a, "places"), [6]), x[1]),
        ["gather"] = (x, a) => x[0].Gather(Tensor.From(Integers(a, "places"), [3, 2])),
        ["softmax"] = (x, a) => x[0].Softmax(Integer(a, "axis")),
        ["log_softmax"] = (x, a) => x[0].LogSoftmax(Integer(a, "axis")),
        ["conv2d"] = (x, a) => x[0].Conv2d(
            x[1], x.Length > 2 ? x[2] : null, Two(a, "stride"), Two(a, "padding"), Two(a, "dilation"), Integer(a, "groups", 1), Flag(a, "relu")),
        ["conv_transpose2d"] = (x, a) => x[0].ConvTranspose2d(
            x[1], x[2], Two(a, "stride"), Two(a, "padding"), Two(a, "output_padding"), Two(a, "dilation"), Integer(a, "groups", 1), Flag(a, "relu")),
        ["conv1d"] = (x, a) => x[0].Conv1d(x[1], x[2], Integer(a, "stride"), Integer(a, "padding")),
        ["relu6"] = (x, _) => x[0].Relu6(),
        ["hardsigmoid"] = (x, _) => x[0].HardSigmoid(),
        ["hardswish"] = (x, _) => x[0].HardSwish(),
        ["pad"] = (x, a) => x[0].Pad(Integers(a, "before"), Integers(a, "behind"), Number(a, "value")),
        ["max_pool2d"] = (x, a) => x[0].MaxPool2d(
            Two(a, "kernel")!.Value, Two(a, "stride"), Two(a, "padding"), Two(a, "dilation"), Integer(a, "ceil") == 1),
        ["avg_pool2d"] = (x, a) => x[0].AvgPool2d(Two(a, "kernel")!.Value, Two(a, "stride"), Two(a, "padding"), Flag(a, "count"), Integer(a, "ceil") == 1),
        ["adaptive_avg_pool2d"] = (x, a) => x[0].AdaptiveAvgPool2d(Two(a, "size")!.Value),
        ["batch_norm"] = BatchNorm,
        ["layer_norm"] = (x, a) => x[0].LayerNorm(x[1], x[2], Integer(a, "axes")),
        ["group_norm"] = (x, a) => x[0].GroupNorm(Integer(a, "groups"), x[1], x[2]),
        ["cross_entropy"] = (x, a) => x[0].CrossEntropy(
            Tensor.From(Integers(a, "targets"), Shape.Create([x[0].Shape[0], .. x[0].Shape.Sizes[2..]])),
            Weights(a, "weighted", x[0].Shape[1], 60), Number(a, "smoothing"), reduction: Reduced(a)),
        ["cross_entropy_probabilities"] = (x, a) => x[0].CrossEntropy(
            x[1], Weights(a, "weighted", 3, 60), Number(a, "smoothing"), reduction: Reduced(a)),
        ["mse_loss"] = (x, a) => x[0].MseLoss(x[1], Reduced(a)),
        ["l1_loss"] = (x, a) => x[0].L1Loss(x[1], Reduced(a)),
        ["huber_loss"] = (x, a) => x[0].HuberLoss(x[1], Number(a, "delta"), Reduced(a)),
        ["bce_with_logits"] = (x, a) => x[0].BinaryCrossEntropyWithLogits(
            x[1], Weights(a, "weighted", 4, 61), Weights(a, "positive", 4, 62), Reduced(a)),
        ["kl_div"] = (x, a) => x[0].KlDivergence(x[1], Flag(a, "log")),
        ["lstm"] = Recurrent,
        ["gru"] = Recurrent,
    };

    public static TheoryData<string> Names => [.. Cases.Select(c => c.GetProperty("op").GetString()!).Distinct()];

    [Theory, MemberData(nameof(Names))]
    public void Values_and_gradients_are_those_of_PyTorch(string op)
    {
        foreach (JsonElement one in Cases.Where(c => c.GetProperty("op").GetString() == op))
        {
            JsonElement args = one.GetProperty("args");
            string what = $"{op} {one.GetProperty("shapes").GetRawText()} {args.GetRawText()}";
            JsonElement[] gradients = [.. one.GetProperty("grads").EnumerateArray()];
            Tensor[] inputs = [.. one.GetProperty("shapes").EnumerateArray().Select((shape, n) =>
            {
                JsonElement range = one.GetProperty("ranges")[n];
                Tensor values = Input(Integers(shape), n + 1, range[0].GetDouble(), range[1].GetDouble());
                return gradients[n].ValueKind == JsonValueKind.Null ? values : Tensor.Variable(values);
            })];

            Tensor y = Ops[op](inputs, args);
            y.Backward(Tensor.From(Formula(y.Count, 99), y.Shape));

            // Sums of some hundred float products, against sums of doubles; values of magnitude 1 to 100.
            Assert.Equal(Integers(one.GetProperty("outShape")), y.Shape.Sizes.ToArray());
            OpConformance.Close(Doubles(one.GetProperty("out")), y.ToArray(), 1e-5, what);
            for (int n = 0; n < inputs.Length; n++)
            {
                if (gradients[n].ValueKind != JsonValueKind.Null)
                {
                    double[] expected = Doubles(gradients[n]);
                    OpConformance.Close(expected, inputs[n].Grad?.ToArray() ?? new float[expected.Length], 5e-5, $"{what}: gradient {n}");
                }
            }

            Graft.Tensors.Autograd.Tape.Current.EndStep();
        }
    }

    [Fact]
    public void Every_op_of_this_table_is_in_the_file()
    {
        Assert.Equal(Ops.Keys.Order(StringComparer.Ordinal), Cases.Select(c => c.GetProperty("op").GetString()!).Distinct().Order(StringComparer.Ordinal));
    }

    private static Tensor BatchNorm(Tensor[] x, JsonElement a)
    {
        int channels = x[0].Shape[1];
        Tensor mean = Tensor.From(Formula(channels, 50), [channels]), variance = Tensor.From([.. Formula(channels, 51).Select(v => v + 1.5f)], [channels]);
        Tensor y = x[0].BatchNorm(mean, variance, x[1], x[2], Flag(a, "training"), momentum: 0.2f);
        return Tensor.Concat([y.Reshape(-1), mean, variance], 0);
    }

    // x, four parts of each direction, first states of both directions.
    private static Tensor Recurrent(Tensor[] x, JsonElement a)
    {
        Tensor lengths = Tensor.From(Integers(a, "lengths"), [x[0].Shape[0]]);
        RecurrentResult Direction(int d)
        {
            Tensor[] w = x[(1 + (4 * d))..(5 + (4 * d))];
            return x.Length == 11
                ? x[0].Lstm(w[0], w[1], w[2], w[3], lengths, x[9].Select(0, d), x[10].Select(0, d), reverse: d == 1)
                : x[0].Gru(w[0], w[1], w[2], w[3], lengths, x[9].Select(0, d), reverse: d == 1);
        }

        RecurrentResult there = Direction(0), back = Direction(1);
        Tensor outputs = Tensor.Concat([there.Output, back.Output], 2).Reshape(-1), hidden = Tensor.Stack([there.Hidden, back.Hidden]).Reshape(-1);
        return x.Length == 11
            ? Tensor.Concat([outputs, hidden, Tensor.Stack([there.Cell, back.Cell]).Reshape(-1)], 0)
            : Tensor.Concat([outputs, hidden], 0);
    }

    private static Tensor? Weights(JsonElement args, string name, int count, int seed) =>
        Flag(args, name) ? Tensor.From([.. Formula(count, seed).Select(v => v + 1.5f)], [count]) : null;

    private static Reduction Reduced(JsonElement args) => Enum.Parse<Reduction>(args.GetProperty("reduction").GetString()!, ignoreCase: true);

    private static Tensor Input(int[] shape, int seed, double low, double high) => Tensor.From(
        [.. Formula(Nd.Size(shape), seed).Select(v => (float)((v * ((high - low) / 2)) + ((high + low) / 2)))], Shape.Create(shape));

    private static float[] Formula(int count, int seed) =>
        [.. Enumerable.Range(0, count).Select(i => (float)((((i * 7919L) + (seed * 104729L) + 12345) % 2003 / 1001.5) - 1))];

    private static float Number(JsonElement args, string name) => args.GetProperty(name).GetSingle();

    private static int Integer(JsonElement args, string name, int otherwise = 0) => args.TryGetProperty(name, out JsonElement value) ? value.GetInt32() : otherwise;

    private static bool Flag(JsonElement args, string name) => args.GetProperty(name).GetBoolean();

    private static int[] Integers(JsonElement args, string name) => Integers(args.GetProperty(name));

    private static int[] Integers(JsonElement array) => [.. array.EnumerateArray().Select(v => v.GetInt32())];

    private static double[] Doubles(JsonElement array) => [.. array.EnumerateArray().Select(v => v.GetDouble())];

    private static Pair? Two(JsonElement args, string name) =>
        args.TryGetProperty(name, out JsonElement value) ? new Pair(value[0].GetInt32(), value[1].GetInt32()) : null;

    private static JsonElement[] Read()
    {
        using FileStream file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Golden", "ops.json"));
        return [.. JsonDocument.Parse(file).RootElement.GetProperty("cases").EnumerateArray()];
    }
}
