namespace Graft.Data.Hdf5;

/// <summary>One message of an object's header: a property such as its type, its axes or an attribute.</summary>
/// <param name="Kind">What it says: one of the numbers of <see cref="Hdf5Header"/>.</param>
/// <param name="IsShared">Whether it only refers to a message of another object.</param>
/// <param name="Body">Its bytes.</param>
internal sealed record Hdf5Message(int Kind, bool IsShared, ByteReader Body);

/// <summary>Reads the messages of an object's header, version 1 or 2, with what continues elsewhere.</summary>
internal static class Hdf5Header
{
    public const int Axes = 0x01;
    public const int Links = 0x02;
    public const int Type = 0x03;
    public const int Fill = 0x05;
    public const int Link = 0x06;
    public const int External = 0x07;
    public const int Layout = 0x08;
    public const int Filters = 0x0B;
    public const int Attribute = 0x0C;
    public const int SymbolTable = 0x11;
    public const int Attributes = 0x15;

    private const int Continuation = 0x10;
    private const int MaxBlocks = 100_000;

    /// <exception cref="GraftInputException">The header is damaged.</exception>
    public static IReadOnlyList<Hdf5Message> Read(Hdf5File file, long address)
    {
        var messages = new List<Hdf5Message>();
        var more = new Queue<(long Address, long Length)>();
        ByteReader head = file.Block(address, 4, "an object's header");
        bool isNew = head.Take(4, "a signature").Span.SequenceEqual("OHDR"u8);
        bool hasOrder = false;
        if (isNew)
        {
            Second(file, address, messages, more, out hasOrder);
        }
        else
        {
            First(file, address, messages, more);
        }

        for (int blocks = 0; more.TryDequeue(out (long Address, long Length) next); blocks++)
        {
            if (blocks == MaxBlocks || next.Length < (isNew ? 8 : 0))
            {
                throw file.Error($"expected the header at {address} in at most {MaxBlocks} parts of their size, got others");
            }

            ByteReader part = file.Block(next.Address, next.Length, "a header's continuation");
            if (isNew)
            {
                if (!part.Take(4, "a signature").Span.SequenceEqual("OCHK"u8))
                {
                    throw part.Error("expected a header's continuation, got something else");
                }

                part = part.Part(part.Remaining - 4, "messages");
            }

            Messages(file, part, isNew, hasOrder, messages, more);
        }

        return messages;
    }

    private static void First(Hdf5File file, long address, List<Hdf5Message> messages, Queue<(long Address, long Length)> more)
    {
        ByteReader reader = file.Block(address, 16, "an object's header");
        int version = reader.U8("a header's version");
        if (version != 1)
        {
            throw reader.Error($"expected a header of version 1 or 2, got {version}");
        }

        _ = reader.Take(7, "counts");
        Messages(file, file.Block(address + 16, reader.U32("a header's size"), "messages"), isNew: false, hasOrder: false, messages, more);
    }

    private static void Second(Hdf5File file, long address, List<Hdf5Message> messages, Queue<(long Address, long Length)> more, out bool hasOrder)
    {
        ByteReader reader = file.Block(address + 4, 2, "an object's header");
        int version = reader.U8("a header's version"), flags = reader.U8("a header's flags");
        if (version != 2)
        {
            throw reader.Error($"expected a header of version 2, got {version}");
        }

        int before = ((flags & 0x20) != 0 ? 16 : 0) + ((flags & 0x10) != 0 ? 4 : 0), width = 1 << (flags & 3);
        reader = file.Block(address + 6, before + width, "an object's header");
        _ = reader.Take(before, "times");
        long size = Hdf5File.Unsigned(reader, width, "a header's size");
        hasOrder = (flags & 0x04) != 0;
        Messages(file, file.Block(address + 6 + before + width, size, "messages"), isNew: true, hasOrder, messages, more);
    }

    private static void Messages(Hdf5File file, ByteReader reader, bool isNew, bool hasOrder, List<Hdf5Message> messages, Queue<(long Address, long Length)> more)
    {
        int head = isNew ? 4 + (hasOrder ? 2 : 0) : 8;
        while (reader.Remaining >= head)
        {
            int kind = isNew ? reader.U8("a message's kind") : reader.U16("a message's kind");
            int size = reader.U16("a message's size");
            int flags = reader.U8("a message's flags");
            _ = reader.Take(head - (isNew ? 4 : 5), "a message's head");
            ByteReader body = reader.Part(size, "a message");
            if (kind == Continuation)
            {
                more.Enqueue((file.Address(body, "a continuation's address"), file.Length(body, "a continuation's length")));
            }
            else if (kind != 0)
            {
                messages.Add(new Hdf5Message(kind, (flags & 2) != 0, body));
            }
        }
    }
}
