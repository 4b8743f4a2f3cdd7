using System.Numerics;

namespace Graft.Data.Hdf5;

/// <summary>Reads the lists in which arrays of the newer form keep where their chunks are: one of a fixed length, and one that grows.</summary>
/// <remarks>
/// <para>A list's entries are an address each, and, for packed chunks, their bytes and which filters they were not packed with. Long stretches are cut into pages;
/// a bit for each, the highest first, says whether it was ever written.</para>
/// <para>Each stretch is charged to the file as it is read, so that lists end.</para>
/// </remarks>
internal static class Hdf5ChunkList
{
    private const long MostChunks = 1L << 40;

    /// <summary>Gets one entry: the chunk's number, the reader at it, its bytes, and whether chunks are packed.</summary>
    public delegate void Visitor(long number, ByteReader entry, int width, bool isPacked);

    /// <summary>Chunks of a grid.</summary>
    /// <exception cref="GraftInputException">There are more than any file holds.</exception>
    public static long Count(Hdf5File file, IReadOnlyList<long> grid)
    {
        long count = 1;
        foreach (long size in grid)
        {
            count = size >= 0 && (size == 0 || count <= MostChunks / size) ? count * size : throw file.Error($"expected at most {MostChunks} chunks, got a grid [{string.Join(", ", grid)}]");
        }

        return count;
    }

    /// <summary>A list whose length does not change.</summary>
    /// <exception cref="GraftInputException">It is damaged, or not of that length.</exception>
    public static void Fixed(Hdf5File file, long address, long expected, Visitor visit)
    {
        ByteReader head = file.Block(address, 8 + file.LengthSize + file.OffsetSize, "an index of chunks");
        (bool isPacked, int width) = Entries(file, head, "FAHD"u8);
        int pageBits = head.U8("bits of a page");
        long count = file.Length(head, "a number of chunks"), block = file.Address(head, "an index's data");
        if (count != expected || pageBits > 31)
        {
            throw head.Error($"expected an index of {expected} chunks, got {count}");
        }

        if (block == Hdf5File.Undefined)
        {
            return;
        }

        long page = 1L << pageBits, pages = count > page ? (count + page - 1) / page : 0;
        long before = 6 + file.OffsetSize;
        ReadOnlyMemory<byte> written = pages > 0 ? file.Block(block + before, (pages + 7) / 8, "pages of an index").Take((pages + 7) / 8, "pages of an index") : default;
        Stretch(file, block + before + written.Length, 0, count, page, n => IsSet(written.Span, n), width, isPacked, visit);
    }

