using System.IO.Compression;
using Graft.Data;
using Graft.Data.Pictures;
using Graft.Data.Sources;

namespace Graft.Tests.Data.Sources;

public sealed class FolderSourceTests : DataSourceConformance
{
    private static readonly byte[] Grey = PngEncoder.Encode(new Picture(2, 1, 1, [10, 20]));
    private static readonly byte[] Color = PngEncoder.Encode(new Picture(1, 2, 3, [1, 2, 3, 4, 5, 6]));

    public FolderSourceTests()
    {
        Folder.Write("data/cat/b.png", Grey);
        Folder.Write("data/cat/a.PNG", Grey);
        Folder.Write("data/dog/x/1.jpeg", GoldenFile.Read("Pictures/grey.jpg"));
        Folder.Write("data/dog/2.png", Grey);
        Folder.Write("data/dog/.hidden.png", "x");
        Folder.Write("data/LICENSE", "free");
    }

    protected override DataSource Create(string name, string? hint = null) => new FolderSource(name, hint: hint);

    protected override string WriteValid()
    {
        Folder.Write("valid.zip", Zip(("cat/1.png", Grey), ("dog/2.png", Color)));
        return "valid.zip";
    }

    private Dataset Read(FolderSource source) => source.Read(Folder.Context);

    private static string[] Labels(Dataset data) => [.. ((CategoryColumn)data["label"]).Codes.ToArray().Select(c => ((CategoryColumn)data["label"]).Levels[c])];

    [Fact]
    public void SubFolders_are_classes_and_rows_are_sorted_by_path()
    {
        Dataset data = Read(new FolderSource("data"));

        Assert.Equal(["cat/a.PNG", "cat/b.png", "dog/2.png", "dog/x/1.jpeg"], ((TextColumn)data["file"]).Values);
        Assert.Equal(["cat", "cat", "dog", "dog"], Labels(data));
        Assert.Equal([10, 20], ((PictureColumn)data["picture"]).Read(1)!.Pixels);
        Assert.Equal(37, ((PictureColumn)data["picture"]).Read(3)!.Width);
    }

    [Fact]
    public void Labels_may_be_severalFolders_deep_and_reading_may_begin_in_one()
    {
        Assert.Equal(["cat", "cat", "dog", "dog/x"], Labels(Read(new FolderSource("data", labelDepth: 2))));
        Assert.Equal(["2.png", "x/1.jpeg"], ((TextColumn)Read(new FolderSource("data", under: "dog"))["file"]).Values);
        Assert.False(Read(new FolderSource("data", under: "cat")).TryGet("label", out _));
    }

    [Fact]
    public void Pictures_can_be_limited_scaled_and_made_grey_and_one_in_color_makes_all_color()
    {
        Folder.Write("data/dog/3.png", Color);

        Dataset limited = Read(new FolderSource("data", limitPerClass: 1));
        Dataset rest = Read(new FolderSource("data", skipPerClass: 1));
        Dataset second = Read(new FolderSource("data", limitPerClass: 1, skipPerClass: 1));
        Dataset mixed = Read(new FolderSource("data"));
        Dataset grey = Read(new FolderSource("data", size: 4, grey: true));

        Assert.Equal(["cat", "dog"], Labels(limited));
        Assert.Equal(Labels(mixed).Order(), Labels(limited).Concat(Labels(rest)).Order());
        Assert.Empty(Files(limited).Intersect(Files(rest)));
        Assert.Equal(Files(rest).DistinctBy(f => f!.Split('/')[0]), Files(second));
        Assert.Throws<GraftInputException>(() => Read(new FolderSource("data", skipPerClass: 9)));
        Assert.Equal([10, 10, 10, 20, 20, 20], ((PictureColumn)mixed["picture"]).Read(0)!.Pixels);
        for (int row = 0; row < grey.Count; row++)
        {
            Picture picture = ((PictureColumn)grey["picture"]).Read(row)!;
            Assert.Equal((4, 4, 1), (picture.Width, picture.Height, picture.Channels));
        }
    }

    private static IReadOnlyList<string?> Files(Dataset rows) => ((TextColumn)rows["file"]).Values;

    [Theory, InlineData(0), InlineData(256)]
    public void Pictures_are_the_same_every_time_kept_or_not(int keepMegabytes)
    {
        var pictures = (PictureColumn)Read(new FolderSource("data", keepMegabytes: keepMegabytes))["picture"];

        Assert.Equal(keepMegabytes > 0, ReferenceEquals(pictures.Read(0), pictures.Read(0)));
        Assert.Equal(pictures.Read(0)!.Pixels, pictures.Read(0)!.Pixels);
    }

