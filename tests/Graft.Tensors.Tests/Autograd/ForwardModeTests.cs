using Graft.Tensors.Autograd;
using Graft.Tensors.Ops;
using Graft.Tensors.Random;

namespace Graft.Tensors.Tests.Autograd;

/// <summary>Directional derivatives: those of the gradients for every op that has a rule, and those of finite differences for whole networks.</summary>
[Trait("category", "ops")]
public sealed class ForwardModeTests
{
    private static readonly Tensor[] Leaves =
    [
        Leaf(1, 6, 10), Leaf(2, 12, 10), Leaf(3, 12), Leaf(4, 3, 2, 6, 6), Leaf(5, 4, 2, 3, 3), Leaf(6, 4), Leaf(7, 2, 3, 3, 3), Leaf(8, 7, 5), Leaf(9, 10),
        Leaf(10, 24, 6), Leaf(11, 24), Leaf(12, 4, 6), Leaf(13, 18, 5), Leaf(14, 18, 6), Leaf(15, 18),
    ];

    public static TheoryData<string> Ops => [.. Cases.Keys];

    private static Dictionary<string, Func<Tensor>> Cases { get; } = MakeCases();

    [Theory, MemberData(nameof(Ops))]
    public void A_derivative_is_the_inner_product_of_gradient_and_direction(string op)
    {
        Tensor y = Cases[op]();

        AssertAgrees([.. Outputs(y)], [.. Leaves.Where(l => l.RequiresGrad)], 2e-5);
    }

    [Fact]
    public void Leaves_that_were_not_chosen_have_no_part_in_it_and_gradients_stay()
    {
        Tensor x = Leaves[0], w = Leaves[1];
        Tensor loss = x.Linear(w).Tanh().Square().Sum();
        loss.Backward();
        float[] before = w.Grad!.Value.ToArray();

        AssertAgrees([loss], [w], 2e-5);
        AssertAgrees([loss], [x], 2e-5);

        Assert.Equal(before, w.Grad!.Value.ToArray());
        w.ClearGrad();
        x.ClearGrad();
    }

    [Fact]
    public void Directions_may_begin_at_computed_tensors_and_not_reach_an_output()
    {
        Tensor x = Leaves[0], features = x.Linear(Leaves[1]).Tanh();
        Tensor seen = features.Square().Sum(), blind = x.Square().Sum();

        AssertAgrees([seen, blind], [features], 2e-5);
    }

    [Fact]
    public void A_network_of_many_parts_agrees_with_finite_differences()
    {
        Tensor w = Leaf(20, 4, 2, 3, 3), v = Leaf(21, 3, 36), pictures = Data(22, 5, 2, 6, 6), targets = Tensor.From([0, 2, 1, 1, 0], [5]);
        Tensor Loss(Tensor a, Tensor b) =>
            pictures.Conv2d(a, padding: 1).GroupNorm(2).Silu().AvgPool2d(2).Flatten().Linear(b).CrossEntropy(targets);
        Tensor direction = Data(23, w.Count + v.Count);
        Tensor dw = direction.Slice(0, 0, w.Count).Reshape(4, 2, 3, 3), dv = direction.Slice(0, w.Count, v.Count).Reshape(3, 36);
        var found = new double[1];

        ForwardMode.Jvp([Loss(w, v)], [w, v], direction, found);

        // Central differences in single precision: the rounding of the loss divided by the step.
        const float Step = 1e-2f;
        double up = Loss(w + (dw * Step), v + (dv * Step)).Item(), down = Loss(w - (dw * Step), v - (dv * Step)).Item();
        Assert.Equal((up - down) / (2 * Step), found[0], 2e-3 * (1 + Math.Abs(found[0])));
    }

    [Fact]
    public void An_op_without_a_rule_is_named()
    {
        Tensor x = Leaf(30, 5), loss = new Doubled().Apply(x).Square().Sum();

        var e = Assert.Throws<InvalidOperationException>(() => ForwardMode.Jvp([loss], [x], Data(1, 5), new double[1]));

        Assert.Equal(
            "ForwardMode: expected ops with a rule for directional derivatives, got Doubled, which has none. Exact gradients work with every op.", e.Message);
        loss.Backward();
        Assert.NotNull(x.Grad);
    }

    [Fact]
    public void Sizes_that_do_not_fit_are_named()
    {
        Tensor loss = Leaves[8].Sum();

        var e = Assert.Throws<ShapeException>(() => ForwardMode.Jvp([loss], [Leaves[8]], Data(1, 9), new double[1]));
        var f = Assert.Throws<ShapeException>(() => ForwardMode.Jvp([loss], [Leaves[8]], Data(1, 10), new double[2]));
        var g = Assert.Throws<ShapeException>(() => ForwardMode.Jvp([Leaves[8] * 2], [Leaves[8]], Data(1, 10), new double[1]));

        Assert.Equal("ForwardMode: expected a direction of shape [10], got [9].", e.Message);
        Assert.Equal("ForwardMode: expected room for 1 derivatives, got 2.", f.Message);
        Assert.Equal("ForwardMode: expected outputs of one element, got [10].", g.Message);
    }

