using System.Text;

namespace Graft.Data.Hdf5;

/// <summary>Reads what a group holds: a symbol table (a tree of names beside a heap of texts), links within the header, or, where there are many, links in a heap.</summary>
internal static class Hdf5Links
{
    private const int MaxLinks = 1_000_000;
    private const int ByName = 5;      // the kind of tree whose records are a hash of the name and the link's number in the heap

    /// <summary>Names and addresses; those of a heap in the order in which they were made where the file keeps it, otherwise by name.</summary>
    /// <exception cref="GraftInputException">The group is damaged.</exception>
    public static IReadOnlyList<(string Name, long Address)> Read(Hdf5File file, Hdf5Object group)
    {
        var links = new List<(string Name, long Address)>();
        if (group.Message(Hdf5Header.SymbolTable) is { } table)
        {
            long tree = file.Address(table, "a group's tree"), heap = file.Address(table, "a group's heap");
            Tree(file, tree, Names(file, heap), -1, links);
        }

        if (group.Message(Hdf5Header.Links) is { } info)
        {
            _ = info.U8("a version");
            _ = info.Take((info.U8("flags") & 1) != 0 ? 8 : 0, "a number of order");
            long heap = file.Address(info, "a heap of links");
            if (heap != Hdf5File.Undefined)
            {
                Dense(file, heap, file.Address(info, "a tree of links"), links);
            }
        }

        foreach (ByteReader message in group.Messages(Hdf5Header.Link))
        {
            Link(file, message, links);
        }

        return links;
    }

    private static void Dense(Hdf5File file, long address, long tree, List<(string Name, long Address)> links)
    {
        var heap = new Hdf5Heap(file, address);
        var found = new List<(string Name, long Address)>();
        var orders = new List<long>();
        Hdf5RecordTree.Visit(file, tree, ByName, (record, size) =>
        {
            _ = record.Take(4, "a hash");
            long order = Link(file, heap.Object(record.Take(heap.IdSize, "a link's number")), found);
            while (orders.Count < found.Count)
            {
                orders.Add(order);
            }
        });
        links.AddRange(Enumerable.Range(0, found.Count).OrderBy(i => orders[i]).ThenBy(i => found[i].Name, StringComparer.Ordinal).Select(i => found[i]));
    }

    private static ReadOnlyMemory<byte> Names(Hdf5File file, long address)
    {
        ByteReader head = file.Block(address, 8 + (2 * file.LengthSize) + file.OffsetSize, "a heap of names");
        if (!head.Take(4, "a signature").Span.SequenceEqual("HEAP"u8))
        {
            throw head.Error("expected a heap of names, got something else");
        }

        _ = head.Take(4, "a version");
        long size = file.Length(head, "a heap's size");
        _ = file.Length(head, "what is free");
        ByteReader data = file.Block(file.Address(head, "a heap's data"), size, "names");
        return data.Take(size, "names");
    }

    // Levels fall from the root to the leaves, so that a tree ends.
    private static void Tree(Hdf5File file, long address, ReadOnlyMemory<byte> names, int level, List<(string Name, long Address)> links)
    {
        ByteReader head = file.Block(address, 8 + (2 * file.OffsetSize), "a tree of names");
        if (!head.Take(4, "a signature").Span.SequenceEqual("TREE"u8) || head.U8("a tree's kind") != 0)
        {
            throw head.Error("expected a tree of names, got something else");
        }

        int own = head.U8("a tree's level");
        if (level >= 0 && own != level - 1)
        {
            throw head.Error($"expected a node of level {level - 1}, got {own}");
        }

        int count = head.U16("entries");
        ByteReader entries = file.Block(address + 8 + (2 * file.OffsetSize), ((long)count * (file.LengthSize + file.OffsetSize)) + file.LengthSize, "a tree of names");
        for (int i = 0; i < count; i++)
        {
            _ = entries.Take(file.LengthSize, "a key");
            long child = file.Address(entries, "a child's address");
            if (own > 0)
            {
                Tree(file, child, names, own, links);
            }
            else
            {
                Leaf(file, child, names, links);
            }
        }
    }

    private static void Leaf(Hdf5File file, long address, ReadOnlyMemory<byte> names, List<(string Name, long Address)> links)
    {
        ByteReader head = file.Block(address, 8, "a group's entries");
        if (!head.Take(4, "a signature").Span.SequenceEqual("SNOD"u8))
        {
            throw head.Error("expected a group's entries, got something else");
        }

        _ = head.Take(2, "a version");
        int count = head.U16("a number of entries");
        ByteReader entries = file.Block(address + 8, (long)count * ((2 * file.OffsetSize) + 24), "a group's entries");
        for (int i = 0; i < count; i++)
        {
            long name = file.Address(entries, "a name's place");
            long target = file.Address(entries, "an object's address");
            uint kind = entries.U32("an entry's kind");
            _ = entries.Take(20, "an entry");
            if (kind != 2)      // 2 is a link by name, which is not followed
            {
                Add(file, Text(entries, names, name), target, links);
            }
        }
    }

    private static string Text(ByteReader entries, ReadOnlyMemory<byte> names, long at)
    {
        ReadOnlySpan<byte> rest = at >= 0 && at < names.Length ? names.Span[(int)at..] : throw entries.Error($"expected a name within {names.Length} bytes, got its place {at}");
        int end = rest[..Math.Min(rest.Length, 4096)].IndexOf((byte)0);
        return end >= 0 ? Encoding.UTF8.GetString(rest[..end]) : throw entries.Error("expected a name of at most 4,096 bytes that ends with 0, got another");
    }

    // Gives the link's place in the order in which the group's links were made; 0 where that is not kept.
    private static long Link(Hdf5File file, ByteReader reader, List<(string Name, long Address)> links)
    {
        _ = reader.U8("a version");
        int flags = reader.U8("flags");
        int kind = (flags & 8) != 0 ? reader.U8("a link's kind") : 0;
        long order = (flags & 4) != 0 ? Hdf5File.Unsigned(reader, 8, "a link's order") : 0;
        _ = reader.Take((flags & 16) != 0 ? 1 : 0, "a name's encoding");
        long length = Hdf5File.Unsigned(reader, 1 << (flags & 3), "a name's length");
        string name = Encoding.UTF8.GetString(reader.Take(length, "a name").Span);
        if (kind == 0)      // others are links by name, which are not followed
        {
            Add(file, name, file.Address(reader, "an object's address"), links);
        }

        return order;
    }

    private static void Add(Hdf5File file, string name, long address, List<(string Name, long Address)> links)
    {
        if (links.Count == MaxLinks)
        {
            throw file.Error($"expected at most {MaxLinks} members of a group, got more");
        }

        links.Add((name, address));
    }
}
