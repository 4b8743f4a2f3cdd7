using Graft.Data;
using Graft.Data.Sources;

namespace Graft.Tests.Data.Sources;

public sealed class CifarBinarySourceTests : DataSourceConformance
{
    protected override DataSource Create(string name, string? hint = null) => new CifarBinarySource(name, hint: hint);

    protected override string WriteValid()
    {
        Folder.Write("valid.bin", Record(3));
        return "valid.bin";
    }

    // Red is 10 in the first pixel, green 20, blue 30; everything else 0.
    private static byte[] Record(byte label)
    {
        var record = new byte[3073];
        (record[0], record[1], record[1025], record[2049]) = (label, 10, 20, 30);
        return record;
    }

    [Fact]
    public void AFolder_gives_its_data_batches_in_order_or_its_test_batch()
    {
        Folder.Write("cifar/data_batch_2.bin", Record(9));
        Folder.Write("cifar/data_batch_1.bin", [.. Record(3), .. Record(0)]);
        Folder.Write("cifar/test_batch.bin", Record(1));

        Dataset train = new CifarBinarySource("cifar").Read(Folder.Context);
        Dataset test = new CifarBinarySource("cifar", test: true).Read(Folder.Context);

        var label = (CategoryColumn)train["label"];
        Assert.Equal(["cat", "airplane", "truck"], label.Codes.ToArray().Select(c => label.Levels[c]));
        Assert.Equal([10, 20, 30, 0], ((PictureColumn)train["picture"]).Read(0)!.Pixels[..4]);
        Assert.Equal(1, test.Count);
    }

    [Fact]
    public void Errors_name_the_file()
    {
        Folder.Write("cut.bin", Record(1)[1..]);
        Folder.Write("label.bin", Record(10));
        Folder.Write("empty/x", "x");

        Assert.Equal("cut.bin: expected records of 3073 bytes, got a file of 3072 bytes.", Fails("cut.bin"));
        Assert.Equal("label.bin: expected labels from 0 to 9, one for each name in classes, got 10 in row 1.", Fails("label.bin"));
        Assert.Equal("empty: expected data_batch_1.bin and so on in the folder, got none.", Fails("empty"));
    }

    [Fact]
    public void Damaged_files_give_a_clear_error_or_a_table() =>
        Fuzz.Files(Record(4), "a.bin", context => new CifarBinarySource("a.bin").Read(context));

    private string Fails(string path) => Assert.Throws<GraftInputException>(() => new CifarBinarySource(path).Read(Folder.Context)).Message;
}
