namespace Graft.Data.Hdf5;

/// <summary>An HDF5 file: groups within groups, arrays in them, and attributes of both.</summary>
/// <remarks>
/// <para>Reads superblocks 0 to 3 (behind a user block too, which MATLAB 7.3 writes), object headers of both versions, groups as symbol tables, compact links or links
/// in a heap, and attributes in headers and heaps. Not read, and said so: packed heaps, shared message tables, external files.</para>
/// <para>Every structure is read within the file, each object once, and all of them together have at most as many bytes as the file, so that structures that
/// refer to each other in circles end; texts that lie in heaps likewise.</para>
/// </remarks>
internal sealed class Hdf5File : IDisposable
{
    /// <summary>The address of something that is not there.</summary>
    public const long Undefined = -1;

    private const int Slack = 1 << 16;

    private static readonly byte[] Signature = [0x89, (byte)'H', (byte)'D', (byte)'F', 0x0D, 0x0A, 0x1A, 0x0A];

    private readonly Dictionary<long, Hdf5Object> _objects = [];
    private readonly Dictionary<long, Dictionary<int, ReadOnlyMemory<byte>>> _heaps = [];
    private readonly FileBytes _file;
    private readonly long _base;
    private readonly int _offsetSize;
    private readonly int _lengthSize;
    private long _charged;
    private long _taken;

    private Hdf5File(FileBytes file, long? mostUnpacked)
    {
        _file = file;
        MostUnpacked = mostUnpacked ?? ((2 * file.Length) + (8 << 20));
        _base = Find(file);
        (_offsetSize, _lengthSize, long root) = Superblock();
        Root = Object(root);
    }

    /// <summary>What messages call the file.</summary>
    public string Shown => _file.Shown;

    /// <summary>The file itself.</summary>
    public FileBytes Bytes => _file;

    /// <summary>Most bytes of numbers that a packed array may become.</summary>
    public long MostUnpacked { get; }

    /// <summary>The outermost group.</summary>
    public Hdf5Object Root { get; }

    /// <summary>Whether a file begins as HDF5 does, or as MATLAB 7.3 begins its user block.</summary>
    /// <param name="head">The first 16 bytes or more.</param>
    public static bool Recognizes(ReadOnlySpan<byte> head) => head.StartsWith(Signature) || head.StartsWith("MATLAB 7.3 MAT-f"u8);

    /// <summary>Most bytes of numbers that an array of a data file may become: far above what data packs to.</summary>
    /// <param name="length">The file's length.</param>
    public static long UnpackLimit(long length) => (2 << 20) + (100 * length);

    /// <summary>Opens a file; arrays are read from it when they are wanted.</summary>
    /// <param name="path">The file.</param>
    /// <param name="shown">What messages call it.</param>
    /// <param name="mostUnpacked">Most bytes of numbers that a packed array may become; left out, twice the file and 8 MB.</param>
    /// <exception cref="GraftInputException">It cannot be read, is damaged, or uses what is not read.</exception>
    public static Hdf5File Open(string path, string shown, long? mostUnpacked = null) => Of(FileBytes.Open(path, shown), mostUnpacked);

    /// <summary>Opens a file's bytes.</summary>
    /// <param name="bytes">The file; disposed of with this object, or at once where it is damaged.</param>
    /// <param name="mostUnpacked">Most bytes of numbers that a packed array may become; left out, twice the file and 8 MB.</param>
    /// <exception cref="GraftInputException">It is damaged, or uses what is not read.</exception>
    public static Hdf5File Of(FileBytes bytes, long? mostUnpacked = null)
    {
        try
        {
            return new Hdf5File(bytes, mostUnpacked);
        }
        catch (GraftInputException)
        {
            bytes.Dispose();
            throw;
        }
    }

    /// <summary>The object whose header lies at an address.</summary>
    /// <exception cref="GraftInputException">It is damaged.</exception>
    public Hdf5Object Object(long address)
    {
        if (!_objects.TryGetValue(address, out Hdf5Object? found))
        {
            _objects[address] = found = new Hdf5Object(this, address, Hdf5Header.Read(this, address));
        }

        return found;
    }

    /// <summary>A part of the file's structure.</summary>
    /// <param name="address">Where it begins, from the file's base.</param>
    /// <param name="count">Its bytes.</param>
    /// <param name="what">What it is, for messages.</param>
    /// <exception cref="GraftInputException">It lies outside the file, or so many structures cannot be in it.</exception>
    public ByteReader Block(long address, long count, string what)
    {
        if (address < 0)
        {
            throw Error($"expected {what}, got an address that is not there");
        }

        _file.Check(_base + address, count, what);
        _charged += count + 1;
        return _charged <= _file.Length + Slack
            ? new ByteReader(_file.Take(_base + address, count, what), Shown, start: _base + address)
            : throw Error("expected structures that lie beside each other, got ones that overlap or go in circles");
    }

    /// <summary>Where an address lies in the file.</summary>
    public long PlaceOf(long address) => _base + address;

    /// <summary>The next address of a structure, or <see cref="Undefined"/>.</summary>
    public long Address(ByteReader reader, string what) => Unsigned(reader, _offsetSize, what);