    private static Dictionary<string, Func<Tensor>> MakeCases()
    {
        Tensor x = Leaves[0], w = Leaves[1], b = Leaves[2], p = Leaves[3], k = Leaves[4], c = Leaves[5], t = Leaves[6], e = Leaves[7], row = Leaves[8];
        Tensor fixedX = Data(50, 6, 10), rowData = Data(51, 10), positive = (x.Detach().Square() + 1).Keep(), four = Tensor.From([0.1f, 0.2f, 0.3f, 0.4f], [4]);
        Tensor mean = Tensor.From(new float[4], [4]), variance = Tensor.From([1f, 2, 3, 4], [4]);
        LearningPart Part(Tensor weight, Pair stride, Pair padding, int groups) =>
            new(new ConvParts(weight, null, stride, padding, 1, groups), new NormConstants(mean, variance, c, c * 2, 1e-5f), 0.1f);
        int[] places = [0, 3, 3, 6, 1, 2];
        Tensor classes = Tensor.From([0, 3, -1, 2, 1, 9], [6]), indices = Tensor.From(places, [6]), probabilities = fixedX.Softmax().Keep();
        Tensor gathered = Tensor.From([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 1], [6, 2]);
        Tensor Two() => p.Conv2d(k, c, padding: 1);
        return new Dictionary<string, Func<Tensor>>(StringComparer.Ordinal)
        {
            ["linear"] = () => x.Linear(w, b),
            ["linear relu"] = () => x.Linear(w, b, relu: true),
            ["linear gelu"] = () => x.LinearGelu(w, b),
            ["linear of data"] = () => fixedX.Linear(w, b),
            ["linear of weights of data"] = () => x.Linear(w.Detach(), b),
            ["linear of bias alone"] = () => fixedX.Linear(w.Detach(), b),
            ["matmul"] = () => x.MatMul(w.Transpose()),
            ["matmul of batches"] = () => x.Reshape(2, 3, 10).MatMul(w.Reshape(1, 12, 10).Transpose()),
            ["matmul with itself"] = () => x.MatMul(x.Transpose()),
            ["add"] = () => x + row,
            ["subtract"] = () => row - x,
            ["multiply"] = () => x * row,
            ["divide"] = () => (x / (row.Square() + 1)) + (row / positive),
            ["maximum"] = () => x.Max(row),
            ["power"] = () => positive.Log() * (x.Square() + 0.5f).Pow(1.5f),
            ["relu"] = () => x.Relu(),
            ["leaky relu"] = () => x.LeakyRelu(0.1f),
            ["elu"] = () => x.Elu(),
            ["erf"] = () => x.Erf(),
            ["gelu"] = () => x.Gelu(),
            ["silu"] = () => x.Silu(),
            ["sigmoid"] = () => x.Sigmoid(),
            ["tanh"] = () => x.Tanh(),
            ["softplus"] = () => x.Softplus(),
            ["exp log sqrt"] = () => ((x.Exp() + 1).Log() + 1).Sqrt(),
            ["abs clamp reciprocal"] = () => (x.Abs() + 1).Reciprocal() + x.Clamp(-0.3f, 0.3f),
            ["reversed gradient"] = () => (x * 2).ReverseGradient(0.5f).Tanh(),
            ["affine of a transpose"] = () => x.Transpose().Affine(2, 1).Exp(),
            ["sum of an axis"] = () => x.Square().Sum(0),
            ["mean of an axis"] = () => x.Square().Mean(keepAxes: true, 1) * x,
            ["variance"] = () => x.Variance(false, true, 1),
            ["greatest"] = () => x.Max(1) + x.Min(keepAxes: true, 0).Sum(),
            ["log sum exp"] = () => x.LogSumExp(false, 1),
            ["softmax"] = () => x.Softmax(scale: 0.7f),
            ["softmax of columns"] = () => x.Softmax(axis: 0),
            ["log softmax"] = () => x.LogSoftmax(scale: 0.7f),
            ["views"] = () => x.Reshape(2, 30).Slice(1, 3, 20, 1).Transpose().Select(0, 4) * 3,
            ["copy"] = () => x.Transpose().Contiguous() * 2,
            ["concat"] = () => Tensor.Concat([x, fixedX, x.Tanh()], 1),
            ["where"] = () => Tensor.Where(fixedX.GreaterThan(Tensor.Zero), x.Exp(), row),
            ["where of one side"] = () => Tensor.Where(fixedX.GreaterThan(Tensor.Zero), fixedX, row),
            ["index select"] = () => e.IndexSelect(indices),
            ["embedding"] = () => e.Embedding(indices, paddingIndex: 3),
            ["scatter"] = () => e.ScatterAdd(Tensor.From([1, 1, 6], [3]), x.Slice(0, 0, 3).Slice(1, 0, 5)),
            ["gather"] = () => x.Gather(gathered),
            ["dropout"] = () => x.Dropout(0.4f, RandomStream.For(1, "dropout")),
            ["lstm"] = () => All(Sequences(x).Lstm(w.Reshape(24, 5), Leaves[9], Leaves[10], Leaves[10] * 2, null, Leaves[11], Leaves[11].Tanh())),
            ["lstm of some steps, backwards"] = () => All(Sequences(x).Lstm(w.Reshape(24, 5), Leaves[9], Leaves[10], lengths: Tensor.From([3, 2, 0, 1], [4]), reverse: true)),
            ["lstm of data"] = () => All(Sequences(fixedX).Lstm(w.Reshape(24, 5).Detach(), Leaves[9])),
            ["gru"] = () => All(Sequences(x).Gru(Leaves[12], Leaves[13], Leaves[14], Leaves[14].Tanh(), null, Leaves[11])),
            ["gru of some steps, backwards"] = () => All(Sequences(x).Gru(Leaves[12], Leaves[13], null, Leaves[14], Tensor.From([3, 2, 0, 1], [4]), reverse: true)),
            ["gru of data"] = () => All(Sequences(fixedX).Gru(Leaves[12].Detach(), Leaves[13])),
            ["attention"] = () => x.Reshape(2, 3, 10).Attention(x.Tanh().Reshape(2, 3, 10), (x * 2).Reshape(2, 3, 10), 2),
            ["attention of few keys with dropout"] = () => x.Reshape(2, 3, 10).Attention(
                fixedX.Reshape(2, 3, 10), x.Sigmoid().Reshape(2, 3, 10), 5, Tensor.From([2, 3], [2]), 0.3f, RandomStream.For(1, "dropout")),
            ["convolution"] = () => Two(),
            ["convolution relu"] = () => p.Conv2d(k, c, stride: 2, padding: 1, relu: true),
            ["convolution of groups"] = () => Two().Conv2d(Leaves[4].Reshape(8, 1, 3, 3), groups: 4),
            ["convolution of sequences"] = () => p.Select(2, 0).Conv1d(k.Select(2, 1), padding: 1),
            ["convolution and maximum over time"] = () => p.Reshape(4, 6, 9).ConvMaxOverTime(k.Reshape(4, 9, 2), c),
            ["convolution of data and maximum over time"] = () => p.Detach().Reshape(4, 6, 9).ConvMaxOverTime(k.Reshape(4, 9, 2), null, Tensor.From([6, 3, 1, 0], [4])),
            ["transposed convolution"] = () => p.ConvTranspose2d(t, stride: 2, relu: true),
            ["transposed convolution with bias"] = () => p.ConvTranspose2d(t, c.Slice(0, 0, 3), padding: 1),
            ["greatest of windows"] = () => Two().MaxPool2d(3, 2, 1),
            ["mean of windows"] = () => Two().AvgPool2d(2),
            ["mean of adaptive windows"] = () => Two().AdaptiveAvgPool2d(3),
            ["convolution and norm"] = () => ConvNormOperation.Apply(
                p, new ConvParts(k, null, 2, 1, 1, 1), new NormConstants(mean, variance, c, c * 2, 1e-5f), 0.1f, Rectifier.Relu6, null)!.Value,
            ["convolution and norm with a residual"] = () => ConvNormOperation.Apply(
                p.Detach(), new ConvParts(k, null, 1, 1, 1, 1), new NormConstants(mean, variance, c, c * 2, 1e-5f), 0.1f, Rectifier.None, Two() * 2)!.Value,
            ["bottleneck"] = () => LearningBottleneckOperation.Apply(
                p, Part(k.Slice(2, 0, 1).Slice(3, 0, 1), 1, 0, 1), Part(k.Slice(1, 0, 1), 2, 1, 4), Part(Leaves[4].Reshape(18, 4, 1, 1).Slice(0, 0, 4), 1, 0, 1), Rectifier.Relu6,
                adds: false, always: true)!.Value,
            ["bottleneck of data"] = () => LearningBottleneckOperation.Apply(
                p.Detach(), Part(k.Slice(2, 0, 1).Slice(3, 0, 1).Detach(), 1, 0, 1), Part(k.Slice(1, 0, 1), 1, 1, 4),
                Part(Leaves[4].Detach().Reshape(18, 4, 1, 1).Slice(0, 0, 4), 1, 0, 1), Rectifier.Relu, adds: false, always: true)!.Value,
            ["bottleneck that adds"] = () => LearningBottleneckOperation.Apply(
                Two(), null, Part(k.Slice(1, 0, 1), 1, 1, 4), Part(Leaves[4].Reshape(18, 4, 1, 1).Slice(0, 0, 4), 1, 0, 1), Rectifier.Relu, adds: true, always: true)!.Value,
            ["batch norm"] = () => Two().BatchNorm(mean, variance, c, c * 2),
            ["batch norm relu of weights alone"] = () => Two().Detach().BatchNorm(mean, variance, c, relu: true),
            ["batch norm with a residual"] = () => Two().BatchNorm(mean, variance, c, c * 2, true, 0.1f, 1e-5f, Rectifier.Relu, Two() * 2),
            ["batch norm relu6 of a residual alone"] = () => Two().Detach().BatchNorm(mean, variance, null, null, true, 0.1f, 1e-5f, Rectifier.Relu6, Two() * 4),
            ["batch norm of fixed statistics"] = () => Two().BatchNorm(mean, variance, c, training: false),
            ["layer norm"] = () => x.LayerNorm(row, row * 2),
            ["layer norm of a sum"] = () => x.AddLayerNorm(x.Tanh(), row, row * 2),
            ["layer norm of a sum with data"] = () => fixedX.AddLayerNorm(x.Sigmoid(), row),
            ["layer norm without weights"] = () => x.LayerNorm(),
            ["group norm"] = () => Two().GroupNorm(2, c, c.Tanh()),
            ["cross-entropy"] = () => x.CrossEntropy(classes, labelSmoothing: 0.1f),
            ["cross-entropy of rows"] = () => x.CrossEntropy(classes, reduction: Reduction.None),
            ["cross-entropy of probabilities"] = () => x.CrossEntropy(probabilities),
            ["mean square"] = () => x.MseLoss(fixedX),
            ["mean square between two"] = () => x.MseLoss(x.Tanh()),
            ["losses apart and weighted"] = () => x.BinaryCrossEntropyWithLogits(probabilities, rowData, null, Reduction.None),
            ["absolute"] = () => x.L1Loss(fixedX),
            ["huber"] = () => x.HuberLoss(fixedX, 0.3f),
            ["squares apart"] = () => x.MseLoss(fixedX, Reduction.None),
            ["binary cross-entropy"] = () => x.BinaryCrossEntropyWithLogits(probabilities),
            ["divergence"] = () => x.LogSoftmax().KlDivergence(probabilities),
        };
    }

