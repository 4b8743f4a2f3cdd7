using System.IO.Compression;
using System.Text;
using Graft.Data;
using Graft.Data.Encoders;
using Graft.Models;
using Graft.Models.Formats;
using Graft.Models.Graphs;
using Graft.Models.Weights;
using Graft.Tensors;
using Graft.Tensors.Autograd;
using Graft.Tests.Data.Sources;

namespace Graft.Tests.Models;

/// <summary>Archives and weights as Keras 3 writes them.</summary>
public sealed class Keras3FileTests
{
    private static readonly string[] Names =
    [
        "stem/kernel", "stem/bias", "stem_norm/gamma", "stem_norm/beta", "stem_norm/moving_mean", "stem_norm/moving_variance", "side/kernel",
        "side_norm/beta", "side_norm/moving_mean", "side_norm/moving_variance", "deep/depthwise_kernel", "deep/bias",
        "split/depthwise_kernel", "split/pointwise_kernel", "split/bias", "answer/kernel", "answer/bias",
    ];

    [Fact]
    public void Weights_of_an_archive_have_the_names_of_its_layers()
    {
        using KerasFile file = KerasFile.Open(GoldenFile.PathOf("Weights/keras3-functional.keras"));

        Assert.Equal("3.9.0", file.KerasVersion);
        Assert.Equal(Names, file.Tensors.Keys);
        Assert.Equal(["stem", "stem_norm", "side", "side_norm", "deep", "split", "answer"], file.Layers.Select(l => l.Name));
        Assert.Equal("[3, 3, 3, 4]", file.Tensors["stem/kernel"].ShapeText);
        Assert.Equal("keras", WeightFile.Read(GoldenFile.PathOf("Weights/keras3-functional.keras")).Format);
    }

    // Three of four arrays of a normalization may be either: without the description they keep their numbers.
    [Fact]
    public void Weights_alone_have_the_names_that_their_file_keeps()
    {
        WeightFile file = WeightFile.Read(GoldenFile.PathOf("Weights/keras3.weights.h5"));

        Assert.Equal("keras", file.Format);
        Assert.Equal(
            Names.Select(n => n switch { "side_norm/beta" => "side_norm/vars/0", "side_norm/moving_mean" => "side_norm/vars/1", "side_norm/moving_variance" => "side_norm/vars/2", _ => n }).Order(StringComparer.Ordinal),
            file.Tensors.Keys.Order(StringComparer.Ordinal));
        using KerasFile whole = KerasFile.Open(GoldenFile.PathOf("Weights/keras3-functional.keras"));
        Assert.Equal(whole.Tensors["side/kernel"].Values, file.Tensors["side/kernel"].Values);
    }

    [Fact]
    public void Layers_without_names_are_called_by_their_class_and_layers_within_layers_by_their_path()
    {
        using KerasFile file = KerasFile.Open(GoldenFile.PathOf("Weights/keras3-unnamed.weights.h5"));

        Assert.Equal(
            ["dense/kernel", "lstm/cell/kernel", "lstm/cell/recurrent_kernel", "lstm/cell/bias", "my_layer/vars/0", "sequential/dense/kernel", "sequential/dense/bias"],
            file.Tensors.Keys);
        Assert.Null(file.ModelConfig);
        Assert.Equal("3", file.KerasVersion);
    }

    [Theory]
    [InlineData("Conv2D", "conv2d")]
    [InlineData("BatchNormalization", "batch_normalization")]
    [InlineData("ReLU", "re_lu")]
    [InlineData("GlobalAveragePooling2D", "global_average_pooling2d")]
    [InlineData("LSTM", "lstm")]
    [InlineData("PReLU", "p_re_lu")]
    public void Classes_are_written_as_in_paths(string name, string expected) => Assert.Equal(expected, KerasVariables.Snake(name));

    [Theory]
    [InlineData("keras3-functional.keras", 8, 3)]
    [InlineData("keras2-chain.keras", 6, 1)]
    public void Networks_of_archives_give_what_their_description_says(string name, int side, int channels)
    {
        using var scope = new TensorScope();
        var trunk = new GraphBackbone(GoldenFile.PathOf("Weights/" + name));
        trunk.Build(new InputShape(InputKind.Picture, [side, side, channels]));
        trunk.Initialize(1);
        CarryReport report = trunk.LoadWeights(trunk.DefaultWeights!);
        trunk.Train(false);
        float[] x = [.. Enumerable.Range(0, channels * side * side).Select(i => (float)(0.5 + (Math.Sin((i * 0.37) + 1) / 2)))];

        float[] y = trunk.Forward(Tensor.From(x, [1, channels, side, side])).ToArray();

        Assert.Empty(report.Missing);
        Assert.Empty(report.WrongShape);
        float[] expected = Golden.Read("keras3.json")[name]!.Floats();
        Assert.All(expected.Zip(y), v => Assert.Equal(v.First, v.Second, 1e-6f));      // sums of at most 40 products
    }

    [Fact]
    public void Recurrent_layers_and_models_within_models_give_what_their_description_says()
    {
        using var scope = new TensorScope();
        var trunk = new GraphBackbone(GoldenFile.PathOf("Weights/keras3-words.keras"));
        trunk.Build(new InputShape(InputKind.Table, [5]));
        trunk.Initialize(1);
        CarryReport report = trunk.LoadWeights(trunk.DefaultWeights!);
        trunk.Train(false);

        float[] y = trunk.Forward(Tensor.From([3, 0, 6, 1, 3], [1, 5])).ToArray();

        Assert.Empty(report.Missing);
        Assert.All(Golden.Read("keras3.json")["keras3-words.keras"]!.Floats().Zip(y), v => Assert.Equal(v.First, v.Second, 1e-6f));
        using KerasFile file = KerasFile.Open(GoldenFile.PathOf("Weights/keras3-words.keras"));
        Assert.Equal(
            ["table/embeddings", "both/forward_layer/cell/kernel", "both/forward_layer/cell/recurrent_kernel", "both/forward_layer/cell/bias", "both/backward_layer/cell/kernel",
                "both/backward_layer/cell/recurrent_kernel", "both/backward_layer/cell/bias", "each/layer/kernel", "each/layer/bias", "inside/one/kernel", "inside/one/bias",
                "inside/two/kernel", "last/kernel", "last/bias"],
            file.Tensors.Keys);
    }

