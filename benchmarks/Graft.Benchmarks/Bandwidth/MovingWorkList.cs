using Graft.Nn.Optimizers;
using Graft.Tensors;

namespace Graft.Benchmarks.Bandwidth;

/// <summary>The operations whose roof is memory, each on about 256 MB.</summary>
internal static class MovingWorkList
{
    // One large operand: 2^25 floats.
    private const int Count = 1 << 25, Wide = 512, Rows = Count / Wide;
    private const double One = Count * sizeof(float) / 1e6;

    private const int Pictures = 32, Channels = 64, Side = 128;

    private const int Words = 1 << 18, Chosen = 1 << 18, Depth = 128;

    // Weights of one layer, so that weights, gradients and two slots are 256 MB.
    private const int Layer = 4096;
    private const double Weights = Layer * Layer * sizeof(float) / 1e6;

    /// <summary>All.</summary>
    public static IReadOnlyList<MovingWork> All { get; } =
    [
        new ForwardMove("copy", 2 * One, () => [Numbers(Rows / 64, 2 * 64 * Wide)], x => x[0].Slice(1, 0, 64 * Wide).Contiguous()),
        new ForwardMove("relu", 2 * One, Matrix, x => x[0].Relu()),
        new BackwardMove("relu-backward", 5 * One, 1, Matrix, x => x[0].Relu()),
        new ForwardMove("scale-shift", 2 * One, Matrix, x => x[0].Affine(2, 1)),
        new ForwardMove("add", 3 * One, () => [Numbers(Rows, Wide), Numbers(Rows, Wide)], x => x[0] + x[1]),
        new ForwardMove("add-bias", 2 * One, WithVector, x => x[0] + x[1]),
        new ForwardMove("multiply-add", 5 * One, () => [Numbers(Rows, Wide), Numbers(Rows, Wide), Numbers(Wide)], x => (x[0] * x[1]) + x[2]),
        new BackwardMove("multiply-backward", 7 * One, 2, () => [Numbers(Rows, Wide), Numbers(Rows, Wide)], x => x[0] * x[1]),
        new ForwardMove("sum", One, Matrix, x => x[0].Sum(), onlyReads: true),
        new ForwardMove("sum-rows", One, Matrix, x => x[0].Sum(0), onlyReads: true),
        new ForwardMove("mean-columns", One, Matrix, x => x[0].Mean(1), onlyReads: true),
        new ForwardMove("softmax", 2 * One, Matrix, x => x[0].Softmax()),
        new BackwardMove("softmax-backward", 5 * One, 1, Matrix, x => x[0].Softmax()),
        new ForwardMove("layer-norm", 2 * One, WithVectors, x => x[0].LayerNorm(x[1], x[2])),
        new BackwardMove("layer-norm-backward", 5 * One, 3, WithVectors, x => x[0].LayerNorm(x[1], x[2])),
        new ForwardMove("batch-norm-use", 2 * One, WithChannels, x => Norm(x, training: false)),
        new ForwardMove("batch-norm-train", 3 * One, WithChannels, x => Norm(x, training: true)),
        new BackwardMove("batch-norm-backward", 7 * One, 3, WithChannels, x => Norm(x, training: true)),
        new ForwardMove("max-pool-2x2", 1.25 * One, Maps, x => x[0].MaxPool2d(2)),
        new ForwardMove("max-pool-3x3/2", 1.25 * One, Maps, x => x[0].MaxPool2d(3, 2, 1)),
        new ForwardMove("average-pool-2x2", 1.25 * One, Maps, x => x[0].AvgPool2d(2)),
        new ForwardMove("average-pool-all", One, Maps, x => x[0].AdaptiveAvgPool2d(1), onlyReads: true),
        new ForwardMove("depthwise-3x3", 2 * One, () => [.. Maps(), Numbers(Channels, 1, 3, 3)], x => x[0].Conv2d(x[1], padding: 1, groups: Channels)),
        new ForwardMove("embedding", 2 * One, Table, x => x[0].Embedding(x[1])),
        new ForwardMove("transpose", 2 * One, () => [Numbers(8192, Count / 8192)], x => x[0].Transpose().Contiguous()),
        new ForwardMove("channels-first", 2 * One, Maps, x => x[0].Contiguous()),
        new UpdateMove("adam", 7 * Weights, Layer, () => new Adam(1e-6f)),
        new UpdateMove("sgd-momentum", 5 * Weights, Layer, () => new Sgd(1e-6f, momentum: 0.9)),
        new UpdateMove("sgd", 3 * Weights, Layer, () => new Sgd(1e-6f)),
    ];

    private static Tensor[] Matrix() => [Numbers(Rows, Wide)];

    private static Tensor[] WithVector() => [Numbers(Rows, Wide), Numbers(Wide)];

    private static Tensor[] WithVectors() => [Numbers(Rows, Wide), Numbers(Wide), Numbers(Wide)];

    private static Tensor[] Maps() => [Tensor.ForStepChannelsLast(Some(Count), [Pictures, Channels, Side, Side]).Keep()];

    // Maps, factors and shifts; statistics that are kept.
    private static Tensor[] WithChannels() =>
        [.. Maps(), Numbers(Channels), Numbers(Channels), Tensor.Zeros([Channels]).Keep(), Tensor.Ones([Channels]).Keep()];

    private static Tensor Norm(Tensor[] x, bool training) => x[0].BatchNorm(x[3], x[4], x[1], x[2], training);

    private static Tensor[] Table()
    {
        int[] places = [.. Values.Of(Chosen, 3).Select(v => Math.Clamp((int)((v + 1) / 2 * Words), 0, Words - 1))];
        return [Numbers(Words, Depth), Tensor.From(places, [Chosen])];
    }

    private static Tensor Numbers(params ReadOnlySpan<int> sizes)
    {
        Shape shape = Shape.Create(sizes);
        return Tensor.From(Some(shape.Count), shape);
    }

    // A million numbers again and again: drawing more would take longer than measuring.
    private static float[] Some(int count)
    {
        float[] few = Values.Of(Math.Min(count, 1 << 20), (ulong)count), all = new float[count];
        for (int i = 0; i < count; i += few.Length)
        {
            few.AsSpan(0, Math.Min(few.Length, count - i)).CopyTo(all.AsSpan(i));
        }

        return all;
    }
}
