using System.IO.Compression;
using Graft.Models.Formats;
using Graft.Tensors.Random;
using Graft.Tests.Data.Sources;

namespace Graft.Tests.Models;

public sealed class TorchFileTests
{
    [Theory]
    [InlineData("torch_zip.pt")]
    [InlineData("torch_legacy.pt")]
    public void The_weights_of_a_checkpoint_are_found_whatever_lies_around_them(string file)
    {
        IReadOnlyDictionary<string, NamedArray> tensors = TorchFile.Read(GoldenFile.PathOf(file));

        Assert.Equal(["a.weight", "a.turned", "a.part", "b.half", "b.brain", "b.count", "b.empty"], tensors.Keys);
        Assert.Equal("[3, 2]", tensors["a.weight"].ShapeText);
        Assert.Equal([0.5f, -2], tensors["b.half"].Values);
        Assert.Equal([1.5f, -3], tensors["b.brain"].Values);
        Assert.Equal([7f], tensors["b.count"].Values);
        Assert.Equal(["F32", "F16", "BF16", "I64"], ((string[])["a.weight", "b.half", "b.brain", "b.count"]).Select(n => tensors[n].Type));
        Assert.Equal("[0, 4]", tensors["b.empty"].ShapeText);
    }

    // 0 .. 23 as [2, 3, 4], axes turned to [4, 2, 3]: element (i, j, k) is 12 j + 4 k + i.
    [Theory]
    [InlineData("torch_zip.pt")]
    [InlineData("torch_legacy.pt")]
    public void Views_are_read_as_they_look(string file)
    {
        IReadOnlyDictionary<string, NamedArray> tensors = TorchFile.Read(GoldenFile.PathOf(file));

        Assert.Equal([4, 2, 3], tensors["a.turned"].Sizes);
        Assert.Equal(Enumerable.Range(0, 24).Select(n => (float)((12 * (n / 3 % 2)) + (4 * (n % 3)) + (n / 6))), tensors["a.turned"].Values);
        Assert.Equal([2, 4], tensors["a.part"].Sizes);
        Assert.Equal([16f, 17, 18, 19, 20, 21, 22, 23], tensors["a.part"].Values);
    }

    [Theory]
    [InlineData("torch_zip.pt")]
    [InlineData("torch_legacy.pt")]
    public void A_part_of_a_tensor_is_read_for_itself(string file)
    {
        IReadOnlyDictionary<string, NamedArray> tensors = TorchFile.Read(GoldenFile.PathOf(file));
        var part = new float[3];

        tensors["a.part"].CopyTo(2, part);

        Assert.Equal([18f, 19, 20], part);
    }

