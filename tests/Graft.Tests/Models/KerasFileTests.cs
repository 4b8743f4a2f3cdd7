using Graft.Data;
using Graft.Data.Hdf5;
using Graft.Models.Formats;
using Graft.Tests.Data.Sources;

namespace Graft.Tests.Models;

public sealed class KerasFileTests
{
    [Theory]
    [InlineData("keras-weights.h5")]
    [InlineData("keras-model.h5")]
    [InlineData("keras-split-names.h5")]
    public void Weights_are_read_layer_by_layer(string name)
    {
        using KerasFile file = KerasFile.Open(GoldenFile.PathOf("Weights/" + name));

        Assert.Equal(["input_1", "conv1", "flatten", "fc"], file.Layers.Select(l => l.Name));
        Assert.Equal(["conv1/kernel:0", "conv1/bias:0", "fc/kernel:0", "fc/bias:0"], file.Tensors.Keys);
        Assert.Equal("[3, 3, 1, 2]", file.Tensors["conv1/kernel:0"].ShapeText);
        Assert.Equal([-3f, -2.75f, -2.5f], file.Layers[3].Weights[1].Value.Values);
        Assert.Equal("2.1.5", file.KerasVersion);
    }

    [Fact]
    public void The_configuration_of_a_whole_model_is_there()
    {
        using KerasFile whole = KerasFile.Open(GoldenFile.PathOf("Weights/keras-model.h5"));
        using KerasFile weights = KerasFile.Open(GoldenFile.PathOf("Weights/keras-weights.h5"));

        Assert.Equal("{\"class_name\": \"Sequential\", \"config\": []}", whole.ModelConfig);
        Assert.Null(weights.ModelConfig);
    }

    [Fact]
    public void Names_that_layers_share_get_the_layers_name()
    {
        using KerasFile file = KerasFile.Open(GoldenFile.PathOf("Weights/keras-same-names.h5"));

        Assert.Equal(["conv1/W", "conv1/b", "fc/W", "fc/b"], file.Tensors.Keys);
    }

    [Theory]
    [InlineData("keras-model.h5", "keras")]
    [InlineData("small.h5", "hdf5")]
    [InlineData("user-block.h5", "hdf5")]
    public void A_file_of_weights_says_which_it_is(string name, string format) =>
        Assert.Equal(format, WeightFile.Read(GoldenFile.PathOf("Weights/" + name)).Format);

    [Fact]
    public void Plain_files_are_read_by_paths()
    {
        WeightFile file = WeightFile.Read(GoldenFile.PathOf("Weights/layouts-old.h5"));

        Assert.Equal("[40, 30]", file.Tensors["packed/many"].ShapeText);
        Assert.Equal("I16", file.Tensors["integers/big-i2"].Type);
        Assert.DoesNotContain("others/texts", file.Tensors.Keys);
        Assert.Equal(["others/again"], file.Tensors.Keys.Where(k => k.Contains("again", StringComparison.Ordinal)));
    }

    // Plain arrays are read where they lie, packed ones as a whole.
    [Theory]
    [InlineData("plain", 12)]
    [InlineData("packed/many", 1200)]
    [InlineData("packed/bare", 35)]
    [InlineData("integers/big-i2", 3)]
    public void Any_part_of_an_array_can_be_read(string path, int count)
    {
        NamedArray array = WeightFile.Read(GoldenFile.PathOf("Weights/layouts-old.h5")).Tensors[path];
        var part = new float[2];

        array.CopyTo(count - 2, part);

        Assert.Equal(count, array.Count);
        Assert.Equal(array.Values[^2..], part);
    }

    [Fact]
    public void A_layer_without_its_group_is_an_error_that_names_it()
    {
        byte[] bytes = GoldenFile.Read("Weights/keras-weights.h5");
        int at = bytes.AsSpan().IndexOf("flatten\0"u8);      // the name in the heap of names; that in the attribute is the other
        int other = bytes.AsSpan(at + 1).IndexOf("flatten"u8) + at + 1;
        bytes[bytes.AsSpan(0, at).IndexOf("flatten"u8) is var first and >= 0 ? first : other] = (byte)'F';

        var e = Assert.Throws<GraftInputException>(() => KerasFile.Of(new FileBytes(bytes, "odd.h5")));

        Assert.Matches("^odd.h5: hdf5: expected a group for the layer '[fF]latten', got none.$", e.Message);
    }

    [Theory]
    [InlineData("keras-model.h5")]
    [InlineData("keras-weights.h5")]
    public void Damaged_files_give_one_error_and_nothing_else(string name) => Fuzz.Bytes(
        GoldenFile.Read("Weights/" + name),
        damaged =>
        {
            using KerasFile file = KerasFile.Of(new FileBytes(damaged, "damaged.h5"));
            _ = file.Tensors.Values.Sum(t => t.Values.Length);
        },
        variants: 2000);

    [Fact]
    public void Damaged_plain_files_give_one_error_and_nothing_else() => Fuzz.Bytes(
        GoldenFile.Read("Weights/small.h5"),
        damaged =>
        {
            using var file = Hdf5File.Of(new FileBytes(damaged, "damaged.h5"));
            _ = Hdf5Weights.All(file).Values.Sum(t => t.Values.Length);
        },
        variants: 2000);
}
