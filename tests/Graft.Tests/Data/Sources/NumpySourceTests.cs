using Graft.Data;
using Graft.Data.Sources;

namespace Graft.Tests.Data.Sources;

public sealed class NumpySourceTests : DataSourceConformance
{
    private static readonly DataContext Golden = new(GoldenFile.PathOf("Sources"), null, 1);

    public static TheoryData<string> Types => new(
        "u1", "i1", "little-u2", "big-u2", "little-i2", "big-i2", "little-u4", "big-u4", "little-i4", "big-i4",
        "little-u8", "big-u8", "little-i8", "big-i8", "little-f2", "big-f2", "little-f4", "big-f4", "little-f8", "big-f8");

    protected override DataSource Create(string name, string? hint = null) => new NumpySource(name, hint: hint);

    protected override string WriteValid()
    {
        Folder.Write("valid.npy", GoldenFile.Read("Sources/fortran.npy"));
        return "valid.npy";
    }

    [Theory, MemberData(nameof(Types))]
    public void Every_type_of_number_is_read(string type)
    {
        Dataset data = new NumpySource(type + ".npy").Read(Golden);

        Assert.Equal([0, 1, 2, 3, 100, 5], ((VectorColumn)data["features"]).Values);
    }

    [Fact]
    public void Arrays_with_the_first_axis_fastest_are_put_in_order()
    {
        float[] expected = [.. Enumerable.Range(0, 24).Select(i => (float)i)];

        Assert.Equal(expected, ((VectorColumn)new NumpySource("fortran.npy").Read(Golden)["features"]).Values.ToArray());
        Picture second = ((PictureColumn)new NumpySource("fortran-pictures.npy").Read(Golden)["picture"]).Read(1)!;
        Assert.Equal((4, 3, 1), (second.Width, second.Height, second.Channels));
        Assert.Equal([12, 13, 14, 15, 16], second.Pixels[..5]);
    }

    [Fact]
    public void One_axis_is_a_column_of_numbers()
    {
        Dataset data = new NumpySource("vector.npy").Read(Golden);

        Assert.Equal([1.5f, float.NaN], ((NumberColumn)data["value"]).Values);
        Assert.Equal([1, 0], ((VectorColumn)new NumpySource("bool.npy").Read(Golden)["features"]).Values);
    }

    [Theory]
    [InlineData("first", new float[] { 1, 2, 3, 4, 5, 6, 7, 8 }, "7 3")]
    [InlineData("last", new float[] { 7, 1, 2, 3, 3, 5, 6, 7 }, "4 8")]
    [InlineData("2", new float[] { 7, 1, 3, 4, 3, 5, 7, 8 }, "2 6")]
    public void One_column_of_a_matrix_can_be_the_classes(string column, float[] features, string labels)
    {
        Dataset data = new NumpySource("table.npy", labelColumn: column).Read(Golden);

        var label = (CategoryColumn)data["label"];
        Assert.Equal(features, ((VectorColumn)data["features"]).Values.ToArray());
        Assert.Equal(labels.Split(' '), label.Codes.ToArray().Select(c => label.Levels[c]));
    }

    [Fact]
    public void Rows_of_bytes_can_be_pictures()
    {
        Dataset data = new NumpySource("table.npy", labelColumn: "first", shape: [2, 2]).Read(Golden);

        Assert.Equal([5, 6, 7, 8], ((PictureColumn)data["picture"]).Read(1)!.Pixels);
        Assert.Equal(["3", "7"], ((CategoryColumn)data["label"]).Levels);
    }

    [Fact]
    public void Archives_have_inputs_and_targets_by_name()
    {
        Dataset pair = new NumpySource("pair.npz").Read(Golden);
        Dataset packed = new NumpySource("packed.npz", classes: true).Read(Golden);
        Dataset other = new NumpySource("table.npy", labels: "labels.npy", classes: true).Read(Golden);

        Assert.Equal([5, 6], ((NumberColumn)pair["target"]).Values);
        Assert.Equal([12, 13, 14], ((PictureColumn)packed["picture"]).Read(1)!.Pixels[..3]);
        Assert.Equal(["0", "1"], ((CategoryColumn)packed["label"]).Levels);
        Assert.Equal(["4", "9"], ((CategoryColumn)other["label"]).Levels);
    }

    [Fact]
    public void Errors_say_what_was_expected()
    {
        Assert.Contains("got Python objects, which are never loaded", Fails(new NumpySource("objects.npy")), StringComparison.Ordinal);
        Assert.Equal("packed.npz: inputs: expected the name of an array, got 'z'. There are images, labels, other.", Fails(new NumpySource("packed.npz", "z")));
        Assert.Equal("packed.npz: expected a row of targets for each of the 2 rows of inputs, got f8 [3].", Fails(new NumpySource("packed.npz", targets: "other")));
        Assert.Equal("table.npy: shape: expected bytes, 4 a row, got u1 [2, 5].", Fails(new NumpySource("table.npy", shape: [2, 2])));
        Assert.Equal("table.npy: labelColumn: expected a column below 5, and another one beside it, got 5.", Fails(new NumpySource("table.npy", labelColumn: "5")));
        Assert.Throws<ArgumentException>(() => new NumpySource("a.npy", labelColumn: "middle"));
        Assert.Throws<ArgumentException>(() => new NumpySource("a.npy", shape: [2]));
    }

    [Theory]
    [InlineData("fortran.npy")]
    [InlineData("pair.npz")]
    [InlineData("packed.npz")]
    public void Damaged_files_give_a_clear_error_or_a_table(string name) =>
        Fuzz.Files(GoldenFile.Read("Sources/" + name), name, context => new NumpySource(name).Read(context));

    [Fact]
    public void Real_files_are_read_or_refused()
    {
        DataContext context = RealData.Context("formats/npz_npy");

        Dataset fashion = new NumpySource("formats/npz_npy/itu_fashion_test_5000x785_u8.npy", labelColumn: "last", shape: [28, 28]).Read(context);
        Dataset kannada = new NumpySource("formats/npz_npy/y_kannada_MNIST_test.npz").Read(context);

        Assert.Equal((5000, 5), (fashion.Count, ((CategoryColumn)fashion["label"]).Levels.Count));
        Assert.Equal(10000, ((NumberColumn)kannada["value"]).Count);
        foreach (string file in Directory.GetFiles(RealData.PathOf("formats/npz_npy"), "*objarr*"))
        {
            Assert.Contains("Python objects", Assert.Throws<GraftInputException>(() => new NumpySource(file).Read(context)).Message, StringComparison.Ordinal);
        }
    }

    private static string Fails(NumpySource source) => Assert.Throws<GraftInputException>(() => source.Read(Golden)).Message;
}