    [Theory]
    [InlineData("torch_zip_long.pt")]
    [InlineData("torch_legacy_long.pt")]
    public void Long_storages_are_read_where_they_lie(string file)
    {
        IReadOnlyDictionary<string, NamedArray> tensors = TorchFile.Read(GoldenFile.PathOf(file));
        var part = new float[2];

        tensors["rest"].CopyTo(150, part);

        Assert.Equal([1150 / 8f, 1151 / 8f], part);
        Assert.Equal(Enumerable.Range(0, 1500).Select(i => i - 3f), tensors["alone"].Values);
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => i / 8f), tensors["first"].Values);
        Assert.Equal(Enumerable.Range(0, 1200).Select(i => ((i % 30 * 40) + (i / 30)) / 4f), tensors["turned"].Values);
        Assert.Equal(Enumerable.Range(0, 2100).Select(i => (float)(Half)(i / 2f)), tensors["half"].Values);
        Assert.Equal(tensors["alone"].Values, TorchFile.Read(GoldenFile.Read(file), "m")["alone"].Values);
    }

    [Theory]
    [InlineData("torch_zip_long.pt")]
    [InlineData("torch_legacy_long.pt")]
    public void Damaged_long_files_give_one_error_and_nothing_else(string file) =>
        Fuzz.Bytes(GoldenFile.Read(file), damaged => _ = TorchFile.Read(damaged, "damaged").Values.Sum(t => t.Values.Length), variants: 1000);

    [Fact]
    public void Something_that_could_be_run_is_refused_by_name()
    {
        byte[] pickle = [0x80, 2, .. "cposix\nsystem\n"u8, (byte)'X', 4, 0, 0, 0, .. "echo"u8, 0x85, (byte)'R', (byte)'.'];

        var e = Assert.Throws<GraftInputException>(() => TorchFile.Read(pickle, "evil.pt"));

        Assert.Equal("evil.pt: pickle: expected tensors and plain data, got 'posix.system', which is not read because it could stand for anything. Save the state dictionary alone.", e.Message);
    }

    // A key that is a reference to a reference, and so on, 300,000 times.
    [Fact]
    public void A_key_that_is_no_text_and_no_number_is_refused()
    {
        byte[] pickle = [0x80, 2, (byte)'}', (byte)'N', .. Enumerable.Repeat((byte)'Q', 300_000), (byte)'N', (byte)'s', (byte)'.'];

        var e = Assert.Throws<GraftInputException>(() => TorchFile.Read(Zip(pickle), "evil.pt"));

        Assert.Equal("evil.pt: pickle: expected texts or numbers as keys, got something else. The file is damaged or of another format.", e.Message);
    }

    // A list that holds the one before it twice, 60 times over: 2^60 paths to what the first one holds.
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Things_that_are_shared_again_and_again_are_refused(bool isLegacy, bool isInDictionary)
    {
        IEnumerable<byte> lists = Enumerable.Range(1, 60).SelectMany(k => (byte[])[(byte)']', (byte)'h', (byte)(k - 1), (byte)'a', (byte)'h', (byte)(k - 1), (byte)'a', (byte)'q', (byte)k]);
        byte[] pickle = [0x80, 2, (byte)']', (byte)'q', 0, .. lists, .. isInDictionary ? [(byte)'}', (byte)'U', 1, (byte)'a', (byte)'h', 60, (byte)'s'] : Array.Empty<byte>(), (byte)'.'];

        AssertShared(isLegacy ? Legacy(pickle) : Zip(pickle));
    }

    // The same, where the first list holds a tensor without numbers, which has a name on each path.
    [Fact]
    public void Empty_tensors_count_wherever_they_are()
    {
        IEnumerable<byte> lists = Enumerable.Range(1, 60).SelectMany(k => (byte[])[(byte)']', (byte)'h', (byte)(k - 1), (byte)'a', (byte)'h', (byte)(k - 1), (byte)'a', (byte)'q', (byte)k]);
        byte[] pickle = [0x80, 2, (byte)']', .. TensorOf([(byte)'K', 0], 0), (byte)'a', (byte)'q', 0, .. lists, (byte)'.'];

        AssertShared(Zip(pickle, []));
    }

    // 2^63 - 1 and one more is -2^63, which is in front of every storage's end.
    [Fact]
    public void A_view_whose_end_is_beyond_all_numbers_is_refused()
    {
        byte[] pickle = [0x80, 2, .. TensorOf([0x8a, 8, 255, 255, 255, 255, 255, 255, 255, 127], 2), (byte)'.'];

        var e = Assert.Throws<GraftInputException>(() => TorchFile.Read(Zip(pickle, new byte[16]), "evil.pt"));

        Assert.Equal("evil.pt: torch: expected 'tensor' within its storage of 4 numbers, got the place 9223372036854775807. The file is damaged or of another format.", e.Message);
        Assert.Equal([0f, 0], TorchFile.Read(Zip([0x80, 2, .. TensorOf([(byte)'K', 2], 2), (byte)'.'], new byte[16]), "right.pt")["tensor"].Values);
        Assert.Throws<GraftInputException>(() => TorchFile.Read(Zip([0x80, 2, .. TensorOf([(byte)'K', 3], 2), (byte)'.'], new byte[16]), "evil.pt"));
    }

    [Theory]
    [InlineData("torch_zip.pt")]
    [InlineData("torch_legacy.pt")]
    public void Damaged_files_give_one_error_and_nothing_else(string file)
    {
        byte[] valid = GoldenFile.Read(file);
        var random = RandomStream.For(2, file);
        int refused = 0;
        for (int i = 0; i < 2000; i++)
        {
            byte[] damaged = i % 4 == 0 ? valid[..random.NextInt(valid.Length)] : [.. valid];
            for (int k = 0; k <= i % 3 && damaged.Length > 0; k++)
            {
                damaged[random.NextInt(damaged.Length)] = (byte)random.NextInt(256);
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                _ = TorchFile.Read(damaged, "damaged").Values.Sum(t => t.Values.Length);
            }
            catch (GraftInputException)
            {
                refused++;
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (4 * valid.Length) + (16 << 20));
        }

        Assert.InRange(refused, 500, 2000);
    }

    private static void AssertShared(byte[] file)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();

        var e = Assert.Throws<GraftInputException>(() => TorchFile.Read(file, "evil.pt"));

        Assert.Equal("evil.pt: pickle: expected things that are there once, got the same ones in too many places. The file is damaged or of another format.", e.Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
    }

    // _rebuild_tensor_v2(storage 0 of float, offset, (size,), (1,), False)
    private static byte[] TensorOf(byte[] offset, byte size) =>
    [
        .. "ctorch._utils\n_rebuild_tensor_v2\n(("u8, (byte)'U', 7, .. "storage"u8, .. "ctorch\nFloatStorage\n"u8, (byte)'U', 1, (byte)'0', (byte)'N', (byte)'K', 4, .. "tQ"u8,
        .. offset, (byte)'K', size, 0x85, (byte)'K', 1, 0x85, 0x89, .. "tR"u8,
    ];

    private static byte[] Zip(byte[] pickle, byte[]? storage = null)
    {
        var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[]? part) in new[] { ("data.pkl", pickle), ("data/0", storage) })
            {
                if (part is not null)
                {
                    using Stream to = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
                    to.Write(part);
                }
            }
        }

        return bytes.ToArray();
    }

    // A magic number, version 1001, nothing about the machine, what is meant, and no storages.
    private static byte[] Legacy(byte[] pickle) =>
        [0x80, 2, (byte)'K', 1, (byte)'.', 0x80, 2, (byte)'M', 0xE9, 3, (byte)'.', 0x80, 2, (byte)'N', (byte)'.', .. pickle, 0x80, 2, (byte)']', (byte)'.'];
}
