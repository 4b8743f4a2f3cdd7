using System.Text.Json.Nodes;
using Graft.Data;
using Graft.Data.Encoders;
using Graft.Data.Pictures;
using Graft.Data.Sources;
using Graft.Models;
using Graft.Models.Graphs;
using Graft.Models.Weights;
using Graft.Tensors;
using Graft.Tensors.Autograd;
using Graft.Tests.Data.Sources;

namespace Graft.Tests.Models;

/// <summary>Networks of other programs, from real files.</summary>
public sealed class GraphFileTests
{
    [Fact]
    public void Layers_of_Keras_give_what_their_description_says()
    {
        foreach (JsonNode? known in Golden.Read("keras_graphs.json").AsArray())
        {
            int[] sizes = known!["sizes"].Ints();
            using var scope = new TensorScope();
            GraphBackbone trunk = Loaded(known["file"]!.GetValue<string>(), null, sizes[1], sizes[2], sizes[0]);
            float[] row = [.. Enumerable.Range(0, sizes[0] * sizes[1] * sizes[2]).Select(i => (float)(sizes[1] == 64 ? Math.Sin((i * 0.37) + 1) / 20 : 0.5 + (0.5 * Math.Sin((i * 0.37) + 1))))];

            float[] y = trunk.Forward(Tensor.From([.. row, .. row], [2, .. sizes])).ToArray();

            float[] expected = known["y"].Floats();
            float largest = expected.Max(Math.Abs);
            Assert.All(expected.Zip(y).Concat(expected.Zip(y[trunk.Features..])), v => Assert.Equal(v.First, v.Second, 1e-4f * largest));
        }
    }

    [Theory]
    [InlineData("kitten_224.png", 281, 0.931)]
    [InlineData("fish.png", 0, 0.738)]
    public void SqueezeNet_of_half_precision_knows_a_tabby_and_a_tench(string picture, int expected, double probability)
    {
        GraphBackbone trunk = Loaded("weights/squeezenet_fp16_onnx/SqueezeNet_fp16.onnx", null, 224, 224, 3);
        Picture pixels = Picture("weights/squeezenet_fp16_onnx/" + picture);

        // Blue, green, red, from 0 to 255.
        float[] y = trunk.Forward(Planes(pixels, [2, 1, 0], p => p)).ToArray();

        Assert.Equal(1_235_496, trunk.ParameterCount);
        Assert.Equal(1000, trunk.Features);
        Assert.Equal(expected, Array.IndexOf(y, y.Max()));
        Assert.Equal(probability, y.Max(), 0.01);
    }

    [Theory]
    [InlineData("kitten_224.png", "tabby", 0.661)]
    [InlineData("fish.png", "tench", 0.559)]
    public void Darknet_of_TensorFlow_js_knows_a_tabby_and_a_tench(string picture, string expected, double probability)
    {
        GraphBackbone trunk = Loaded("weights/darknet_tiny_tfjs/model.json", null, 224, 224, 3);
        Picture pixels = Picture("weights/squeezenet_fp16_onnx/" + picture);
        string[] labels = File.ReadAllLines(RealData.PathOf("weights/darknet_tiny_tfjs/darknet_imagenet.shortnames.list"));

        float[] y = trunk.Forward(Planes(pixels, [0, 1, 2], p => p / 255)).Softmax().ToArray();

        Assert.Equal(expected, labels[Array.IndexOf(y, y.Max())]);
        Assert.Equal(probability, y.Max(), 0.01);
    }

    // The probabilities are PyTorch's for the same numbers in floating point; with every value rounded to 8 bits, as the file's own program does, they are 0.918 and 0.737.
    [Theory]
    [InlineData("kitten_224.png", "tabby, tabby cat", 0.9164)]
    [InlineData("fish.png", "tench, Tinca tinca", 0.7653)]
    public void MobileNet_of_TensorFlow_Lite_knows_a_tabby_and_a_tench(string picture, string expected, double probability)
    {
        GraphBackbone trunk = Loaded("weights/mobilenet_v2_quant_tflite/mobilenet_v2_1.0_224_quant.tflite", null, 224, 224, 3);
        Picture pixels = Picture("weights/squeezenet_fp16_onnx/" + picture);
        string[] labels = File.ReadAllLines(RealData.PathOf("weights/imagenet_labels/imagenet_labels_1001.txt"));

        float[] y = trunk.Forward(Planes(pixels, [0, 1, 2], p => (p - 128) / 128)).ToArray();

        Assert.Equal(expected, labels[Array.IndexOf(y, y.Max())].Trim());
        Assert.Equal(probability, y.Max(), 0.0005);
        Assert.Contains("MobilenetV2.expanded_conv_16.project", trunk.Layers);
    }

    // The published figure is for the first 2,000 pictures.
    [Fact]
    public void The_digits_network_is_right_as_often_as_published()
    {
        GraphBackbone trunk = Loaded("weights/small_onnx/mnist.onnx", null, 28, 28, 1);
        var pixels = IdxFile.Read(RealData.PathOf("mnist/idx/t10k-images-idx3-ubyte.gz"), "images");
        var labels = IdxFile.Read(RealData.PathOf("mnist/idx/t10k-labels-idx1-ubyte.gz"), "labels");

        int right = Right(trunk, 2000, i => [.. pixels.Bytes!.Value.Slice(i * 784, 784).ToArray().Select(b => (float)b)], [1, 28, 28], i => labels.Bytes!.Value.Span[i]);

        Assert.Equal(98.4, right / 20.0, 0.05);
    }

