using Graft.Data;
using Graft.Tests.Data.Sources;

namespace Graft.Tests.Data;

public sealed class FileBytesTests
{
    // Two windows and a bit, at places that are no multiple of anything.
    [Theory, InlineData(true), InlineData(false)]
    public void Mapped_or_read_bytes_are_those_of_the_file(bool isMapped)
    {
        using var folder = new TempFolder();
        byte[] bytes = Bytes((2 * FileBytes.MostMapped) + 100_003);
        using FileBytes file = FileBytes.Open(folder.Write("a.bin", bytes), isMapped: isMapped);

        Assert.True(bytes.AsSpan(4097).SequenceEqual(file.Take(4097, bytes.Length - 4097, "bytes")));
        Assert.True(bytes.AsSpan(bytes.Length - 5).SequenceEqual(file.Take(bytes.Length - 5, 5, "bytes")));
        using FileWindow window = file.Window(65_537, FileBytes.MostMapped, "bytes");
        Assert.True(window.Bytes.SequenceEqual(bytes.AsSpan(65_537, FileBytes.MostMapped)));
    }

    [Fact]
    public void Windows_of_memory_and_of_parts_show_the_same_bytes()
    {
        byte[] bytes = Bytes(300_000);
        using var whole = new FileBytes(bytes, "whole");
        using var parts = new FileBytes([new FileBytes(bytes.AsMemory(0, 100_001), "a"), new FileBytes(bytes.AsMemory(100_001), "b")], "parts");

        using FileWindow one = whole.Window(99_000, 150_000, "bytes");
        using FileWindow other = parts.Window(99_000, 150_000, "bytes");

        Assert.True(one.Bytes.SequenceEqual(bytes.AsSpan(99_000, 150_000)));
        Assert.True(other.Bytes.SequenceEqual(one.Bytes));
    }

    [Fact]
    public void A_mapped_file_that_became_shorter_is_an_error_before_its_bytes_are_touched()
    {
        using var folder = new TempFolder();
        string path = folder.Write("a.bin", Bytes(1_000_000));
        using FileBytes file = FileBytes.Open(path, isMapped: true);
        using (FileStream cut = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            cut.SetLength(500_000);
        }

        var e = Assert.Throws<GraftInputException>(() => file.Take(0, 1_000_000, "numbers"));

        Assert.EndsWith("a.bin: expected 1000000 bytes of numbers at byte 0, got the end of the file, which became shorter.", e.Message, StringComparison.Ordinal);
        Assert.Equal(500_000, file.Take(0, 500_000, "numbers").Length);
    }

    [Fact]
    public void Bytes_beyond_the_end_are_refused_before_anything_is_mapped()
    {
        using var folder = new TempFolder();
        using FileBytes file = FileBytes.Open(folder.Write("a.bin", Bytes(200_000)), "a.bin", isMapped: true);

        var e = Assert.Throws<GraftInputException>(() => file.Window(100_000, 100_001, "numbers").Dispose());

        Assert.Equal("a.bin: expected 100001 bytes of numbers at byte 100000, got a file of 200000 bytes.", e.Message);
    }

    private static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(1).NextBytes(bytes);
        return bytes;
    }
}
