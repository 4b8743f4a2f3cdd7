using System.IO.Compression;
using Graft.Data;
using Graft.Data.Hdf5;

namespace Graft.Tests.Data.Hdf5;

/// <summary>Small files made to take much: their structures are right, each for itself. And large ones that are right.</summary>
public sealed class Hdf5BoundsTests
{
    private const int Undefined = -1;
    private const long Content = 1 << 17;      // behind the header of the outermost group

    private static readonly byte[] U8Type = [.. U32(0x10), .. U32(1), .. U16(0), .. U16(8)];
    private static readonly byte[] FloatType = [.. U32(0x11), .. U32(4), .. U16(0), .. U16(32), 23, 8, 0, 23, .. U32(127)];

    // 4,000 texts that are all the same 100,000 bytes.
    [Fact]
    public void A_text_in_a_heap_is_taken_once_only()
    {
        byte[] reference = [.. U32(100_000), .. U64(Content), .. U32(1)], type = [.. U32(0x119), .. U32(16), .. U8Type], axes = Axes(4000);
        byte[] attribute = [3, 0, .. U16(2), .. U16(type.Length), .. U16(axes.Length), 0, .. "a\0"u8, .. type, .. axes, .. Enumerable.Repeat(reference, 4000).SelectMany(r => r)];
        byte[] heap = [.. "GCOL"u8, 1, 0, 0, 0, .. U64(100_032), .. U16(1), .. new byte[6], .. U64(100_000), .. Enumerable.Repeat((byte)'x', 100_000)];

        using Hdf5File file = Open([(Hdf5Header.Attribute, attribute)], heap);

        Refused("expected texts that lie beside each other in heaps, got the same ones again and again", () => _ = file.Root.Attributes["a"].Texts());
    }

    // 3,000 links that are all the same one with a name of 60,000 bytes. The heap claims 4 GB of blocks, of which one is there.
    [Fact]
    public void Objects_of_a_heap_have_at_most_the_bytes_of_the_blocks_that_were_read()
    {
        const int Rows = 16, Block = 1 << 16, Records = 3000;
        byte[] link = [1, 2, .. U32(60_000), .. Enumerable.Repeat((byte)'n', 60_000), .. U64(48)];
        byte[] head =
        [
            .. "FRHP"u8, 0, .. U16(9), .. U16(0), 0, .. U32(Block), .. U64(0), .. U64(Undefined), .. new byte[80], .. U16(1), .. U64(Block), .. U64(1 << 30), .. U16(40), .. U16(0),
            .. U64(Content + 142), .. U16(Rows),
        ];
        byte[] table = [.. "FHIB"u8, 0, .. U64(Content), .. new byte[5], .. U64(Content + 500), .. Enumerable.Repeat(U64(0), Rows - 1).SelectMany(a => a)];
        byte[] block = [.. "FHDB"u8, .. new byte[28], .. link, .. new byte[Block - 32 - link.Length]];
        byte[] record = [0, 0, 0, 0, 0, 32, 0, 0, 0, 0, .. U32(link.Length)[..3]];
        byte[] node = [.. "BTLF"u8, 0, 5, .. Enumerable.Repeat(record, Records).SelectMany(r => r)];
        byte[] content = [.. head, .. table, .. new byte[500 - 142 - table.Length], .. block];
        byte[] tree = [.. "BTHD"u8, 0, 5, .. U32(1 << 20), .. U16(13), .. U16(0), 0, 0, .. U64(Content + content.Length + 50), .. U16(Records), .. new byte[24]];

        using Hdf5File file = Open([(Hdf5Header.Links, [0, 0, .. U64(Content), .. U64(Content + content.Length)])], [.. content, .. tree, .. new byte[50 - tree.Length], .. node]);

        Refused("expected objects that lie beside each other in a heap, got another at 32", () => _ = file.Root.Links);
    }

    // 60,000 chunks of 2 MB, all the same one of 2 kB: 120 GB of work for 60,000 numbers.
    [Fact]
    public void All_chunks_together_are_bounded()
    {
        byte[] packed = Packed(new byte[2_000_000]);

        using Hdf5File file = Chunks(60_000, 2_000_000, packed, [2, 1, .. U16(1), .. U16(0), .. U16(1), .. U32(6)]);

        Refused("expected at most 102 chunks of their size, got others", () => file.Root.Dataset.Read(new float[60_000]));
    }