    /// <summary>A list that grows along one axis.</summary>
    /// <remarks>The first entries stand in the index block itself. Blocks of entries follow, whose sizes and numbers double in turn; the addresses of the first of them
    /// stand in the index block too, those of the others in tables of their own.</remarks>
    /// <exception cref="GraftInputException">It is damaged.</exception>
    public static void Extensible(Hdf5File file, long address, Visitor visit)
    {
        ByteReader head = file.Block(address, 12 + (6 * file.LengthSize) + file.OffsetSize, "an index of chunks");
        (bool isPacked, int width) = Entries(file, head, "EAHD"u8);
        int bits = head.U8("bits of a number"), first = head.U8("entries"), least = head.U8("entries of a block"), pointers = head.U8("addresses"), pageBits = head.U8("bits of a page");
        _ = head.Take(4L * file.LengthSize, "counts");
        long count = file.Length(head, "a number of chunks");
        _ = file.Length(head, "a number of entries");
        long index = file.Address(head, "an index's data");
        if (bits is 0 or > 64 || pageBits > 31 || !BitOperations.IsPow2(least) || !BitOperations.IsPow2(pointers) || count > MostChunks || count < 0 || BitOperations.Log2((uint)least) > bits)
        {
            throw head.Error("expected an index of chunks in blocks whose sizes are powers of 2, got another");
        }

        if (index == Hdf5File.Undefined)
        {
            return;
        }

        int near = 2 * BitOperations.Log2((uint)pointers), rounds = 1 + bits - BitOperations.Log2((uint)least), offsetWidth = (bits + 7) / 8;
        long direct = 2L * (pointers - 1), tables = Math.Max(0, rounds - near);
        ByteReader root = file.Block(index, 6 + file.OffsetSize + ((long)first * width) + ((direct + tables) * file.OffsetSize), "an index of chunks");
        Expect(root, "EAIB"u8);
        _ = root.Take(2 + file.OffsetSize, "an index of chunks");
        for (int i = 0; i < first; i++)
        {
            Entry(root, i, count, width, isPacked, visit);
        }

        long number = first, page = 1L << pageBits;
        for (int round = 0; round < rounds && number < count; round++)
        {
            long blocks = 1L << (round / 2), entries = (long)least << ((round + 1) / 2);
            long pages = entries > page ? entries / page : 0, bytes = (pages + 7) / 8;
            ByteReader at = root;
            ReadOnlyMemory<byte> written = default;
            if (round >= near)
            {
                long table = file.Address(root, "a table's address");
                if (table == Hdf5File.Undefined)
                {
                    number = Math.Min(count, number + (blocks * entries));
                    continue;
                }

                at = file.Block(table, 6 + file.OffsetSize + offsetWidth + (blocks * (bytes + file.OffsetSize)), "a table of an index");
                Expect(at, "EASB"u8);
                _ = at.Take(2 + file.OffsetSize + offsetWidth, "a table of an index");
                written = at.Take(blocks * bytes, "pages of an index");
            }

            for (long i = 0; i < blocks && number < count; i++, number += entries)
            {
                long block = file.Address(at, "a block's address");
                if (block != Hdf5File.Undefined)
                {
                    long own = i * pages;
                    Stretch(file, block + 6 + file.OffsetSize + offsetWidth, number, Math.Min(entries, count - number), page, n => IsSet(written.Span, own + n), width, isPacked, visit, pages > 0);
                }
            }
        }
    }

    // Pages follow the checksum of what is before them, each with its own.
    private static void Stretch(Hdf5File file, long at, long first, long count, long page, Func<long, bool> isWritten, int width, bool isPacked, Visitor visit, bool? hasPages = null)
    {
        bool isPaged = hasPages ?? count > page;
        at += isPaged ? 4 : 0;
        for (long done = 0; done < count; done += page, at += (page * width) + 4)
        {
            long some = Math.Min(isPaged ? page : count, count - done);
            if (!isPaged || isWritten(done / page))
            {
                ByteReader entries = file.Block(at, some * width, "an index of chunks");
                for (long i = 0; i < some; i++)
                {
                    Entry(entries, first + done + i, long.MaxValue, width, isPacked, visit);
                }
            }
        }
    }

    private static void Entry(ByteReader entries, long number, long count, int width, bool isPacked, Visitor visit)
    {
        int end = entries.Position + width;
        if (number < count)
        {
            visit(number, entries, width, isPacked);
        }

        _ = entries.Take(end - entries.Position, "an entry");
    }

    private static (bool IsPacked, int Width) Entries(Hdf5File file, ByteReader head, ReadOnlySpan<byte> signature)
    {
        Expect(head, signature);
        _ = head.U8("a version");
        bool isPacked = head.U8("a kind") == 1;
        int width = head.U8("an entry's size");
        int sizes = width - file.OffsetSize - 4;
        return (isPacked ? sizes is >= 1 and <= 8 : width == file.OffsetSize) ? (isPacked, width) : throw head.Error($"expected an index of chunks, got entries of {width} bytes");
    }

    private static void Expect(ByteReader reader, ReadOnlySpan<byte> signature)
    {
        if (!reader.Take(4, "a signature").Span.SequenceEqual(signature))
        {
            throw reader.Error("expected an index of chunks, got something else");
        }
    }

    private static bool IsSet(ReadOnlySpan<byte> bits, long at) => at / 8 < bits.Length && (bits[(int)(at / 8)] & (0x80 >> (int)(at % 8))) != 0;
}
