using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Graft.Data;

namespace Graft.Models.Formats;

/// <summary>A table of a file of FlatBuffers: fields by number, each at a place that a list of offsets says, or left out.</summary>
/// <remarks>Nothing is believed: every place is looked for within the file when it is read, and a list's length is compared with the file before anything of it is.</remarks>
internal readonly struct FlatTable
{
    private const int LeastList = 4;

    private readonly FileBytes _file;
    private readonly long _at;
    private readonly long _list;
    private readonly int _listBytes;

    private FlatTable(FileBytes file, long at)
    {
        _file = file;
        _at = at;
        _list = at - (int)U32(file, at);
        _listBytes = U16(file, _list);
        if (_listBytes < LeastList || _listBytes % 2 != 0)
        {
            throw new GraftInputException(file.Shown, string.Create(CultureInfo.InvariantCulture, $"at byte {_list}: expected a list of a table's fields, got one of {_listBytes} bytes."));
        }

        file.Check(_list, _listBytes, "a list of fields");
    }

    /// <summary>The table that a file begins with.</summary>
    /// <exception cref="GraftInputException">It is not there.</exception>
    public static FlatTable Root(FileBytes file) => new(file, U32(file, 0));

    /// <summary>A number, or what holds where it is left out.</summary>
    /// <param name="field">The field's number, from 0.</param>
    /// <param name="otherwise">What holds where it is left out.</param>
    public int Int32(int field, int otherwise = 0) => Place(field) is { } at ? (int)U32(_file, at) : otherwise;

    /// <inheritdoc cref="Int32"/>
    public ulong UInt64(int field, ulong otherwise = 0)
    {
        Span<byte> bytes = stackalloc byte[8];
        return Place(field) is { } at ? BinaryPrimitives.ReadUInt64LittleEndian(Bytes(_file, at, bytes)) : otherwise;
    }

    /// <inheritdoc cref="Int32"/>
    public float Single(int field, float otherwise = 0) => Place(field) is { } at ? BitConverter.UInt32BitsToSingle(U32(_file, at)) : otherwise;

    /// <inheritdoc cref="Int32"/>
    public byte Byte(int field, byte otherwise = 0)
    {
        Span<byte> bytes = stackalloc byte[1];
        return Place(field) is { } at ? Bytes(_file, at, bytes)[0] : otherwise;
    }

    /// <summary>A table within this one; null where it is left out.</summary>
    public FlatTable? Table(int field) => Place(field) is { } at ? new FlatTable(_file, at + U32(_file, at)) : null;

    /// <summary>A list; empty where it is left out.</summary>
    /// <param name="field">The field's number, from 0.</param>
    /// <param name="width">Bytes of one element.</param>
    public FlatList List(int field, int width)
    {
        if (Place(field) is not { } at)
        {
            return default;
        }

        long start = at + U32(_file, at);
        uint count = U32(_file, start);
        _file.Check(start + 4, (long)count * width, "a list");
        if (count > int.MaxValue)
        {
            throw new GraftInputException(_file.Shown, string.Create(CultureInfo.InvariantCulture, $"at byte {start}: expected a list of at most {int.MaxValue} elements, got {count}."));
        }

        return new FlatList(_file, start + 4, (int)count);
    }

    /// <summary>A text; empty where it is left out.</summary>
    public string Text(int field)
    {
        FlatList list = List(field, 1);
        return list.Count == 0 ? "" : Encoding.UTF8.GetString(_file.Take(list.Start, list.Count, "a text"));
    }

    /// <summary>Numbers of four bytes.</summary>
    internal static uint U32(FileBytes file, long at)
    {
        Span<byte> bytes = stackalloc byte[4];
        return BinaryPrimitives.ReadUInt32LittleEndian(Bytes(file, at, bytes));
    }

    /// <summary>A table that an element of a list leads to.</summary>
    internal static FlatTable At(FileBytes file, long at) => new(file, at + U32(file, at));

    private static ushort U16(FileBytes file, long at)
    {
        Span<byte> bytes = stackalloc byte[2];
        return BinaryPrimitives.ReadUInt16LittleEndian(Bytes(file, at, bytes));
    }

    private static Span<byte> Bytes(FileBytes file, long at, Span<byte> into)
    {
        file.Read(at, into, "a field");
        return into;
    }

    private long? Place(int field)
    {
        int entry = LeastList + (2 * field);
        int offset = entry < _listBytes ? U16(_file, _list + entry) : 0;
        return offset == 0 ? null : _at + offset;
    }
}

/// <summary>A list in a file of FlatBuffers, which lies in the file as a whole.</summary>
/// <param name="File">The file; null for a list that is left out.</param>
/// <param name="Start">0-based offset of the first element.</param>
/// <param name="Count">Elements.</param>
internal readonly record struct FlatList(FileBytes? File, long Start, int Count)
{
    /// <summary>A table of a list of tables.</summary>
    public FlatTable Table(int i) => FlatTable.At(File!, Start + (4L * i));

    /// <summary>Numbers of four bytes.</summary>
    public int[] Int32s() => [.. Enumerable.Range(0, Count).Select(Int32)];

    /// <summary>One of the numbers of four bytes.</summary>
    public int Int32(int i) => (int)FlatTable.U32(File!, Start + (4L * i));

    /// <summary>Floating point numbers or whole ones, read as those of a type are.</summary>
    public float[] Numbers(string type)
    {
        var values = new float[Count];
        if (Count > 0)
        {
            NumberBytes.Read(type, File!, Start, values);
        }

        return values;
    }
}
