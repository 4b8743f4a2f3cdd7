using System.Text.Json.Nodes;
using Graft.Data;
using Graft.Data.Encoders;
using Graft.Data.Pictures;
using Graft.Data.Sources;
using Graft.Models;
using Graft.Models.Formats;
using Graft.Models.Weights;
using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Tensors;
using Graft.Tensors.Autograd;
using Graft.Tests.Data.Sources;

namespace Graft.Tests.Models;

/// <summary>Published weights in networks of this library: outputs of the same networks elsewhere, and how often they are right.</summary>
public sealed class PublishedPictureWeightsTests
{
    private const string SqueezeNetFile = "weights/squeezenet1.1_notop_keras_h5/squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5";
    private const string DarknetFile = "weights/darknet_tiny_tfjs/model.json";

    private static readonly JsonNode Expected = Golden.Read("published_pictures.json");

    [Fact]
    public void SqueezeNet_of_Keras_gives_the_features_that_it_gives_in_PyTorch()
    {
        Backbone network = Loaded(new SqueezeNet(), SqueezeNetFile, unexpected: 0, size: (64, 75));

        AssertNear("squeezenet", network.Forward(Wave(100, 0)));
    }

    [Fact]
    public void Darknet_of_TensorFlow_gives_the_logits_that_it_gives_in_PyTorch()
    {
        Backbone network = Loaded(new DarknetTiny(top: true), DarknetFile, unexpected: 0, size: (64, 75));

        AssertNear("darknet", network.Forward(Wave(0.5f, 0.5f)));
    }

    // The detector's other parts, 144 tensors without counters of batches, are no part of the body.
    [Fact]
    public void The_body_of_RetinaFace_gives_the_features_that_it_gives_in_PyTorch()
    {
        var body = new MobileNetV1(0.25, ActivationKind.LeakyRelu);
        Backbone network = Loaded(body, "weights/mobilenet_v1_0.25_retinaface_pth/mobilenet0.25_Final.pth", unexpected: null, size: (64, 75));

        AssertNear("retinaface", network.Forward(Wave(100, 0)));
    }

    // Published: 0.661 and 0.559, of red, green and blue from 0 to 1.
    [Theory]
    [InlineData("kitten_224.png", "tabby", 0.661)]
    [InlineData("fish.png", "tench", 0.559)]
    public void Darknet_knows_a_kitten_and_a_fish(string file, string label, double probability)
    {
        string path = RealData.PathOf("weights/squeezenet_fp16_onnx/" + file);
        string[] labels = File.ReadAllLines(RealData.PathOf("weights/darknet_tiny_tfjs/darknet_imagenet.shortnames.list"));
        Backbone network = Loaded(new DarknetTiny(top: true), DarknetFile, unexpected: 0, size: (224, 224));

        float[] answer = network.Forward(Pixels([path], 224, [0, 0, 0], [255, 255, 255])).Softmax().ToArray();

        int best = Array.IndexOf(answer, answer.Max());
        Assert.Equal(label, labels[best]);
        Assert.Equal(probability, answer[best], 0.01);
    }

    // PyTorch on the same JPEG pictures: 81.35 % of all 2,000, and of the first 50 of each class, for the time, 83.0 %. Decoders differ by a third of a point,
    // which is 6 pictures or 1.
    [Theory]
    [InlineData(20, "resnet20-12fca82f.th", 200, 0.3)]
    [InlineData(56, "resnet56-4bfd9763.th", 50, 0.4)]
    public void Published_residual_networks_know_small_pictures_as_well_as_elsewhere(int depth, string file, int count, double tolerance)
    {
        string folder = RealData.PathOf("cifar10/test");
        Backbone network = Loaded(new ResNet(depth, top: true), "weights/resnet_cifar10_pth/" + file, unexpected: 0, size: (32, 32));
        (string Path, int Class)[] pictures =
        [
            .. Directory.GetDirectories(folder).Order(StringComparer.Ordinal)
                .SelectMany((d, i) => Directory.GetFiles(d, "*.jpg").Order(StringComparer.Ordinal).Take(count).Select(f => (f, i))),
        ];

        int right = 0;
        foreach ((string Path, int Class)[] batch in pictures.Chunk(100))
        {
            using var scope = new TensorScope();
            Tensor x = Pixels([.. batch.Select(p => p.Path)], 32, [0.485f * 255, 0.456f * 255, 0.406f * 255], [0.229f * 255, 0.224f * 255, 0.225f * 255]);
            right += Right(network.Forward(x), [.. batch.Select(p => p.Class)]);
        }

        Assert.Equal(10 * count, pictures.Length);
        Assert.Equal(Expected["cifar"]![$"resnet{depth}"]!.GetValue<double>(), 100.0 * right / pictures.Length, tolerance);
    }

