using Graft.Data.Encoders;
using Graft.Models;
using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Nn.Optimizers;
using Graft.Tensors;

namespace Graft.Benchmarks.Workloads;

/// <summary>The work that is timed, and compared with the same work elsewhere.</summary>
internal static class WorkloadList
{
    private const int Vocabulary = 5000;

    /// <summary>All with a peer.</summary>
    public static IReadOnlyList<Workload> All { get; } =
    [
        new TrainingWorkload("mlp", () => Perceptron(20, 64, 3), () => new Adam(), () => Numbers(32, 20), 3),
        new TrainingWorkload("mlp-wide", () => Perceptron(100, 512, 10), () => new Adam(), () => Numbers(256, 100), 10),
        new TrainingWorkload("cifar-cnn", SmallPictures, Descent, () => Pictures(128, 32), 10),
        new TrainingWorkload("resnet18-train", () => Built(new ResNet(18, top: true), Picture), Descent, () => Pictures(16, 224), 1000),
        new ForwardWorkload("resnet18-forward-b16", () => Built(new ResNet(18, top: true), Picture), () => Pictures(16, 224)),
        new ForwardWorkload("resnet18-forward-b1", () => Built(new ResNet(18, top: true), Picture), () => Pictures(1, 224)),
        new ForwardWorkload("vgg16-features", () => Built(new Vgg(16, pooling: PicturePooling.Flatten), Picture), () => Pictures(4, 224)),
        new ForwardWorkload("mobilenetv2-forward", () => Built(new MobileNetV2(top: true), Picture), () => Pictures(16, 224)),
        new ForwardWorkload("mobilenetv2-forward-b1", () => Built(new MobileNetV2(top: true), Picture), () => Pictures(1, 224)),
        new TrainingWorkload("mobilenetv2-train", () => Built(new MobileNetV2(top: true), Picture), Descent, () => Pictures(16, 224), 1000),
        new TrainingWorkload(
            "encoder-train", () => WithHead(new SmallTransformer(128, 2, 2, 512, dropout: 0), Text(64), 10), () => new Adam(), () => Tokens(32, 64), 10),
        new ForwardWorkload("minilm-forward", () => Built(new MiniLmModel(384, 6, 12, 1536), Text(128)), () => Tokens(8, 128)),
        new TrainingWorkload(
            "lstm-train", () => WithHead(new LstmModel([128]), new InputShape(InputKind.Sequence, [64, 128]), 10), () => new Adam(), () => Numbers(32, 64, 128), 10),
        new TrainingWorkload("textcnn-train", () => WithHead(new TextCnn(100), Text(64), 10), () => new Adam(), () => Tokens(64, 64), 10),
        new HeadWorkload(),
        new GemmWorkload(64, 64, 64), new GemmWorkload(128, 128, 128), new GemmWorkload(256, 256, 256), new GemmWorkload(512, 512, 512),
        new GemmWorkload(1024, 1024, 1024), new GemmWorkload(2048, 2048, 2048),
        new BalancedWorkload(),
    ];

    private static InputShape Picture => new(InputKind.Picture, [224, 224, 3]);

    /// <summary>Those that names choose, in the order of the list.</summary>
    /// <param name="among">The list.</param>
    /// <param name="only">Each a name, or the beginning of names up to a dash; none: all.</param>
    /// <exception cref="ArgumentException">A name chooses nothing.</exception>
    public static IReadOnlyList<Workload> Choose(IReadOnlyList<Workload> among, IReadOnlyList<string> only)
    {
        var chosen = new HashSet<Workload>();
        foreach (string name in only)
        {
            Workload[] found = [.. among.Where(w => w.Name == name)];
            found = found.Length > 0 ? found : [.. among.Where(w => w.Name.StartsWith(name + "-", StringComparison.Ordinal))];
            chosen.UnionWith(found.Length > 0
                ? found
                : throw new ArgumentException($"--only: expected {string.Join(", ", among)}, or the beginning of such names up to a dash, got '{name}'."));
        }

        return only.Count == 0 ? among : [.. among.Where(chosen.Contains)];
    }

    private static Sgd Descent() => new(0.001f, momentum: 0.9);

    private static Sequential Perceptron(int features, int hidden, int classes) =>
        [new Linear(features, hidden), new Relu(), new Linear(hidden, hidden), new Relu(), new Linear(hidden, classes)];

    private static Sequential SmallPictures() =>
    [
        new Conv2d(3, 32, 3, padding: 1), new Relu(), new MaxPool2d(2),
        new Conv2d(32, 64, 3, padding: 1), new Relu(), new MaxPool2d(2),
        new Flatten(), new Linear(64 * 8 * 8, 128), new Relu(), new Linear(128, 10),
    ];

    private static Backbone Built(Backbone network, InputShape input)
    {
        network.Build(input);
        return network;
    }

    private static Sequential WithHead(Backbone trunk, InputShape input, int classes) => [Built(trunk, input), new Linear(trunk.Features, classes)];

    private static InputShape Text(int tokens) => new(InputKind.Tokens, [tokens]) { Vocabulary = Vocabulary };

    private static Tensor Numbers(params ReadOnlySpan<int> sizes) => Tensor.From(Values.Twice(Shape.Create(sizes).Count), Shape.Create(sizes));

    private static Tensor Pictures(int rows, int size) => Tensor.ForStepChannelsLast(Values.Twice(rows * size * size * 3), [rows, 3, size, size]).Keep();

    private static Tensor Tokens(int rows, int length) =>
        Tensor.From([.. Values.Twice(rows * length).Select(v => (int)((v + 1) / 2 * (Vocabulary - 1)))], [rows, length]);
}
