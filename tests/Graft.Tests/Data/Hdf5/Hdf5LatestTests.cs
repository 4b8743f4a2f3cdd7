using Graft.Data;
using Graft.Data.Hdf5;
using Graft.Tests.Data.Sources;

namespace Graft.Tests.Data.Hdf5;

/// <summary>What h5py writes with libver='latest': heaps, trees of version 2, and every index of chunks.</summary>
public sealed class Hdf5LatestTests
{
    [Fact]
    public void Groups_with_many_members_are_read_from_their_heap()
    {
        using Hdf5File file = Open("dense-many.h5");

        IReadOnlyList<(string Name, long Address)> links = file.Root.Find("many")!.Links;

        Assert.Equal(Enumerable.Range(0, 300).Select(i => $"link{i}").Order(StringComparer.Ordinal), links.Select(l => l.Name));
        Assert.All(links, l => Assert.Equal(file.Root.Find("plain")!.Address, l.Address));
        Assert.Equal(Steps(12), Numbers(file, "many/link299"));
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"member{i}").Order(StringComparer.Ordinal), Open("dense.h5").Root.Links.Select(l => l.Name));
    }

    [Fact]
    public void Members_come_in_the_order_in_which_they_were_made_where_it_is_kept()
    {
        using Hdf5File file = Open("dense-many.h5");

        Assert.Equal(Enumerable.Range(0, 12).Select(i => $"member{11 - i}"), file.Root.Find("ordered")!.Links.Select(l => l.Name));
        Assert.Equal(12, file.Root.Find("ordered")!.Attributes.Count);
        Assert.Equal(["plain", .. Enumerable.Range(0, 9).Select(i => $"link{9 - i}")], Open("dense-small.h5").Root.Links.Select(l => l.Name));
    }

    [Fact]
    public void Many_attributes_and_large_ones_are_read()
    {
        using Hdf5File file = Open("dense-many.h5");

        IReadOnlyDictionary<string, Hdf5Attribute> attributes = file.Root.Find("many")!.Attributes;

        Assert.Equal(121, attributes.Count);
        Assert.All(Enumerable.Range(0, 120), i => Assert.Equal([$"text {i}"], attributes[$"note{i}"].Texts()));
        Assert.Equal(Enumerable.Range(0, 600).Select(i => $"name{i:00000}"), attributes["large"].Texts());
    }

    [Fact]
    public void Arrays_that_may_grow_along_one_axis_are_read()
    {
        using Hdf5File file = Open("extensible.h5");

        Assert.Equal(Enumerable.Range(0, 300).Select(i => i % 251f), Numbers(file, "row"));
        Assert.Equal(Steps(150), Numbers(file, "columns"));
        Assert.Equal(Steps(150), Numbers(file, "rows"));
        Assert.Equal(Steps(120), Numbers(file, "packed"));
        Assert.Equal(Cut(), Numbers(file, "cut"));
        Assert.Equal([.. Steps(6), .. Enumerable.Repeat(-1f, 21)], Numbers(file, "grown"));
    }

    // The layout of "row": version 4, chunked, no flags, two sizes of one byte each (1, and 1 byte an element), a list that grows.
    [Fact]
    public void Version_5_of_a_layout_is_read_as_version_4()
    {
        byte[] bytes = GoldenFile.Read("Weights/extensible.h5");
        int at = bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[4, 2, 0, 2, 1, 1, 1, 4]);
        bytes[at] = 5;

        using var file = Hdf5File.Of(new FileBytes(bytes, "five.h5"));

        Assert.Equal(Enumerable.Range(0, 300).Select(i => i % 251f), Numbers(file, "row"));
        bytes[at] = 6;
        using var six = Hdf5File.Of(new FileBytes(bytes, "six.h5"));
        Assert.EndsWith("expected a layout of version 1 to 5, got 6.", Assert.Throws<GraftInputException>(() => Numbers(six, "row")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Arrays_that_may_grow_along_two_axes_are_read()
    {
        using Hdf5File file = Open("record-trees.h5");

        Assert.Equal(Steps(35), Numbers(file, "few"));
        Assert.Equal(Enumerable.Range(0, 120).Select(i => (float)i), Numbers(file, "many"));
        Assert.Equal(Steps(120), Numbers(file, "packed"));
        Assert.Equal(Cut(), Numbers(file, "cut"));
    }

    [Fact]
    public void Lists_of_chunks_may_be_longer_than_the_array_and_have_holes()
    {
        using Hdf5File file = Open("lists.h5");

        Assert.All((string[])["larger", "packed", "following"], name => Assert.Equal(Steps(35), Numbers(file, name)));
        Assert.Equal(Enumerable.Range(0, 2500).Select(i => i is >= 2100 and < 2110 ? i - 2100f : 9), Numbers(file, "paged"));
    }

    [Fact]
    public void Chunks_packed_with_lzf_are_read()
    {
        using Hdf5File file = Open("lzf-small.h5");

        Assert.Equal(Enumerable.Range(0, 320).Select(i => (i / 40 / 4f) - 3), Numbers(file, "runs"));
        Assert.Equal(Steps(320), Numbers(file, "steps"));
        Assert.Equal([255f, 228, 34, 121, 243, 189, 6, 131], Numbers(file, "noise")[..8]);
        Assert.Equal(Steps(64), Numbers(Open("lzf.h5"), "packed"));
    }

    // A byte as it is, twice; then a stretch of 3 from one before: a run; one of 9 from two before.
    [Theory]
    [InlineData(new byte[] { 1, 7, 8 }, new byte[] { 7, 8 })]
    [InlineData(new byte[] { 0, 7, 32, 0 }, new byte[] { 7, 7, 7, 7 })]
    [InlineData(new byte[] { 1, 7, 8, 224, 0, 1 }, new byte[] { 7, 8, 7, 8, 7, 8, 7, 8, 7, 8, 7 })]
    [InlineData(new byte[] { 2, 7, 8 }, null)]
    [InlineData(new byte[] { 0, 7, 32, 1 }, null)]
    [InlineData(new byte[] { 0, 7, 224 }, null)]
    [InlineData(new byte[] { 0, 7, 224, 200, 0 }, null)]
    public void Bytes_of_lzf_are_what_the_format_says_or_damaged(byte[] packed, byte[]? plain)
    {
        var into = new byte[16];

        int length = Hdf5Lzf.Unpack(packed, into);

        Assert.Equal(plain?.Length ?? -1, length);
        Assert.Equal(plain ?? [], into[..Math.Max(0, length)]);
    }

    [Theory]
    [InlineData("dense-small.h5", 600)]
    [InlineData("dense-many.h5", 300)]
    [InlineData("extensible.h5", 500)]
    [InlineData("record-trees.h5", 500)]
    [InlineData("lists.h5", 200)]
    [InlineData("lzf-small.h5", 500)]
    public void Damaged_files_give_one_error_and_nothing_else(string name, int variants) => Fuzz.Bytes(
        GoldenFile.Read("Weights/" + name),
        damaged =>
        {
            using var file = Hdf5File.Of(new FileBytes(damaged, "damaged.h5"));
            foreach ((string link, long address) in file.Root.Links)
            {
                Hdf5Object at = file.Object(address);
                _ = at.Attributes.Values.Sum(a => a.Type.IsText || a.Type.IsLongText ? a.Texts().Count : 0) + (at.IsGroup ? at.Links.Count : 0);
                if (at.IsDataset && !link.StartsWith("link", StringComparison.Ordinal))
                {
                    at.Dataset.Check();
                    at.Dataset.Read(new float[at.Dataset.Count]);
                }
            }

            _ = file.Root.Attributes.Values.Sum(a => a.Type.IsText || a.Type.IsLongText ? a.Texts().Count : 0);
        },
        variants: variants);

    private static Hdf5File Open(string name) => Hdf5File.Open(GoldenFile.PathOf("Weights/" + name), name);

    private static float[] Numbers(Hdf5File file, string path)
    {
        Hdf5Dataset array = file.Root.Find(path)!.Dataset;
        var values = new float[array.Count];
        array.Read(values);
        return values;
    }

    // Of [6, 8] the first five rows and three columns.
    private static IEnumerable<float> Cut() => Enumerable.Range(0, 15).Select(i => (((i / 3 * 8) + (i % 3)) / 4f) - 3);

    private static IEnumerable<float> Steps(int count) => Enumerable.Range(0, count).Select(i => (i / 4f) - 3);
}
