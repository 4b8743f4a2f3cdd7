using Graft.Data;
using Graft.Data.Hdf5;
using Graft.Tests.Data.Sources;

namespace Graft.Tests.Data.Hdf5;

public sealed class Hdf5FileTests
{
    /// <summary>Files of the oldest and the newest form, with the same content.</summary>
    public static TheoryData<string> Forms => new("layouts-old.h5", "layouts-new.h5");

    [Theory, MemberData(nameof(Forms))]
    public void Arrays_are_read_however_they_lie_in_the_file(string form)
    {
        using Hdf5File file = Open(form);

        Assert.Equal([3, 4], Array(file, "plain").Sizes);
        Assert.Equal(Steps(12), Numbers(file, "plain"));
        Assert.Equal([2.5f], Numbers(file, "scalar"));
        Assert.Equal([0, 3], Array(file, "empty").Sizes);
        Assert.All((string[])["bare", "deflate", "shuffle", "fletcher"], name => Assert.Equal(Steps(35), Numbers(file, "packed/" + name)));
        Assert.Equal(Steps(60), Numbers(file, "packed/cube"));
        Assert.Equal(Steps(1200), Numbers(file, "packed/many"));
        Assert.Equal([5f, 0], Numbers(file, "packed/holes")[..2].Select(v => v == 5 ? v : 0));
        Assert.Equal(-1, Numbers(file, "packed/holes")[15]);
    }

    [Fact]
    public void A_chunk_that_is_alone_is_read()
    {
        using Hdf5File file = Open("layouts-new.h5");

        Assert.Equal(Steps(12), Numbers(file, "others/single"));
    }

    [Theory, MemberData(nameof(Forms))]
    public void Numbers_of_every_type_and_byte_order_are_read(string form)
    {
        using Hdf5File file = Open(form);

        Assert.All(file.Root.Find("floats")!.Links, l => Assert.Equal([1.5f, -2, 65504], Numbers(file, "floats/" + l.Name)));
        Assert.All(file.Root.Find("integers")!.Links, l => Assert.Equal([-1, 2, 127], Numbers(file, "integers/" + l.Name)));
        Assert.All(file.Root.Find("naturals")!.Links, l => Assert.Equal([0, 2, 255], Numbers(file, "naturals/" + l.Name)));
        Assert.Equal((6, 7, 7), (file.Root.Find("floats")!.Links.Count, file.Root.Find("integers")!.Links.Count, file.Root.Find("naturals")!.Links.Count));
        Assert.Equal([1f, 0], Numbers(file, "others/truths"));
        Assert.Equal(("F16", "U64"), (Array(file, "floats/big-f2").Type.Numbers, Array(file, "naturals/little-u8").Type.Numbers));
        Assert.False(Array(file, "others/texts").IsNumeric);
        Assert.False(Array(file, "others/compound").IsNumeric);
    }

    [Theory, MemberData(nameof(Forms))]
    public void Attributes_hold_texts(string form)
    {
        using Hdf5File file = Open(form);

        Assert.Equal(["ab", "cde"], file.Root.Attributes["fixed"].Texts());
        Assert.Equal(["a text of any length"], file.Root.Attributes["long"].Texts());
        Assert.Equal(["x", "yz"], file.Root.Attributes["longs"].Texts());
        var e = Assert.Throws<GraftInputException>(() => file.Root.Attributes["number"].Texts());
        Assert.Equal($"{form}: hdf5: expected texts in the attribute 'number', got floating point numbers.", e.Message);
    }

    [Fact]
    public void A_user_block_before_the_file_is_passed_over()
    {
        using Hdf5File file = Open("user-block.h5");

        Assert.Equal(Steps(12), Numbers(file, "plain"));
    }

    [Fact]
    public void What_is_not_read_is_said()
    {
        byte[] bytes = GoldenFile.Read("Weights/lzf.h5");
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.AsSpan().IndexOf("lzf\0"u8) - 8), (ushort)4);

        using var file = Hdf5File.Of(new FileBytes(bytes, "odd.h5"));
        var e = Assert.Throws<GraftInputException>(() => Numbers(file, "packed"));

        Assert.Equal("odd.h5: hdf5: expected chunks packed with deflate, lzf, shuffle or fletcher32, got filter 4 (szip).", e.Message);
    }

    [Fact]
    public void A_changed_byte_in_a_chunk_is_found_by_its_checksum()
    {
        byte[] bytes = GoldenFile.Read("Weights/layouts-old.h5");
        byte[] begin = [.. BitConverter.GetBytes(-3f), .. BitConverter.GetBytes(-2.75f), .. BitConverter.GetBytes(-1.75f), .. BitConverter.GetBytes(-1.5f)];      // of the cube's first chunk alone
        bytes[bytes.AsSpan().IndexOf(begin)] ^= 1;

        using var file = Hdf5File.Of(new FileBytes(bytes, "changed.h5"));
        var e = Assert.Throws<GraftInputException>(() => Numbers(file, "packed/cube"));

        Assert.Equal("changed.h5: hdf5: expected a chunk whose checksum fits, got a damaged one.", e.Message);
    }

    [Theory]
    [InlineData("small.h5")]
    [InlineData("small-new.h5")]
    public void Damaged_files_give_one_error_and_nothing_else(string name) => Fuzz.Bytes(
        GoldenFile.Read("Weights/" + name),
        damaged =>
        {
            using var file = Hdf5File.Of(new FileBytes(damaged, "damaged.h5"));
            _ = file.Root.Attributes.Values.Select(a => a.Type.IsText || a.Type.IsLongText ? a.Texts().Count : 0).Sum();
            foreach (string path in (string[])["a/plain", "a/packed"])
            {
                if (file.Root.Find(path) is { IsDataset: true })
                {
                    _ = Numbers(file, path);
                }
            }
        },
        variants: 2000);

    private static Hdf5File Open(string name) => Hdf5File.Open(GoldenFile.PathOf("Weights/" + name), name);

    private static Hdf5Dataset Array(Hdf5File file, string path) => file.Root.Find(path)!.Dataset;

    private static float[] Numbers(Hdf5File file, string path)
    {
        Hdf5Dataset array = Array(file, path);
        var values = new float[array.Count];
        array.Read(values);
        return values;
    }

    // 0, 1/4, 1/2 ... less 3, as the script has it.
    private static IEnumerable<float> Steps(int count) => Enumerable.Range(0, count).Select(i => (i / 4f) - 3);
}
