using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Graft.Data.Sources;
using Graft.Hub;

namespace Graft.Tests.Hub;

/// <summary>What stands in the hub's folder, whoever put it there.</summary>
public sealed class GraftHubTests : HubTestBase
{
    private const string Nowhere = "http://127.0.0.1:9/thing.bin";

    [Fact]
    public void What_is_not_here_is_an_error_that_says_file_address_and_place()
    {
        var e = Assert.Throws<GraftInputException>(() => Hub(Nowhere, "0123abcd").PathOf("thing"));

        Assert.Equal($"thing: expected {Place()}, which is not here. `graft pull thing` loads it from {Nowhere}, or put it there by hand; its checksum (0123abcd...) is looked at then.", e.Message);
    }

    [Fact]
    public void An_unknown_name_is_an_error()
    {
        var e = Assert.Throws<GraftInputException>(() => Hub(Nowhere, null).PathOf("resnet81"));

        Assert.Equal("hub: expected a known name, got 'resnet81'. `graft list hub` shows all 1.", e.Message);
    }

    [Fact]
    public void A_file_put_there_by_hand_is_checked_and_used()
    {
        Put(Content);

        Assert.Equal(Place(), Hub(Nowhere, ShaOf(Content)[..8]).PathOf("thing"));
    }

    [Fact]
    public void A_wrong_file_put_there_by_hand_is_refused_and_kept()
    {
        Put(Content);

        var e = Assert.Throws<GraftInputException>(() => Hub(Nowhere, "0123abcd").PathOf("thing"));

        Assert.Equal($"thing: {Place()} is not the file that is meant: expected SHA-256 0123abcd..., got {ShaOf(Content)}. Remove it, and `graft pull thing` loads it anew.", e.Message);
        Assert.True(File.Exists(Place()));
    }

    [Fact]
    public void A_file_that_changed_later_is_noticed()
    {
        Put(Content);
        GraftHub hub = Hub(Nowhere, null);
        hub.PathOf("thing");

        Put([.. Content, 1]);

        Assert.Contains("which the first download had", Assert.Throws<GraftInputException>(() => hub.PathOf("thing")).Message);
    }

    [Fact]
    public void A_path_that_exists_wins_and_a_text_that_is_neither_names_both_possibilities()
    {
        string file = Home.Write("here.pth", "x");
        var context = new DataContext(Home.Path, null, 1);

        Assert.Equal(file, HubFiles.Resolve("here.pth", p => context.Resolve(p), Home.Path));
        string message = Assert.Throws<GraftInputException>(() => HubFiles.Resolve("resnet81", p => context.Resolve(p), Home.Path)).Message;
        Assert.Contains("resnet81: expected a file or folder, found none", message);
        Assert.EndsWith("No name of the hub either. Did you mean 'resnet18'? `graft list hub` shows all.", message);
        Assert.Contains("`graft pull resnet18` loads it from https://download.pytorch.org/models/resnet18-f37072fd.pth", Assert.Throws<GraftInputException>(() => HubFiles.Resolve("resnet18", p => context.Resolve(p), Home.Path)).Message);
    }

    [Fact]
    public async Task Zip_archives_are_unpacked_once_and_not_kept()
    {
        byte[] zip = Zip(("pictures/a/1.txt", "one"), ("pictures/b/2.txt", "two"));
        using var server = new LocalServer((a, _) => LocalServer.File(a, zip));
        GraftHub hub = Hub(server.Address("thing.zip"), ShaOf(zip), more: "\"path\": \"pictures\",", kind: "data");

        string path = await Pull(hub);
        await Pull(hub);

        Assert.Equal("two", File.ReadAllText(Path.Combine(path, "b", "2.txt")));
        Assert.False(File.Exists(Place("thing.zip")));
        Assert.Single(server.Requests);
        Assert.Equal(path, hub.PathOf("thing"));
    }