    [Fact]
    public void Damaged_pictures_are_all_named_or_skipped_and_counted()
    {
        Folder.Write("data/cat/bad.png", "not a picture");
        Folder.Write("data/dog/empty.jpg", "");
        Folder.Write("data/dog/cut.png", Grey[..^20]);

        var header = Assert.Throws<GraftInputException>(() => Read(new FolderSource("data")));
        Dataset skipped = Read(new FolderSource("data", skipBad: true));
        File.Delete(Path.Combine(Folder.Path, "data/cat/bad.png"));
        File.Delete(Path.Combine(Folder.Path, "data/dog/empty.jpg"));
        var pictures = (PictureColumn)Read(new FolderSource("data"))["picture"];
        var pixels = Assert.Throws<GraftInputException>(() => pictures.Read(3));

        Assert.Equal(
            "data/cat/bad.png: expected a PNG or JPEG picture, got a file that begins with 6E6F7420.\n"
            + "data/dog/empty.jpg: expected a PNG or JPEG picture, got an empty file.",
            header.Message);
        Assert.Equal(4, skipped.Count);
        Assert.StartsWith("data: 3 damaged pictures skipped: data/cat/bad.png: expected a PNG or JPEG picture, ", skipped.Notices[0], StringComparison.Ordinal);
        Assert.StartsWith("data/dog/cut.png: at byte ", pixels.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Folders_without_pictures_are_refused()
    {
        Folder.Write("none/a.txt", "x");
        Folder.Write("file.txt", "x");

        Assert.Equal(
            "none: expected .png, .jpg or .jpeg files, one folder a class, got none.",
            Assert.Throws<GraftInputException>(() => Read(new FolderSource("none"))).Message);
        Assert.Throws<GraftInputException>(() => Read(new FolderSource("data", under: "fish")));
        Assert.Throws<GraftInputException>(() => Read(new FolderSource("file.txt")));
    }

    [Fact]
    public void Archives_are_read_likeFolders()
    {
        Folder.Write("a.zip", Zip(("set/cat/1.png", Grey), ("set/dog/2.png", Color), ("__MACOSX/set/cat/1.png", [1]), ("set/readme.txt", [2])));

        Dataset data = Read(new FolderSource("a.zip"));
        Dataset dogs = Read(new FolderSource("a.zip", under: "set/dog"));

        Assert.Equal(["cat/1.png", "dog/2.png"], ((TextColumn)data["file"]).Values);
        Assert.Equal(["cat", "dog"], Labels(data));
        Assert.Equal([10, 10, 10, 20, 20, 20], ((PictureColumn)data["picture"]).Read(0)!.Pixels);
        Assert.Equal(["2.png"], ((TextColumn)dogs["file"]).Values);
    }

    [Fact]
    public void Hostile_archives_are_refused()
    {
        Folder.Write("slip.zip", Zip(("../../evil/1.png", Grey)));
        Folder.Write("bomb.zip", Zip(("a/1.png", [.. Grey, .. new byte[ClassFiles.MaxFileBytes]])));

        Assert.Equal(
            "slip.zip: expected names inside the archive, got one that leads out of it.",
            Assert.Throws<GraftInputException>(() => Read(new FolderSource("slip.zip"))).Message);
        var bomb = (PictureColumn)Read(new FolderSource("bomb.zip"))["picture"];
        Assert.Equal("bomb.zip/a/1.png: expected at most 67108864 bytes, got more.", Assert.Throws<GraftInputException>(() => bomb.Read(0)).Message);
    }

    [Fact]
    public void Damaged_archives_give_a_clear_error_or_pictures() => Fuzz.Files(
        Zip(("set/cat/1.png", Grey), ("set/dog/2.png", Color), ("set/dog/3.jpg", GoldenFile.Read("Pictures/small-5x4.jpg"))),
        "a.zip",
        context =>
        {
            var pictures = (PictureColumn)new FolderSource("a.zip").Read(context)["picture"];
            for (int row = 0; row < pictures.Count; row++)
            {
                _ = pictures.Read(row);
            }
        });

    [Fact]
    public void RealFolders_and_archives_are_read()
    {
        DataContext context = RealData.Context("fashion_mnist", "ants_bees", "cifar10", "sign_language_digits", "omniglot");

        Dataset fashion = new FolderSource("fashion_mnist/train").Read(context);
        Dataset ants = new FolderSource("ants_bees/val", size: 32).Read(context);
        Dataset cifar = new FolderSource("cifar10/test", limitPerClass: 20).Read(context);
        Dataset signs = new FolderSource("sign_language_digits", limitPerClass: 5).Read(context);
        Dataset letters = new FolderSource("omniglot/images_background_small1.zip", labelDepth: 2).Read(context);

        Assert.Equal((6000, 10), (fashion.Count, ((CategoryColumn)fashion["label"]).Levels.Count));
        Assert.Equal((153, 2), (ants.Count, ((CategoryColumn)ants["label"]).Levels.Count));
        Assert.Equal((200, 10), (cifar.Count, ((CategoryColumn)cifar["label"]).Levels.Count));
        Assert.Equal((50, 10), (signs.Count, ((CategoryColumn)signs["label"]).Levels.Count));
        Assert.Equal((2720, 136), (letters.Count, ((CategoryColumn)letters["label"]).Levels.Count));
        Assert.Equal((28, 1), (((PictureColumn)fashion["picture"]).Read(5999)!.Width, ((PictureColumn)fashion["picture"]).Read(0)!.Channels));
        Assert.Equal((32, 3), (((PictureColumn)ants["picture"]).Read(0)!.Width, ((PictureColumn)ants["picture"]).Read(0)!.Channels));
        Assert.Equal(100, ((PictureColumn)signs["picture"]).Read(0)!.Width);
        Assert.Equal(105, ((PictureColumn)letters["picture"]).Read(2719)!.Height);
    }

    private static byte[] Zip(params (string Name, byte[] Bytes)[] files)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] bytes) in files)
            {
                using Stream entry = zip.CreateEntry(name).Open();
                entry.Write(bytes);
            }
        }

        return stream.ToArray();
    }
}