    // Burn's network for digits is no family here: a module whose parts have the file's names takes its weights. Measured elsewhere: 99.15 and 99.17 %.
    [Theory]
    [InlineData("mnist.pt", 99.15)]
    [InlineData("mnist.safetensors", 99.17)]
    public void Weights_load_by_name_into_modules_of_ones_own(string file, double accuracy)
    {
        string weights = RealData.PathOf("weights/mnist_cnn_pt_and_safetensors/" + file);
        IdxFile images = IdxFile.Read(RealData.PathOf("mnist/idx/t10k-images-idx3-ubyte.gz"), "images"), labels = IdxFile.Read(RealData.PathOf("mnist/idx/t10k-labels-idx1-ubyte.gz"), "labels");
        var network = new BurnDigits();
        network.Initialize(1);
        CarryReport report = WeightCarry.Carry(WeightSource.Of(WeightFile.Read(weights).Tensors, file), network);
        network.Train(false);

        using var noGrad = new NoGrad();
        int right = 0;
        foreach (int[] rows in Enumerable.Range(0, 10_000).Chunk(500))
        {
            using var scope = new TensorScope();
            ReadOnlySpan<byte> pixels = images.Bytes!.Value.Span.Slice(rows[0] * 784, rows.Length * 784);
            var values = new float[pixels.Length];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = ((pixels[i] / 255f) - 0.1307f) / 0.3081f;
            }

            right += Right(network.Forward(Tensor.From(values, [rows.Length, 1, 28, 28])), [.. rows.Select(r => (int)labels.Bytes!.Value.Span[r])]);
        }

        Assert.Equal((18, 0, 0), (report.Carried.Count, report.Missing.Count, report.WrongShape.Count));
        Assert.Equal(accuracy, right / 100.0, 0.005);
    }

    private static Backbone Loaded(Backbone network, string file, int? unexpected, (int Height, int Width) size)
    {
        string path = RealData.PathOf(file);
        network.Build(new InputShape(InputKind.Picture, [size.Height, size.Width, 3]));
        network.Initialize(1);
        CarryReport report = network.LoadWeights(path);
        network.Train(false);
        network.Freeze();

        Assert.Empty(report.Missing);
        Assert.Empty(report.WrongShape);
        Assert.Equal(network.StateDictionary().Count, report.Carried.Count);
        Assert.Equal(unexpected ?? report.Unexpected.Count, report.Unexpected.Count);
        return network;
    }

    private static Tensor Wave(float scale, float shift) => Tensor.From([.. PictureNetworkTests.Wave(3 * 64 * 75, 1000).Select(v => (v * scale) + shift)], [1, 3, 64, 75]);

    // 1e-4 of the largest: some dozen layers of float sums.
    private static void AssertNear(string name, Tensor features)
    {
        JsonNode golden = Expected[name]!;
        double[] expected = golden["features"].Doubles();
        float[] actual = features.ToArray();
        double largest = golden["largest"]!.GetValue<double>();
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i * golden["every"]!.GetValue<int>()], 1e-4 * largest);
        }
    }

    private static Tensor Pixels(string[] files, int size, float[] mean, float[] deviation)
    {
        int points = size * size;
        var values = new float[files.Length * 3 * points];
        for (int f = 0; f < files.Length; f++)
        {
            Picture picture = PictureDecoder.Decode(File.ReadAllBytes(files[f]), files[f]);
            Assert.Equal((size, size), (picture.Width, picture.Height));
            for (int p = 0; p < points; p++)
            {
                for (int c = 0; c < 3; c++)
                {
                    values[(((f * 3) + c) * points) + p] = (picture.Pixels[(p * picture.Channels) + c] - mean[c]) / deviation[c];
                }
            }
        }

        return Tensor.From(values, [files.Length, 3, size, size]);
    }

    private static int Right(Tensor logits, int[] classes)
    {
        float[] values = logits.ToArray();
        int width = values.Length / classes.Length;
        return classes.Where((c, i) => values.AsSpan(i * width, width).IndexOf(values[(i * width)..((i + 1) * width)].Max()) == c).Count();
    }

    private sealed class BurnDigits : Module
    {
        public Conv2d Conv1 { get; } = new(1, 8, 3);

        public Conv2d Conv2 { get; } = new(8, 16, 3);

        public Conv2d Conv3 { get; } = new(16, 24, 3);

        public BatchNorm Norm1 { get; } = new(24);

        public Linear Fc1 { get; } = new(24 * 22 * 22, 32);

        public Linear Fc2 { get; } = new(32, 10);

        public BatchNorm Norm2 { get; } = new(10);

        public override Tensor Forward(Tensor x)
        {
            x = Conv3.Forward(Conv2.Forward(Conv1.Forward(x, relu: true), relu: true), relu: true);
            return Norm2.Forward(Fc2.Forward(Fc1.Forward(Norm1.Forward(x).Flatten(), relu: true)));
        }
    }
}