    /// <summary>The next length of a structure, or <see cref="Undefined"/> where all its bits are set.</summary>
    public long Length(ByteReader reader, string what) => Unsigned(reader, _lengthSize, what);

    /// <summary>Bytes of an address.</summary>
    public int OffsetSize => _offsetSize;

    /// <summary>Bytes of a length.</summary>
    public int LengthSize => _lengthSize;

    /// <summary>An object of a global heap: where texts of any length lie.</summary>
    /// <param name="address">The heap's address.</param>
    /// <param name="index">The object's number in it.</param>
    /// <exception cref="GraftInputException">It is not there, or the objects that were taken have more bytes than the file.</exception>
    public ReadOnlyMemory<byte> HeapObject(long address, int index)
    {
        if (!_heaps.TryGetValue(address, out Dictionary<int, ReadOnlyMemory<byte>>? heap))
        {
            _heaps[address] = heap = Heap(address);
        }

        ReadOnlyMemory<byte> found = heap.TryGetValue(index, out ReadOnlyMemory<byte> held) ? held : throw Error($"expected an object {index} in the heap at {address}, got none");
        _taken += found.Length;
        return _taken <= _file.Length ? found : throw Error("expected texts that lie beside each other in heaps, got the same ones again and again");
    }

    /// <summary>The error of what is wrong.</summary>
    /// <param name="message">What was expected and what came, without a full stop.</param>
    public GraftInputException Error(string message) => new(Shown, $"hdf5: {message}.");

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    // All bits set stand for "not there", whatever the width.
    internal static long Unsigned(ByteReader reader, int width, string what)
    {
        ulong value = width switch
        {
            1 => reader.U8(what),
            2 => reader.U16(what),
            4 => reader.U32(what),
            8 => reader.U64(what),
            _ => Odd(reader, width, what),
        };
        ulong all = width == 8 ? ulong.MaxValue : (1UL << (8 * width)) - 1;
        return value == all ? Undefined : value <= long.MaxValue ? (long)value : throw reader.Error($"expected {what} below 2^63, got {value}");
    }

    private static ulong Odd(ByteReader reader, int width, string what)
    {
        ulong value = 0;
        for (int i = 0; i < width; i++)
        {
            value |= (ulong)reader.U8(what) << (8 * i);
        }

        return value;
    }

    // At the start, or behind a user block of 512 bytes, 1,024, 2,048 ...
    private static long Find(FileBytes file)
    {
        Span<byte> read = stackalloc byte[8];
        for (long at = 0; at <= file.Length - read.Length; at = at == 0 ? 512 : at * 2)
        {
            file.Read(at, read, "a signature");
            if (read.SequenceEqual(Signature))
            {
                return at;
            }
        }

        throw new GraftInputException(file.Shown, "hdf5: expected an HDF5 file, got one without its signature.");
    }

    private (int OffsetSize, int LengthSize, long Root) Superblock()
    {
        ByteReader reader = Block(8, Math.Min(88, Math.Max(0, _file.Length - _base - 8)), "a superblock");
        int version = reader.U8("a superblock's version");
        if (version > 3)
        {
            throw reader.Error($"expected a superblock of version 0 to 3, got {version}");
        }

        if (version < 2)
        {
            _ = reader.Take(4, "versions");
        }

        int offsets = Width(reader), lengths = Width(reader);
        _ = reader.Take(version switch { 0 => 1 + 8, 1 => 1 + 12, _ => 1 }, "a superblock");
        _ = reader.Take(version < 2 ? 4 * offsets : 3 * offsets, "addresses");
        if (version < 2)
        {
            _ = reader.Take(offsets, "a name");      // of the entry of the outermost group
        }

        return (offsets, lengths, Unsigned(reader, offsets, "the address of the outermost group"));
    }

    private static int Width(ByteReader reader)
    {
        int width = reader.U8("a width");
        return width is 2 or 4 or 8 ? width : throw reader.Error($"expected addresses and lengths of 2, 4 or 8 bytes, got {width}");
    }

    private Dictionary<int, ReadOnlyMemory<byte>> Heap(long address)
    {
        ByteReader head = Block(address, 8 + _lengthSize, "a global heap");
        if (!head.Take(4, "a signature").Span.SequenceEqual("GCOL"u8))
        {
            throw head.Error("expected a global heap, got something else");
        }

        _ = head.Take(4, "a version");
        long size = Length(head, "a heap's size");
        ByteReader reader = Block(address + 8 + _lengthSize, size - 8 - _lengthSize, "a global heap");
        var objects = new Dictionary<int, ReadOnlyMemory<byte>>();
        while (reader.Remaining >= 8 + _lengthSize)
        {
            int index = reader.U16("an object's number");
            _ = reader.Take(6, "an object's count");
            long length = Length(reader, "an object's size");
            if (index == 0)
            {
                break;       // what is free
            }

            objects[index] = reader.Take(length, "an object of a heap");
            _ = reader.Take(Math.Min(reader.Remaining, (8 - (length % 8)) % 8), "padding");
        }

        return objects;
    }
}
