using System.IO.Compression;
using Graft.Data;
using Graft.Data.Sources;

namespace Graft.Tests.Data.Sources;

public sealed class IdxSourceTests : DataSourceConformance
{
    // Two pictures of 2 x 3 pixels: height 2, width 3.
    private static readonly byte[] Images = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    private static readonly byte[] Labels = [0, 0, 8, 1, 0, 0, 0, 2, 7, 3];

    public IdxSourceTests()
    {
        Folder.Write("images", Images);
        Folder.Write("labels", Labels);
    }

    protected override DataSource Create(string name, string? hint = null) => new IdxSource(name, hint: hint);

    protected override string WriteValid()
    {
        Folder.Write("valid", Images);
        return "valid";
    }

    [Fact]
    public void Pictures_and_labels_are_read()
    {
        Dataset data = new IdxSource("images", "labels").Read(Folder.Context);

        Picture picture = ((PictureColumn)data["picture"]).Read(1)!;
        Assert.Equal((3, 2, 1), (picture.Width, picture.Height, picture.Channels));
        Assert.Equal([7, 8, 9, 10, 11, 12], picture.Pixels);
        var label = (CategoryColumn)data["label"];
        Assert.Equal(["3", "7"], label.Levels);
        Assert.Equal([1, 0], label.Codes);
    }

    [Fact]
    public void Pictures_can_be_transposed_and_classes_named()
    {
        Dataset data = new IdxSource("images", "labels", [.. "abcdefgh".Select(c => c.ToString())], transpose: true).Read(Folder.Context);

        Picture picture = ((PictureColumn)data["picture"]).Read(0)!;
        Assert.Equal((2, 3), (picture.Width, picture.Height));
        Assert.Equal([1, 4, 2, 5, 3, 6], picture.Pixels);
        Assert.Equal([7, 3], ((CategoryColumn)data["label"]).Codes);
    }

    [Fact]
    public void A_packed_file_is_unpacked()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
        {
            gzip.Write(Images);
        }

        Folder.Write("images.gz", packed.ToArray());

        Assert.Equal(2, new IdxSource("images.gz").Read(Folder.Context).Count);
        Fuzz.Files(packed.ToArray(), "images.gz", context => new IdxSource("images.gz").Read(context));
    }

    // Type 0D: floats; axes [2, 1].
    [Fact]
    public void Other_numbers_become_vectors()
    {
        Folder.Write("floats", [0, 0, 0x0D, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0x3F, 0x80, 0, 0, 0xC0, 0, 0, 0]);

        Assert.Equal([1, -2], ((VectorColumn)new IdxSource("floats").Read(Folder.Context)["features"]).Values);
    }

    [Fact]
    public void Errors_say_where_and_what_was_expected()
    {
        Folder.Write("short", Images[..^1]);
        Folder.Write("bad", [1, 2, 3, 4]);
        Folder.Write("bomb", [0, 0, 8, 3, 0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF]);
        Folder.Write("three", [0, 0, 8, 1, 0, 0, 0, 3, 7, 3, 1]);

        Assert.Equal("short: at byte 16: expected 12 bytes of values for axes [2, 2, 3], got 11.", Fails(new IdxSource("short")));
        Assert.Equal("bad: at byte 4: expected an IDX header (00 00, a type from 08 to 0E, 1 to 4 axes), got 01020304.", Fails(new IdxSource("bad")));
        Assert.Equal("bomb: at byte 12: expected axes of 1 or more whose product is below 2^31, got 2147483647 for axis 1.", Fails(new IdxSource("bomb")));
        Assert.Equal("three: expected 2 labels, as many as images has rows, got 3.", Fails(new IdxSource("images", "three")));
        Assert.Equal("labels: expected labels from 0 to 1, one for each name in classes, got 7 in row 1.", Fails(new IdxSource(labels: "labels", classes: ["a", "b"])));
        Assert.Throws<ArgumentException>(() => new IdxSource());
    }

    [Fact]
    public void Damaged_files_give_a_clear_error_or_a_table() =>
        Fuzz.Files(Images, "images", context => new IdxSource("images").Read(context));

    [Theory]
    [InlineData("kannada_mnist/X_kannada_MNIST_test-idx3-ubyte.gz", "kannada_mnist/y_kannada_MNIST_test-idx1-ubyte.gz", 10000)]
    [InlineData("kannada_mnist/X_dig_MNIST-idx3-ubyte.gz", "kannada_mnist/y_dig_MNIST-idx1-ubyte.gz", 10240)]
    [InlineData("mnist/idx/t10k-images-idx3-ubyte.gz", "mnist/idx/t10k-labels-idx1-ubyte.gz", 10000)]
    public void Mnist_and_its_relatives_are_read(string images, string labels, int count)
    {
        DataContext context = RealData.Context(images, labels);

        Dataset data = new IdxSource(images, labels).Read(context);

        Assert.Equal(count, data.Count);
        Assert.Equal(28 * 28, ((PictureColumn)data["picture"]).Read(count - 1)!.Pixels.Length);
        Assert.Equal("0123456789", string.Concat(((CategoryColumn)data["label"]).Levels));
    }

    private string Fails(IdxSource source) => Assert.Throws<GraftInputException>(() => source.Read(Folder.Context)).Message;
}
