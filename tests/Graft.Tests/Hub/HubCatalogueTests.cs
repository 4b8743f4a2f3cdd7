using System.Text;
using Graft.Hub;

namespace Graft.Tests.Hub;

public sealed class HubCatalogueTests
{
    public static TheoryData<string> Names => [.. HubCatalogue.Default.Entries.Select(e => e.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_entry_says_what_it_is_under_what_terms_and_where_it_is_from(string name)
    {
        HubEntry entry = HubCatalogue.Default.Find(name)!;

        Assert.NotEmpty(entry.What);
        Assert.NotEmpty(entry.License);
        Assert.All(entry.Files, f => Assert.True(f.Address.Scheme == "https" || (f.Address.Scheme == "http" && f.Sha256 is { Length: 64 })));
        Assert.All(entry.Files, f => Assert.True(f.Sha256 is null or { Length: >= 8 and <= 64 }));
        Assert.Equal(entry.Files.Count, entry.Files.Select(f => f.Name).Distinct().Count());
        Assert.All(entry.Files.Where(f => f.Unpack), _ => Assert.True(entry.Path is { Length: > 0 }));
    }

    [Fact]
    public void Torchvision_names_carry_the_first_digits_of_their_checksum()
    {
        HubFile[] files = [.. HubCatalogue.Default.Entries.SelectMany(e => e.Files).Where(f => f.Address.Host == "download.pytorch.org" && f.Name.EndsWith(".pth", StringComparison.Ordinal))];

        Assert.NotEmpty(files);
        Assert.All(files, f => Assert.EndsWith("-" + f.Sha256, Path.GetFileNameWithoutExtension(f.Name), StringComparison.Ordinal));
    }

    [Fact]
    public void Names_are_found_in_any_case_and_with_either_dash()
    {
        Assert.Equal("vgg16_bn", HubCatalogue.Default.Find("VGG16-BN")?.Name);
        Assert.Equal("fashion-mnist", HubCatalogue.Default.Find("fashion_mnist")?.Name);
        Assert.Null(HubCatalogue.Default.Find("vgg-16"));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{ "x": { "kind": "weights", "what": "", "license": "", "files": [] } }""")]
    [InlineData("""{ "x": { "kind": "program", "what": "", "license": "", "files": [ { "url": "https://h/x" } ] } }""")]
    [InlineData("""{ "x": { "kind": "weights", "what": "", "license": "", "files": [ { "url": "ftp://h/x" } ] } }""")]
    [InlineData("""{ "x": { "kind": "weights", "what": "", "license": "", "files": [ { "url": "https://h/x", "sha256": "XYZ" } ] } }""")]
    [InlineData("""{ "..": { "kind": "weights", "what": "", "license": "", "files": [ { "url": "https://h/x" } ] } }""")]
    [InlineData("""{ "x": { "kind": "data", "path": "a/../..", "what": "", "license": "", "files": [ { "url": "https://h/x" } ] } }""")]
    public void Damaged_data_files_are_refused(string json) =>
        Assert.StartsWith("hub.json: ", Assert.Throws<GraftInputException>(() => HubCatalogue.Read(new MemoryStream(Encoding.UTF8.GetBytes(json)))).Message);

    [Fact]
    public void The_home_folder_is_the_one_that_was_given_or_the_systems_place_for_what_may_be_lost()
    {
        Assert.Equal(Path.GetFullPath("somewhere"), HubHome.Folder("somewhere"));
        Assert.EndsWith("graft", HubHome.Folder(), StringComparison.Ordinal);
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux knows XDG_CACHE_HOME.");
        Assert.Equal("/elsewhere/graft", HubHome.Folder("", "/elsewhere"));
    }
}