    // Of all 2,000 pictures they name 63.9 and 76.4 %; here a quarter is looked at, where one standard deviation is 2 %.
    [Theory]
    [InlineData("weights/small_onnx/cifar10_ImageClassifier.onnx", 63.9, 127.5f, 127.5f)]
    [InlineData("weights/mlperf_tiny_keras_h5/resnet8_cifar10/pretrainedResnet.h5", 76.4, 0, 1)]
    public void Networks_for_small_pictures_are_right_as_often_as_published(string file, double percent, float shift, float scale)
    {
        GraphBackbone trunk = Loaded(file, null, 32, 32, 3);
        string[] files = [.. Directory.EnumerateFiles(RealData.PathOf("cifar10/test"), "*.jpg", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Where((_, i) => i % 4 == 0)];
        string[] classes = [.. files.Select(f => Path.GetFileName(Path.GetDirectoryName(f)!)).Distinct()];

        int right = Right(
            trunk, files.Length, i => Planes(PictureDecoder.Decode(File.ReadAllBytes(files[i]), files[i]), [0, 1, 2], p => (p - shift) / scale).ToArray(), [3, 32, 32],
            i => Array.IndexOf(classes, Path.GetFileName(Path.GetDirectoryName(files[i])!)));

        Assert.Equal(500, files.Length);
        Assert.Equal(percent, right / 5.0, 2.5);
    }

    [Theory]
    [InlineData("formats/onnx/light_resnet50.onnx", null, 1000, 25_557_032)]
    [InlineData("formats/onnx/light_shufflenet.onnx", null, 1000, 1_393_320)]
    [InlineData("weights/ultraface_slim_320/version-slim-320_simplified.onnx", null, 2, 221_908)]
    [InlineData("weights/mini_xception_fer2013_h5/fer2013_mini_XCEPTION.102-0.66.hdf5", "add_4", 128, 48_880)]
    public void Structures_of_other_programs_are_built_and_cut(string file, string? cut, int features, long parameters)
    {
        var trunk = new GraphBackbone(RealData.PathOf(file), cut);
        trunk.Build(new InputShape(InputKind.Picture, file.Contains("320") ? [240, 320, 3] : file.Contains("mini") ? [64, 64, 1] : [224, 224, 3]));

        Assert.Equal(features, trunk.Features);
        Assert.Equal(parameters, trunk.ParameterCount);
        Assert.True(trunk.BlockCount > 5);
    }

    [Fact]
    public void Rows_of_a_table_go_through_a_graph()
    {
        var trunk = new GraphBackbone(RealData.PathOf("weights/small_onnx/iris_Network.onnx"));
        trunk.Build(new InputShape(InputKind.Table, [4]));
        trunk.Initialize(1);
        trunk.LoadWeights(trunk.DefaultWeights!);

        Tensor y = trunk.Forward(Tensor.From([5.1f, 3.5f, 1.4f, 0.2f, 6.7f, 3.0f, 5.2f, 2.3f], [2, 4]));

        Assert.Equal([2, 3], y.Shape.Sizes.ToArray());
        Assert.Equal([0, 2], y.ArgMax().ToFloat().ToArray());
    }

    private static GraphBackbone Loaded(string file, string? cut, int height, int width, int channels)
    {
        var trunk = new GraphBackbone(RealData.PathOf(file), cut);
        trunk.Build(new InputShape(InputKind.Picture, [height, width, channels]));
        trunk.Initialize(1);
        CarryReport report = trunk.LoadWeights(trunk.DefaultWeights!);
        Assert.Empty(report.Missing);
        Assert.Empty(report.WrongShape);
        trunk.Train(false);
        return trunk;
    }

    private static int Right(Backbone trunk, int count, Func<int, float[]> row, int[] sizes, Func<int, int> label)
    {
        int right = 0;
        for (int from = 0; from < count; from += 100)
        {
            using var silence = new NoGrad();
            using var scope = new TensorScope();
            float[] rows = [.. Enumerable.Range(from, 100).SelectMany(row)];
            float[] best = trunk.Forward(Tensor.From(rows, [100, .. sizes])).ArgMax(1).ToFloat().ToArray();
            right += Enumerable.Range(0, 100).Count(i => (int)best[i] == label(from + i));
        }

        return right;
    }

    private static Picture Picture(string path) => PictureDecoder.Decode(File.ReadAllBytes(RealData.PathOf(path)), path);

    private static Tensor Planes(Picture picture, int[] order, Func<float, float> scale)
    {
        int points = picture.Width * picture.Height;
        var values = new float[order.Length * points];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = scale(picture.Pixels[(i % points * picture.Channels) + order[i / points]]);
        }

        return Tensor.From(values, [1, order.Length, picture.Height, picture.Width]);
    }
}