    // Three numbers of the tensor that no symmetry makes small.
    private static IEnumerable<Tensor> Outputs(Tensor y)
    {
        for (ulong i = 0; i < 3; i++)
        {
            yield return y.Rank == 0 ? y * (i + 1) : (y * Data(60 + i, y.Shape.Sizes.ToArray())).Sum();
        }
    }

    private static void AssertAgrees(Tensor[] outputs, Tensor[] leaves, double tolerance)
    {
        Tensor direction = Data(70, leaves.Sum(l => l.Count));
        var found = new double[outputs.Length];

        ForwardMode.Jvp(outputs, leaves, direction, found);

        float[] rows = Jacobian.Rows(outputs, leaves).ToArray(), v = direction.ToArray();
        Assert.Contains(found, d => d != 0);
        for (int k = 0; k < outputs.Length; k++)
        {
            double expected = 0, size = 1e-3;
            for (int i = 0; i < v.Length; i++)
            {
                double product = (double)rows[(k * v.Length) + i] * v[i];
                expected += product;
                size += Math.Abs(product);
            }

            Assert.Equal(expected, found[k], tolerance * size);
        }
    }

    private static Tensor Sequences(Tensor x) => x.Reshape(4, 3, 5);

    private static Tensor All(RecurrentResult y) =>
        Tensor.Concat([y.Output.Reshape(-1), y.Hidden.Reshape(-1), .. y.Cell.IsDefault ? Array.Empty<Tensor>() : [y.Cell.Reshape(-1)]], 0);

    private static Tensor Leaf(ulong seed, params int[] shape) => Tensor.Variable(Data(seed, shape));

    private static Tensor Data(ulong seed, params int[] shape)
    {
        var values = new float[shape.Aggregate(1, (a, b) => a * b)];
        RandomStream.For(seed, "forward").FillNormal(values, 0, 0.5f);
        return Tensor.From(values, Shape.Create(shape));
    }

    private sealed class Doubled : CustomOperation
    {
        protected override Tensor Forward(ReadOnlySpan<Tensor> inputs) => inputs[0] * 2;

        protected override void Backward(Tensor gradient, ReadOnlySpan<Tensor> inputs, Tensor output, Span<Tensor> inputGradients) =>
            inputGradients[0] = gradient * 2;
    }
}
