using Graft.Tensors.Random;
using Graft.Tensors.Tests.Kernels;

namespace Graft.Tensors.Tests.Ops;

/// <summary>Every op at sizes where work is shared out: one, two and four threads give the same bits, forward and backward.</summary>
[Trait("category", "threads")]
[Collection(WholeTeam.Name)]
public sealed class ThreadTests
{
    private static readonly RandomStream Stream = RandomStream.For(1, "mask");

    private static readonly (string Name, int[][] Shapes, Func<Tensor[], Tensor> Op)[] Uses =
    [
        ("elementwise", [[70_001]], x => x[0].Gelu()),
        ("broadcast", [[300, 257], [257]], x => x[0] * x[1]),
        ("divide", [[300, 257], [300, 1]], x => x[0] / x[1]),
        ("copy", [[300, 257]], x => x[0].Transpose().Contiguous()),
        ("sum of all", [[100_003]], x => x[0].Sum()),
        ("sum of rows", [[300, 257]], x => x[0].Sum(1)),
        ("sum of columns", [[300, 257]], x => x[0].Sum(0)),
        ("sum of channels", [[5, 33, 20, 21]], x => x[0].Sum(0, 2, 3)),
        ("max", [[300, 257]], x => x[0].Max(0)),
        ("matmul", [[130, 200], [200, 150]], x => x[0].MatMul(x[1])),
        ("matmul, transposed", [[200, 130], [150, 200]], x => x[0].Transpose().MatMul(x[1].Transpose())),
        ("matmul of batches", [[40, 33, 34], [40, 34, 31]], x => x[0].MatMul(x[1])),
        ("matmul of stretched batches", [[7, 1, 33, 34], [5, 34, 31]], x => x[0].MatMul(x[1])),
        ("linear", [[257, 130], [140, 130], [140]], x => x[0].Linear(x[1], x[2], relu: true)),
        ("linear with gelu", [[257, 130], [140, 130], [140]], x => x[0].LinearGelu(x[1], x[2])),
        ("conv", [[4, 16, 20, 20], [33, 16, 3, 3], [33]], x => x[0].Conv2d(x[1], x[2], padding: 1, relu: true)),
        ("depthwise conv", [[4, 33, 20, 20], [33, 1, 3, 3]], x => x[0].Conv2d(x[1], padding: 1, groups: 33)),
        ("transposed conv", [[4, 16, 10, 10], [16, 17, 3, 3]], x => x[0].ConvTranspose2d(x[1], stride: 2)),
        ("conv and max over time", [[9, 70, 40], [75, 40, 4], [75]], x => x[0].ConvMaxOverTime(x[1], x[2], Tensor.ForStep([70, 3, 70, 40, 0, 70, 70, 9, 70], [9]))),
        ("max pool", [[4, 33, 32, 32]], x => x[0].MaxPool2d(2)),
        ("max pool with holes", [[4, 33, 32, 32]], x => x[0].MaxPool2d(3, 2, 1, 2, ceil: true)),
        ("pad", [[4, 33, 32, 32]], x => x[0].PadPictures(1, 2, 3, 4)),
        ("average pool", [[4, 33, 32, 32]], x => x[0].AvgPool2d(3, 2, 1)),
        ("batch norm", [[6, 33, 32, 32], [33], [33]], x => x[0].BatchNorm(Tensor.Zeros([33]), Tensor.Ones([33]), x[1], x[2], relu: true)),
        ("layer norm", [[700, 129], [129], [129]], x => x[0].LayerNorm(x[1], x[2])),
        ("layer norm of a sum", [[700, 129], [129], [129], [700, 129]], x => x[0].AddLayerNorm(x[3], x[1], x[2])),
        ("group norm", [[6, 32, 32, 32], [32], [32]], x => x[0].GroupNorm(4, x[1], x[2])),
        ("softmax", [[700, 129]], x => x[0].Softmax()),
        ("log softmax", [[129, 700]], x => x[0].LogSoftmax(0)),
        ("cross-entropy", [[700, 129]], x => x[0].CrossEntropy(Tensor.ForStep([.. Enumerable.Range(0, 700).Select(i => i % 129)], [700]), labelSmoothing: 0.1f)),
        ("cross-entropy of probabilities", [[700, 129]], x => x[0].CrossEntropy(Tensor.Full([700, 129], 1f / 129))),
        ("logistic loss", [[300, 257]], x => x[0].BinaryCrossEntropyWithLogits(Tensor.Full([300, 257], 0.3f))),
        ("squared loss", [[300, 257], [300, 257]], x => x[0].MseLoss(x[1])),
        ("dropout", [[70_001]], x => x[0].Dropout(0.3f, Stream)),
        ("embedding", [[40, 129]], x => x[0].Embedding(Tensor.ForStep([.. Enumerable.Range(0, 700).Select(i => i * 7 % 40)], [700]))),
        ("attention", [[3, 70, 48], [3, 130, 48], [3, 130, 96]], x => x[0].Attention(x[1], x[2], 3, Tensor.ForStep([130, 5, 77], [3]), 0.2f, Stream)),
        ("attention of many queries", [[1, 1100, 16], [1, 700, 16], [1, 700, 8]], x => x[0].Attention(x[1], x[2], 2)),
        ("lstm", [[70, 5, 33], [516, 33], [516, 129], [516]], x => x[0].Lstm(x[1], x[2], x[3]).Output),
        ("gru", [[70, 5, 33], [387, 33], [387, 129], [387]], x => x[0].Gru(x[1], x[2], x[3]).Output),
    ];

    public static TheoryData<string> Names => [.. Uses.Select(u => u.Name)];

    [Theory, MemberData(nameof(Names))]
    public void Any_number_of_threads_gives_the_same_bits(string name)
    {
        (_, int[][] shapes, Func<Tensor[], Tensor> op) = Uses.Single(u => u.Name == name);

        float[][] one = Run(1, shapes, op), two = Run(2, shapes, op), four = Run(4, shapes, op);

        for (int i = 0; i < one.Length; i++)
        {
            Kit.AssertSameBits(one[i], two[i], $"{name}, two threads, {i}");
            Kit.AssertSameBits(one[i], four[i], $"{name}, four threads, {i}");
        }
    }

    // The result, then the gradients of all inputs.
    private static float[][] Run(int threads, int[][] shapes, Func<Tensor[], Tensor> op)
    {
        using var team = new TeamOf(threads);
        Tensor[] inputs = [.. shapes.Select((s, i) => Tensor.Variable(Values(s, i)))];
        Tensor y = op(inputs);
        y.Backward(Values(y.Shape.Sizes.ToArray(), 99));
        float[][] all = [y.ToArray(), .. inputs.Select(x => x.Grad!.Value.ToArray())];
        Graft.Tensors.Autograd.Tape.Current.EndStep();
        return all;
    }

    private static Tensor Values(int[] shape, int which)
    {
        var values = new float[Nd.Size(shape)];
        RandomStream.For(7, "values", (ulong)which).FillNormal(values);
        return Tensor.From(values, Shape.Create(shape));
    }
}