    [Fact]
    public void Chunks_do_not_overlap()
    {
        using Hdf5File file = Chunks(100, 100_000, new byte[100_000], null);

        Refused("expected chunks that lie beside each other, got ones that overlap", () => file.Root.Dataset.Read(new float[100]));
    }

    // 3,000 times the same megabyte, which holds 0, 1, 2 ... 262,143.
    [Fact]
    public void A_plain_array_of_more_than_2_GB_is_read_part_by_part()
    {
        byte[] head = Bytes([(Hdf5Header.Axes, Axes(2_400_000_000 / 4)), (Hdf5Header.Type, FloatType), (Hdf5Header.Layout, [3, 1, .. U64(1 << 20), .. U64(2_400_000_000)])], []);
        var megabyte = new FileBytes((byte[])[.. Enumerable.Range(0, 1 << 18).SelectMany(i => BitConverter.GetBytes((float)i))], "part");
        var bytes = new FileBytes([new FileBytes((byte[])[.. head, .. new byte[(1 << 20) - head.Length]], "head"), .. Enumerable.Repeat(megabyte, 3000)], "large.h5");
        var part = new float[3];

        using var file = Hdf5File.Of(bytes);
        Hdf5Dataset array = file.Root.Dataset;
        array.Check();
        array.ReadPart(599_999_997, part);

        Assert.True(array.IsPlain);
        Assert.Equal([599_999_997 % (1 << 18), 599_999_998 % (1 << 18), 599_999_999 % (1 << 18)], part);
        Assert.Equal(
            $"large.h5: expected at most {Array.MaxLength} bytes of numbers at byte 5, got 3000000000.",
            Assert.Throws<GraftInputException>(() => bytes.Take(5, 3_000_000_000, "numbers")).Message);
    }

    // Bytes [rows, 1] whose chunks [1, size] are all the same one, found by a tree of one leaf.
    private static Hdf5File Chunks(int rows, int size, byte[] chunk, byte[]? filters)
    {
        long place = Content + 24 + (40L * rows);
        IEnumerable<byte> entries = Enumerable.Range(0, rows).SelectMany(i => (byte[])[.. U32(chunk.Length), .. U32(0), .. U64(i), .. U64(0), .. U64(0), .. U64(place)]);
        (int, byte[])[] filter = filters is null ? [] : [(Hdf5Header.Filters, filters)];
        return Open(
            [(Hdf5Header.Axes, Axes(rows, 1)), (Hdf5Header.Type, U8Type), (Hdf5Header.Layout, [3, 2, 3, .. U64(Content), .. U32(1), .. U32(size), .. U32(1)]), .. filter],
            [.. "TREE"u8, 1, 0, .. U16(rows), .. U64(Undefined), .. U64(Undefined), .. entries, .. chunk]);
    }

    private static void Refused(string expected, Action read)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();

        var e = Assert.Throws<GraftInputException>(read);

        Assert.Equal($"bomb.h5: hdf5: {expected}.", e.Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
    }

    private static Hdf5File Open((int Kind, byte[] Body)[] messages, byte[] content) => Hdf5File.Of(new FileBytes(Bytes(messages, content), "bomb.h5"));

    // A superblock of version 2, the header of the outermost object at 48, and more at Content.
    private static byte[] Bytes((int Kind, byte[] Body)[] messages, byte[] content)
    {
        byte[] body = [.. messages.SelectMany(m => (byte[])[(byte)m.Kind, .. U16(m.Body.Length), 0, .. m.Body])];
        byte[] file = [0x89, .. "HDF\r\n"u8, 0x1A, (byte)'\n', 2, 8, 8, 0, .. new byte[24], .. U64(48), .. new byte[4], .. "OHDR"u8, 2, 2, .. U32(body.Length), .. body];
        return [.. file, .. new byte[Content - file.Length], .. content];
    }

    private static byte[] Packed(byte[] bytes)
    {
        var packed = new MemoryStream();
        using (var to = new ZLibStream(packed, CompressionLevel.Optimal))
        {
            to.Write(bytes);
        }

        return packed.ToArray();
    }

    private static byte[] Axes(params long[] sizes) => [2, (byte)sizes.Length, 0, 1, .. sizes.SelectMany(U64)];

    private static byte[] U16(int value) => BitConverter.GetBytes((ushort)value);

    private static byte[] U32(int value) => BitConverter.GetBytes(value);

    private static byte[] U64(long value) => BitConverter.GetBytes(value);
}
