using Graft.Data;
using Graft.Data.Pictures;
using Graft.Experiments.Imports;
using Graft.Tasks;

namespace Graft.Experiments.Tests.Spec;

/// <summary>Every description of a network from elsewhere under samples/models: how often it is right on a part of its data, or what it sees in two pictures.</summary>
public sealed class SampleModelTests
{
    private const string Kitten = "weights/squeezenet_fp16_onnx/kitten_224.png";
    private const string Fish = "weights/squeezenet_fp16_onnx/fish.png";

    // Right answers of so many rows, as measured here once; the figures in the headers are those of all rows.
    private static readonly (string File, string Changes, int Rows, int Right)[] Measured =
    [
        ("cifar-resnet20.yaml", "data.limit-per-class=30", 300, 244),
        ("cifar-resnet20.yaml", "data.limit-per-class=30 model.depth=56 model.weights=weights/resnet_cifar10_pth/resnet56-4bfd9763.th", 300, 257),
        ("mlperf-resnet8.yaml", "data.limit-per-class=30", 300, 224),
        ("mnist-cnn.yaml", "data.limit=400", 400, 397),
        ("mnist-cnn.yaml", "data.limit=400 model.weights=weights/mnist_cnn_pt_and_safetensors/mnist.safetensors", 400, 397),
        ("mnist-onnx.yaml", "data.limit=400", 400, 396),
    ];

    // Probabilities to 0.01: decoders of pictures differ by a little.
    private static readonly (string File, string Picture, string Label, double Probability)[] Seen =
    [
        ("darknet-tiny.yaml", Kitten, "tabby", 0.661),
        ("darknet-tiny.yaml", Fish, "tench", 0.559),
        ("mobilenet-v2.yaml", Kitten, "tabby", 0.916),
        ("mobilenet-v2.yaml", Fish, "tench", 0.765),
        ("squeezenet.yaml", Kitten, "tabby", 0.931),
        ("squeezenet.yaml", Fish, "tench", 0.738),
    ];

    public static TheoryData<string, string, int, int> Evaluated => [.. Measured];

    public static TheoryData<string, string, string, double> Predicted => [.. Seen];

    private static string Folder => Path.Combine(SampleTests.Folder, "models");

    [Fact]
    public void Every_description_is_tried()
    {
        IEnumerable<string> tried = Measured.Select(m => m.File).Concat(Seen.Select(s => s.File)).Distinct(StringComparer.Ordinal);

        Assert.Equal(Directory.EnumerateFiles(Folder, "*.yaml").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal), tried.Order(StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(Evaluated))]
    public void It_is_as_often_right_as_it_was(string file, string changes, int rows, int right)
    {
        ImportedModel model = Open(file, changes.Split(' '));
        Dataset known = model.ReadData();

        TaskPredictions predictions = model.Model.Predict(known).Tasks[0];
        Targets truths = model.Model.Targets[0].Bind(known);
        int found = Enumerable.Range(0, known.Count).Count(r => predictions[r].Class == truths.Encoder.Names[truths.Labels[r]]);

        Assert.Equal(rows, known.Count);
        Assert.InRange(found, right - 1, right + 1);      // one row may lie on the border between two classes
    }

    [Theory, MemberData(nameof(Predicted))]
    public void It_sees_in_a_picture_what_others_see(string file, string picture, string label, double probability)
    {
        ImportedModel model = Open(file);
        string path = Path.Combine(Data(file), picture);
        var column = new PictureColumn("picture", 1, _ => PictureDecoder.Decode(File.ReadAllBytes(path), path));

        Prediction answer = model.Model.Predict(new Dataset("pictures", [column])).Tasks[0][0];

        Assert.StartsWith(label, answer.Class, StringComparison.Ordinal);
        Assert.Equal(probability, answer.Probabilities![answer.Class!]!.Value, 0.01);
    }

    private static ImportedModel Open(string file, params string[] changes) => ImportedModel.Open(Path.Combine(Folder, file), changes, Data(file));

    private static string Data(string file)
    {
        Assert.SkipWhen(SampleTests.DataFolder is null, $"{file} needs the real data: set GRAFT_DATA to its folder.");
        return SampleTests.DataFolder!;
    }
}
