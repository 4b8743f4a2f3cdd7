using Graft.Models.Graphs;
using Graft.Tensors;
using Graft.Tensors.Random;

namespace Graft.Tests.Models.Graphs;

/// <summary>Every op that networks in use consist of, as a graph that other programs run.</summary>
public sealed class TraceOperatorsTests
{
    private static readonly Dictionary<string, Func<Tensor, Tensor>> Rows = new()
    {
        ["abs"] = x => x.Abs(),
        ["affine"] = x => x.Affine(2, -1),
        ["arg-max"] = x => x.ArgMax(1).ToFloat().Unsqueeze(1),
        ["clamp"] = x => x.Clamp(-0.5f, 0.7f),
        ["compare"] = x => x.GreaterThan(x.Square()) + x.EqualTo(x.Abs()),
        ["concat"] = x => Tensor.Concat([x, Tensor.Ones([x.Shape[0], 2]), x.Slice(1, 0, 0)], 1),
        ["divide"] = x => 1 / (x / 3 + 4),
        ["elu"] = x => x.Elu(0.7f),
        ["exp-log"] = x => (x.Exp() + 1).Log(),
        ["expand"] = x => x.Unsqueeze(1).Expand(x.Shape[0], 3, 5).Sum(1) + Vector(5).Unsqueeze(0).Expand(x.Shape[0], 5),
        ["gather"] = x => x.Gather((x.Slice(1, 0, 3).Abs() * 2).Clamp(0, 4).ToInt()),
        ["gelu"] = x => x.Gelu(),
        ["group-norm"] = x => x.Slice(1, 0, 4).GroupNorm(2, Vector(4), Vector(4)),
        ["hard"] = x => x.HardSigmoid() + x.HardSwish() + x.HardSigmoid(0.2f) + (4 * x).Relu6(),
        ["layer-norm"] = x => x.LayerNorm(Vector(5)) + x.LayerNorm(),
        ["leaky-relu"] = x => x.LeakyRelu(0.2f),
        ["linear-of-steps"] = x => Tensor.Stack([x, x * 2], 1).Linear(Matrix(3, 5), Vector(3), relu: true),
        ["log-softmax"] = x => x.LogSoftmax(1, 2) + x.LogSumExp(keepAxes: true, 1),
        ["matmul"] = x => x.MatMul(Matrix(5, 2)) + x.Unsqueeze(1).MatMul(Matrix(5, 2)).Squeeze(1),
        ["max-min"] = x => x.Max(Vector(5)).Min(x.Max(keepAxes: true, 1)) + x.Min(1).Unsqueeze(1),
        ["mean-variance"] = x => x - x.Mean(keepAxes: true, 1) + x.Variance(keepAxes: true, unbiased: true, 1),
        ["mix"] = x => Tensor.Mix([x, x * 3], x.Slice(1, 0, 2).Softmax()) + Tensor.Mix([x, -x], Matrix(1, 2)),
        ["negate"] = x => -x,
        ["permute"] = x => Tensor.Stack([x, x * 2, x.Relu()], 1).Permute(0, -1, 1).Transpose(1, 2).Slice(2, 1, 2, 2).Flatten(),
        ["places-of-rows"] = x => Matrix(4, 3).IndexSelect((x.Abs() * 2).Clamp(0, 3).ToInt()).Reshape(-1, 15),
        ["power"] = x => x.Pow(3) + (x.Abs() + 0.1f).Pow(0.3f) + (x.Abs() + 1).Pow(-1) + (x.Abs() + 1).Pow(0.5f),
        ["reverse-gradient"] = x => x.ReverseGradient(),
        ["select"] = x => x.Select(1, 2).Reshape(x.Shape[0], 1),
        ["silu"] = x => x.Silu(),
        ["softplus"] = x => x.Softplus(),
        ["stack-of-batches"] = x => Tensor.Stack([x, x * 2]).Reshape([2, x.Count]).Slice(0, 1, 1).Reshape(x.Shape[0], 5),
        ["tanh"] = x => x.Tanh() + x.Sigmoid() + x.Erf(),
        ["whole-batches"] = x => Tensor.Concat([x, x * 2, x * 3], 0).Slice(0, x.Shape[0], 2 * x.Shape[0]).Slice(0, x.Shape[0], x.Shape[0]),
        ["where"] = x => Tensor.Where(x.Relu(), x, Vector(5)),
    };

