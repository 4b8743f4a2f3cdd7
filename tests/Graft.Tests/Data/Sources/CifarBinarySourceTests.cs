using Graft.Data;
using Graft.Data.Sources;

namespace Graft.Tests.Data.Sources;

public sealed class CifarBinarySourceTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // Red is 10 in the first pixel, green 20, blue 30; everything else 0.
    private static byte[] Record(byte label)
    {
        var record = new byte[3073];
        (record[0], record[1], record[1025], record[2049]) = (label, 10, 20, 30);
        return record;
    }

    [Fact]
    public void A_folder_gives_its_data_batches_in_order_or_its_test_batch()
    {
        _folder.Write("cifar/data_batch_2.bin", Record(9));
        _folder.Write("cifar/data_batch_1.bin", [.. Record(3), .. Record(0)]);
        _folder.Write("cifar/test_batch.bin", Record(1));

        Dataset train = new CifarBinarySource("cifar").Read(_folder.Context);
        Dataset test = new CifarBinarySource("cifar", test: true).Read(_folder.Context);

        var label = (CategoryColumn)train["label"];
        Assert.Equal(["cat", "airplane", "truck"], label.Codes.ToArray().Select(c => label.Levels[c]));
        Assert.Equal([10, 20, 30, 0], ((PictureColumn)train["picture"]).Read(0)!.Pixels[..4]);
        Assert.Equal(1, test.Count);
    }

    [Fact]
    public void Errors_name_the_file()
    {
        _folder.Write("cut.bin", Record(1)[1..]);
        _folder.Write("label.bin", Record(10));
        _folder.Write("empty/x", "x");

        Assert.Equal("cut.bin: expected records of 3073 bytes, got a file of 3072 bytes.", Fails("cut.bin"));
        Assert.Equal("label.bin: expected labels from 0 to 9, one for each name in classes, got 10 in row 1.", Fails("label.bin"));
        Assert.Equal("empty: expected data_batch_1.bin and so on in the folder, got none.", Fails("empty"));
    }

    [Fact]
    public void Damaged_files_give_a_clear_error_or_a_table() =>
        Fuzz.Files(Record(4), "a.bin", context => new CifarBinarySource("a.bin").Read(context));

    private string Fails(string path) => Assert.Throws<GraftInputException>(() => new CifarBinarySource(path).Read(_folder.Context)).Message;
}