    [Fact]
    public void A_description_that_does_not_fit_its_weights_is_refused()
    {
        byte[] archive = Changed("keras2-chain.keras", config => config.Replace("\"GlobalAveragePooling2D\"", "\"Conv2D\"", StringComparison.Ordinal));

        var e = Assert.Throws<GraftInputException>(() => KerasFile.Of(new FileBytes(archive, "odd.keras")));

        Assert.Equal("odd.keras: keras: expected weights for each of 3 layers of the class conv2d, got them for 2.", e.Message);
    }

    // Keras stores its parts as they are: they are read where they lie. Other programs may pack them.
    [Fact]
    public void Packed_archives_hold_the_same()
    {
        byte[] packed = Changed("keras3-functional.keras", c => c, packing: CompressionLevel.SmallestSize);
        using KerasFile plain = KerasFile.Open(GoldenFile.PathOf("Weights/keras3-functional.keras")), other = KerasFile.Of(new FileBytes(packed, "packed.keras"));

        Assert.InRange(packed.Length, 1000, GoldenFile.Read("Weights/keras3-functional.keras").Length / 3);
        Assert.Equal(plain.Tensors.Keys, other.Tensors.Keys);
        Assert.All(plain.Tensors, t => Assert.Equal(t.Value.Values, other.Tensors[t.Key].Values));
    }

    [Theory, InlineData(CompressionLevel.NoCompression), InlineData(CompressionLevel.SmallestSize)]
    public void Archives_are_closed_with_their_weights(CompressionLevel packing)
    {
        using var folder = new TempFolder();
        string path = folder.Write("a.keras", Changed("keras3-functional.keras", c => c, packing: packing)), odd = folder.Write("b.keras", [.. "PK"u8, 3, 4, 5]);

        KerasFile.Open(path).Dispose();
        Assert.Throws<GraftInputException>(() => KerasFile.Open(odd));

        Assert.All((string[])[path, odd], p => new FileStream(p, FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose());      // fails where it is open still
    }

    [Fact]
    public void Archives_without_a_part_and_bombs_are_refused()
    {
        var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            using Stream part = zip.CreateEntry("config.json", CompressionLevel.SmallestSize).Open();
            part.Write(new byte[40 << 20]);
        }

        Assert.StartsWith(
            "bomb.keras: keras: expected a part config.json of at most ", Assert.Throws<GraftInputException>(() => KerasFile.Of(new FileBytes(bytes.ToArray(), "bomb.keras"))).Message, StringComparison.Ordinal);
        Assert.Equal(
            "odd.keras: keras: expected a part named model.weights.h5, got none.",
            Assert.Throws<GraftInputException>(() => KerasFile.Of(new FileBytes(Changed("keras2-chain.keras", c => c, "other.h5"), "odd.keras"))).Message);
    }

    // The archive's own structure is a small part of it: the HDF5 file inside is damaged for itself.
    [Theory]
    [InlineData("keras3-functional.keras", 600)]
    [InlineData("keras2-chain.keras", 600)]
    [InlineData("keras3-words.keras", 300)]
    [InlineData("keras3-unnamed.weights.h5", 500)]
    public void Damaged_files_give_one_error_and_nothing_else(string name, int variants) => Fuzz.Bytes(
        GoldenFile.Read("Weights/" + name),
        damaged =>
        {
            using KerasFile file = KerasFile.Of(new FileBytes(damaged, "damaged.keras"));
            _ = file.Tensors.Values.Sum(t => t.Values.Length);
        },
        variants: variants);

    [Fact]
    public void Damaged_weights_in_an_archive_give_one_error_and_nothing_else()
    {
        using KerasFile whole = KerasFile.Open(GoldenFile.PathOf("Weights/keras2-chain.keras"));
        byte[] weights = Weights(Archive("keras2-chain.keras"));

        Fuzz.Bytes(
            weights,
            damaged =>
            {
                using var file = Graft.Data.Hdf5.Hdf5File.Of(new FileBytes(damaged, "damaged.h5"));
                _ = KerasVariables.Read(file, whole.ModelConfig, 1 << 20).Sum(l => l.Weights.Count);
            },
            variants: 600);
    }

    private static byte[] Changed(string name, Func<string, string> config, string weights = "model.weights.h5", CompressionLevel packing = CompressionLevel.NoCompression)
    {
        KerasArchive archive = Archive(name);
        var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string part, byte[] content) in new[] { ("config.json", Encoding.UTF8.GetBytes(config(archive.Config))), (weights, Weights(archive)) })
            {
                using Stream to = zip.CreateEntry(part, packing).Open();
                to.Write(content);
            }
        }

        return bytes.ToArray();
    }

    private static KerasArchive Archive(string name)
    {
        byte[] bytes = GoldenFile.Read("Weights/" + name);
        return KerasArchive.Read(new FileBytes(bytes, name), new MemoryStream(bytes));
    }

    private static byte[] Weights(KerasArchive archive) => archive.Weights.Take(0, archive.Weights.Length, "weights");
}