    [Fact]
    public void An_archive_put_there_by_hand_is_unpacked_and_kept()
    {
        byte[] tar = Tar(new PaxTarEntry(TarEntryType.RegularFile, "pictures/1.txt") { DataStream = new MemoryStream("one"u8.ToArray()) });
        Put(tar, "thing.tar.gz");

        string path = Hub("http://127.0.0.1:9/thing.tar.gz", ShaOf(tar), more: "\"path\": \"pictures\",", kind: "data").PathOf("thing");

        Assert.Equal("one", File.ReadAllText(Path.Combine(path, "1.txt")));
        Assert.True(File.Exists(Place("thing.tar.gz")));
    }

    [Theory]
    [InlineData("../evil.txt")]
    [InlineData("/etc/evil.txt")]
    [InlineData("a/../../evil.txt")]
    [InlineData("C:\\evil.txt")]
    public void Archives_that_lead_outside_are_refused_and_leave_nothing(string name)
    {
        byte[] zip = Zip(("pictures/1.txt", "one"), (name, "evil"));
        Put(zip, "thing.zip");

        var e = Assert.Throws<GraftInputException>(() => Hub("http://127.0.0.1:9/thing.zip", ShaOf(zip), more: "\"path\": \"pictures\",", kind: "data").PathOf("thing"));

        Assert.EndsWith($"expected paths below one folder, got '{name}'.", e.Message);
        Assert.Equal([".lock", "thing.zip", "thing.zip.sha256"], Directory.GetFileSystemEntries(Path.GetDirectoryName(Place())!).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Archives_with_links_are_refused()
    {
        byte[] tar = Tar(new PaxTarEntry(TarEntryType.SymbolicLink, "pictures/link") { LinkName = "/etc/passwd" });
        Put(tar, "thing.tgz");

        var e = Assert.Throws<GraftInputException>(() => Hub("http://127.0.0.1:9/thing.tgz", ShaOf(tar), more: "\"path\": \"pictures\",", kind: "data").PathOf("thing"));

        Assert.EndsWith("expected plain files, got SymbolicLink: pictures/link.", e.Message);
    }

    [Fact]
    public void A_damaged_archive_is_one_error()
    {
        byte[] damaged = Encoding.ASCII.GetBytes("no archive at all");
        Put(damaged, "thing.zip");

        Assert.Throws<GraftInputException>(() => Hub("http://127.0.0.1:9/thing.zip", ShaOf(damaged), more: "\"path\": \"pictures\",", kind: "data").PathOf("thing"));
    }

    [Fact]
    public void Data_sources_find_what_the_hub_has()
    {
        byte[] zip = Zip(("pictures/a/1.txt", "one"));
        Put(zip, "thing.zip");
        GraftHub hub = Hub("http://127.0.0.1:9/thing.zip", ShaOf(zip), more: "\"path\": \"pictures\",", kind: "data");
        hub.PathOf("thing");

        var e = Assert.Throws<GraftInputException>(() => new DataContext(Home.Path, null, 1, Home.Path).Resolve("hub:hymenoptera/train"));

        Assert.Contains("`graft pull hymenoptera` loads it from https://download.pytorch.org/tutorial/hymenoptera_data.zip", e.Message);
    }

    private static byte[] Zip(params (string Name, string Text)[] files)
    {
        using var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, string text) in files)
            {
                using Stream entry = zip.CreateEntry(name).Open();
                entry.Write(Encoding.UTF8.GetBytes(text));
            }
        }

        return memory.ToArray();
    }

    private static byte[] Tar(TarEntry entry)
    {
        using var memory = new MemoryStream();
        using (var packed = new GZipStream(memory, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(packed))
        {
            tar.WriteEntry(entry);
        }

        return memory.ToArray();
    }

    private void Put(byte[] content, string file = "thing.bin")
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Place())!);
        File.WriteAllBytes(Place(file), content);
    }
}