    private static readonly Dictionary<string, Func<Tensor, Tensor>> Pictures = new()
    {
        ["adaptive"] = x => x.AdaptiveAvgPool2d((3, 2)),
        ["adaptive-divides"] = x => x.AdaptiveAvgPool2d((7, 3)),
        ["adaptive-one"] = x => x.AdaptiveAvgPool2d(1),
        ["average"] = x => x.AvgPool2d(3, 2, 1),
        ["average-ceil"] = x => x.AvgPool2d(2, 2, ceil: true),
        ["average-ceil-padding"] = x => x.AvgPool2d((3, 2), 3, (1, 1), ceil: true),
        ["average-ceil-inside"] = x => x.AvgPool2d((3, 2), 3, (1, 1), countPadding: false, ceil: true),
        ["batch-norm"] = x => x.BatchNorm(Vector(4), Vector(4).Square() + 1, Vector(4), Vector(4), training: false, relu: true) + x.BatchNorm(Vector(4), Vector(4).Exp(), training: false),
        ["convolution"] = x => x.Conv2d(Kernel(6, 2, 3, 2), Vector(6), (2, 1), (1, 0), (1, 2), groups: 2, relu: true),
        ["convolution-of-steps"] = x => x.Flatten(2).Conv1d(Kernel(3, 4, 1, 5).Squeeze(2), padding: 2),
        ["convolution-transposed"] = x => x.ConvTranspose2d(Kernel(4, 3, 3, 3), Vector(6), 2, 1, (1, 0), groups: 2, relu: true),
        ["group-norm"] = x => x.GroupNorm(2, Vector(4), Vector(4)) + x.GroupNorm(4),
        ["maximum"] = x => x.MaxPool2d(3, 2, 1),
        ["maximum-ceil"] = x => x.MaxPool2d(2, 2, ceil: true),
        ["maximum-holes"] = x => x.MaxPool2d(2, 2, dilation: 2, ceil: true),
        ["mix"] = x => Tensor.Mix([x, x.Relu()], x.Mean(2, 3).Slice(1, 1, 2)),
        ["pad"] = x => x.PadPictures(1, 0, 2, 3, 0.5f),
        ["softmax-of-channels"] = x => x.Softmax(1),
        ["zeros-behind"] = x => Tensor.Concat([x, Tensor.Zeros([x.Shape[0], x.Shape[2], x.Shape[3], 2]).Permute(0, 3, 1, 2)], 1),
    };

    public static TheoryData<string> OfRows => [.. Rows.Keys];

    public static TheoryData<string> OfPictures => [.. Pictures.Keys];

    [Theory, MemberData(nameof(OfRows))]
    public void Ops_of_rows(string op) => Check("op.rows." + op, Rows[op], 5);

    [Theory, MemberData(nameof(OfPictures))]
    public void Ops_of_pictures(string op) => Check("op.pictures." + op, Pictures[op], 4, 7, 6);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Recurrent_ops_with_lengths_and_first_states(bool isLstm)
    {
        Tensor Run(Tensor x, Tensor lengths)
        {
            Tensor start = x.Select(1, 0).Linear(Matrix(3, 2));
            RecurrentResult states = isLstm
                ? x.Lstm(Matrix(12, 2), Matrix(12, 3), Vector(12), null, lengths, start, start * 0.5f, reverse: true)
                : x.Gru(Matrix(9, 2), Matrix(9, 3), null, Vector(9), lengths, start, reverse: true);
            return Tensor.Concat([states.Output.Flatten(), states.Hidden, isLstm ? states.Cell : states.Hidden], 1);
        }

        Tensor x = Values(3, 4, 2), lengths = Tensor.From([2, 4, 0], [3]);
        GraphSample[] samples = [new("x", n => Values(n, 4, 2)), new("lengths", n => Tensor.From([.. Enumerable.Range(1, n)], [n]))];
        Graph graph = GraphTrace.Run("op", new Dictionary<string, Tensor>(), samples, given => [("y", Run(given[0], given[1]))]);

        OnnxProof.Check(isLstm ? "op.lstm" : "op.gru", graph, [x, lengths], [Run(x, lengths)]);
    }

    private static void Check(string name, Func<Tensor, Tensor> op, params int[] sizes)
    {
        Tensor x = Values([4, .. sizes]);

        Graph graph = GraphTrace.Run("op", new Dictionary<string, Tensor>(), [new GraphSample("x", n => Values([n, .. sizes]))], given => [("y", op(given[0]))]);

        OnnxProof.Check(name, graph, [x], [op(x)]);
    }

    private static Tensor Values(params int[] sizes)
    {
        Shape shape = Shape.Create(sizes);
        var values = new float[shape.Count];
        RandomStream.For(4, "values").FillNormal(values);
        return Tensor.From(values, shape);
    }

    private static Tensor Vector(int size) => Values(size);

    private static Tensor Matrix(int rows, int columns) => Values(rows, columns);

    private static Tensor Kernel(int o, int i, int h, int w) => Values(o, i, h, w);
}
