namespace Graft.Tests;

public sealed class AtomicFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("graft-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_new_content_replaces_the_old_and_nothing_else_is_left()
    {
        string path = Path.Combine(_folder, "a.bin");

        AtomicFile.Write(path, [1, 2, 3]);
        AtomicFile.Write(path, [4]);

        Assert.Equal([4], File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(_folder));
    }

    [Fact]
    public void A_write_that_fails_in_the_middle_keeps_the_old_content_and_names_the_file()
    {
        string path = Path.Combine(_folder, "a.bin");
        AtomicFile.Write(path, [1, 2, 3]);

        var e = Assert.Throws<IOException>(() => AtomicFile.Write(path, stream =>
        {
            stream.WriteByte(9);
            throw new IOException("No space left on device.");
        }));

        Assert.Equal($"{path}: cannot be written, what was there before is kept. No space left on device.", e.Message);
        Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(_folder));
    }

    [Fact]
    public void An_error_of_the_writer_itself_passes_through_and_keeps_the_old_content()
    {
        string path = Path.Combine(_folder, "a.bin");
        AtomicFile.Write(path, [1]);

        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(path, _ => throw new InvalidOperationException("stop")));

        Assert.Equal([1], File.ReadAllBytes(path));
    }

    [Fact]
    public void A_folder_that_does_not_exist_is_an_error_that_names_the_file() =>
        Assert.StartsWith(
            Path.Combine(_folder, "none", "a.bin") + ": cannot be written",
            Assert.Throws<IOException>(() => AtomicFile.Write(Path.Combine(_folder, "none", "a.bin"), [1])).Message);
}
