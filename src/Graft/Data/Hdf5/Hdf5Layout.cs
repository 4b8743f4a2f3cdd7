namespace Graft.Data.Hdf5;

/// <summary>How an array lies in the file.</summary>
internal enum Hdf5LayoutKind
{
    /// <summary>Within the object's header.</summary>
    Compact,

    /// <summary>In one piece.</summary>
    Contiguous,

    /// <summary>In pieces of equal shape, each packed for itself.</summary>
    Chunked,
}

/// <summary>How the chunks of an array are found.</summary>
internal enum Hdf5IndexKind
{
    /// <summary>By a version 1 tree of their places.</summary>
    Tree,

    /// <summary>There is one.</summary>
    Single,

    /// <summary>They lie one after the other.</summary>
    Implicit,

    /// <summary>By a list of their addresses.</summary>
    FixedArray,

    /// <summary>By a list of their addresses that grows along one axis.</summary>
    ExtensibleArray,

    /// <summary>By a version 2 tree of their places.</summary>
    RecordTree,
}

/// <summary>Where the numbers of an array are.</summary>
/// <param name="Kind">In one piece, in several, or in the header.</param>
/// <param name="Address">Of the numbers or of the chunks' index; may be undefined where nothing was written.</param>
/// <param name="Data">The numbers themselves where they lie in the header.</param>
/// <param name="Chunk">The shape of a chunk; empty where there are none.</param>
/// <param name="Index">How chunks are found.</param>
internal sealed record Hdf5Layout(Hdf5LayoutKind Kind, long Address, ReadOnlyMemory<byte> Data, int[] Chunk, Hdf5IndexKind Index)
{
    /// <summary>How chunks are packed; null where they are not.</summary>
    public Hdf5Filters? Filters { get; set; }

    /// <summary>Whether the numbers lie in another file.</summary>
    public bool IsExternal { get; set; }

    /// <summary>Bytes of the only chunk as it is stored; 0 where that is not said.</summary>
    public long SingleSize { get; init; }

    /// <summary>Filters that the only chunk was not packed with, a bit each.</summary>
    public uint SingleMask { get; init; }

    /// <summary>Whether chunks that reach over the edge are not packed.</summary>
    public bool EdgesAreBare { get; init; }

    /// <exception cref="GraftInputException">The description is damaged, or of a form that is not read.</exception>
    public static Hdf5Layout Read(Hdf5File file, ByteReader reader)
    {
        int version = reader.U8("a layout's version");
        return version switch
        {
            1 or 2 => Old(file, reader),
            3 => Third(file, reader),
            4 or 5 => Fourth(file, reader),      // 5 says that indexes write sizes of packed chunks in more bytes; how many, they say themselves
            _ => throw reader.Error($"expected a layout of version 1 to 5, got {version}"),
        };
    }

    private static Hdf5Layout Old(Hdf5File file, ByteReader reader)
    {
        int rank = reader.U8("a number of axes");
        Hdf5LayoutKind kind = KindOf(reader);
        _ = reader.Take(5, "padding");
        long address = kind == Hdf5LayoutKind.Compact ? Hdf5File.Undefined : file.Address(reader, "an array's address");
        int[] sizes = Chunks(reader, rank, 4);
        return kind switch
        {
            Hdf5LayoutKind.Compact => new Hdf5Layout(kind, Hdf5File.Undefined, reader.Take(reader.U32("a size"), "numbers"), [], Hdf5IndexKind.Tree),
            Hdf5LayoutKind.Contiguous => new Hdf5Layout(kind, address, default, [], Hdf5IndexKind.Tree),
            _ => new Hdf5Layout(kind, address, default, sizes, Hdf5IndexKind.Tree),
        };
    }

    private static Hdf5Layout Third(Hdf5File file, ByteReader reader)
    {
        Hdf5LayoutKind kind = KindOf(reader);
        if (kind != Hdf5LayoutKind.Chunked)
        {
            return Simple(file, reader, kind);
        }

        int rank = reader.U8("a number of axes");
        long address = file.Address(reader, "an index's address");
        return new Hdf5Layout(kind, address, default, Chunks(reader, rank - 1, 4), Hdf5IndexKind.Tree);
    }

    private static Hdf5Layout Fourth(Hdf5File file, ByteReader reader)
    {
        Hdf5LayoutKind kind = KindOf(reader);
        if (kind != Hdf5LayoutKind.Chunked)
        {
            return Simple(file, reader, kind);
        }

        int flags = reader.U8("flags"), rank = reader.U8("a number of axes"), width = reader.U8("a width");
        int[] chunk = width is >= 1 and <= 8 ? Chunks(reader, rank - 1, width) : throw reader.Error($"expected sizes of 1 to 8 bytes, got {width}");
        _ = Hdf5File.Unsigned(reader, width, "an element's size");
        int index = reader.U8("an index's kind");
        long single = 0;
        uint mask = 0;
        switch (index)
        {
            case 1 when (flags & 2) != 0:
                single = file.Length(reader, "a chunk's size");
                mask = reader.U32("a chunk's filters");
                break;
            case 1 or 2:
                break;
            case 3:
                _ = reader.U8("bits of a page");
                break;
            case 4:
                _ = reader.Take(5, "sizes of an array");
                break;
            case 5:
                _ = reader.Take(6, "sizes of a tree");
                break;
            default:
                throw reader.Error($"expected an index of chunks of kind 1 to 5, got {index}");
        }

        Hdf5IndexKind found = index switch
        {
            1 => Hdf5IndexKind.Single,
            2 => Hdf5IndexKind.Implicit,
            3 => Hdf5IndexKind.FixedArray,
            4 => Hdf5IndexKind.ExtensibleArray,
            _ => Hdf5IndexKind.RecordTree,
        };
        return new Hdf5Layout(kind, file.Address(reader, "an index's address"), default, chunk, found) { SingleSize = single, SingleMask = mask, EdgesAreBare = (flags & 1) != 0 };
    }

    private static Hdf5Layout Simple(Hdf5File file, ByteReader reader, Hdf5LayoutKind kind) => kind == Hdf5LayoutKind.Compact
        ? new Hdf5Layout(kind, Hdf5File.Undefined, reader.Take(reader.U16("a size"), "numbers"), [], Hdf5IndexKind.Tree)
        : new Hdf5Layout(kind, file.Address(reader, "an array's address"), default, [], Hdf5IndexKind.Tree);

    private static Hdf5LayoutKind KindOf(ByteReader reader)
    {
        int kind = reader.U8("a layout");
        return kind <= 2 ? (Hdf5LayoutKind)kind : throw reader.Error($"expected a compact, contiguous or chunked layout, got kind {kind}");
    }

    private static int[] Chunks(ByteReader reader, int rank, int width)
    {
        if (rank < 0 || rank > Tensors.Shape.MaxRank)
        {
            throw reader.Error($"expected chunks of up to {Tensors.Shape.MaxRank} axes, got {rank}");
        }

        var sizes = new int[rank];
        for (int i = 0; i < rank; i++)
        {
            long size = Hdf5File.Unsigned(reader, width, "a chunk's size");
            sizes[i] = size is > 0 and <= int.MaxValue ? (int)size : throw reader.Error($"expected chunks of at least 1 along each axis, got {size}");
        }

        return sizes;
    }
}
