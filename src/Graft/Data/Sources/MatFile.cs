using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace Graft.Data.Sources;

/// <summary>Reads the variables of a MATLAB file of level 5, which versions 5 to 7 of the program write, byte orders of both kinds, packed variables too; and of version 7.3, see <see cref="MatHdf5"/>.</summary>
/// <remarks>
/// A file is a header of 128 bytes and elements: a tag of type and length, then data. Numbers are stored in any type that holds them,
/// whatever their class. Structures, objects, functions and complex numbers are passed over.
/// </remarks>
internal sealed class MatFile
{
    private const int MaxDepth = 8;
    private const int MaxVariables = 10_000;

    private const int Matrix = 14;
    private const int Packed = 15;

    private static readonly string[] Kinds =
    [
        "?", "cell", "struct", "object", "char", "sparse", "double", "single", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "function", "opaque",
    ];

    private readonly string _shown;
    private long _unpackable;

    private MatFile(string shown, long length)
    {
        _shown = shown;
        _unpackable = SourceFile.UnpackLimit(length);
    }

    /// <summary>The variables by name, in the order of the file.</summary>
    /// <exception cref="GraftInputException">The file is damaged or of another kind.</exception>
    public static IReadOnlyDictionary<string, MatValue> Read(string path, string shown)
    {
        byte[] bytes = SourceFile.Read(path, shown);
        if (Hdf5.Hdf5File.Recognizes(bytes))
        {
            return MatHdf5.Read(path, shown);
        }

        var reader = new ByteReader(bytes, shown);
        ReadOnlySpan<byte> header = reader.Take(128, "a MATLAB header").Span;
        reader.IsBigEndian = header[126] == 'M' && header[127] == 'I';
        if (!reader.IsBigEndian && !(header[126] == 'I' && header[127] == 'M'))
        {
            throw reader.Error("expected the letters IM or MI at the end of a MATLAB header of level 5, got others");
        }

        return new MatFile(shown, bytes.Length).Variables(reader);
    }

    private Dictionary<string, MatValue> Variables(ByteReader reader)
    {
        var variables = new Dictionary<string, MatValue>(StringComparer.Ordinal);
        while (reader.Remaining >= 8 && variables.Count < MaxVariables)
        {
            (int type, ByteReader data) = Element(reader, "a variable");
            if (type == Packed)
            {
                (type, data) = Element(Unpack(data), "a packed variable");
            }

            if (type == Matrix && data.Remaining > 0)
            {
                (string name, MatValue value) = Value(data, 0);
                variables[name] = value;
            }
        }

        return variables;
    }

    // A tag is type and length, 4 bytes each; where the upper half of the type is not 0, it is the length of up to 4 bytes that follow at once.
    private static (int Type, ByteReader Data) Element(ByteReader reader, string what)
    {
        uint type = reader.U32("the tag of " + what);
        if (type >> 16 != 0)
        {
            uint length = type >> 16;
            ByteReader small = reader.Part(4, what);
            return length <= 4 ? ((int)(type & 0xFFFF), small.Part(length, what)) : throw reader.Error($"expected {what} of at most 4 bytes beside its tag, got {length}");
        }

        uint count = reader.U32("the length of " + what);
        ByteReader data = reader.Part(count, what);
        if (type != Packed)
        {
            _ = reader.Take(Math.Min(reader.Remaining, (8 - (count % 8)) % 8), "padding");
        }

        return ((int)type, data);
    }

    private ByteReader Unpack(ByteReader data)
    {
        ReadOnlyMemory<byte> packed = data.Take(data.Remaining, "packed data");
        MemoryMarshal.TryGetArray(packed, out ArraySegment<byte> segment);
        using var stream = new ZLibStream(new MemoryStream(segment.Array!, segment.Offset, segment.Count), CompressionMode.Decompress);
        byte[] bytes = SourceFile.ReadAll(stream, _unpackable, _shown);
        _unpackable -= bytes.Length;
        return new ByteReader(bytes, _shown, data.IsBigEndian, within: " of a variable's unpacked data");
    }

    private (string Name, MatValue Value) Value(ByteReader reader, int depth)
    {
        if (depth > MaxDepth)
        {
            throw reader.Error($"expected cell arrays within each other up to {MaxDepth} deep, got more");
        }

        ByteReader flags = Element(reader, "array flags").Data;
        uint word = flags.U32("array flags");
        int kind = (int)(word & 0xFF);
        bool isComplex = (word & 0x0800) != 0;
        int[] axes = Axes(Element(reader, "axes").Data);
        string name = Encoding.UTF8.GetString(Element(reader, "a name").Data is var n ? n.Take(n.Remaining, "a name").Span : default);
        long count = axes.Aggregate(1L, (a, b) => a * b);
        string kindName = kind < Kinds.Length ? Kinds[kind] : "?";
        MatValue value = kind switch
        {
            _ when isComplex => new MatOther("complex " + kindName, axes),
            1 => Cells(reader, axes, count, depth),
            4 => new MatText(axes, Text(reader)),
            5 => Sparse(reader, axes),
            >= 6 and <= 15 => new MatNumbers(kindName, axes, Exactly(Numbers(reader, "values"), count, reader)),
            _ => new MatOther(kindName, axes),
        };
        return (name, value);
    }

    private static int[] Axes(ByteReader data)
    {
        int count = data.Remaining / 4;
        var axes = new int[count is >= 2 and <= 16 ? count : throw data.Error($"expected 2 to 16 axes, got {count}")];
        long product = 1;
        for (int i = 0; i < count; i++)
        {
            axes[i] = data.I32("an axis");
            product = axes[i] < 0 ? -1 : product * Math.Max(axes[i], 1);
            if (product is < 0 or > int.MaxValue)
            {
                throw data.Error($"expected axes of 0 or more whose product is below 2^31, got {axes[i]} for axis {i}");
            }
        }

        return axes;
    }

    private MatCells Cells(ByteReader reader, int[] axes, long count, int depth)
    {
        if (count * 8 > reader.Remaining)
        {
            throw reader.Error($"expected {count} cells of at least 8 bytes, got {reader.Remaining} bytes");
        }

        var cells = new MatValue[count];
        for (int i = 0; i < cells.Length; i++)
        {
            (int type, ByteReader data) = Element(reader, "a cell");
            cells[i] = type != Matrix ? throw reader.Error($"expected a matrix in a cell, got type {type}")
                : data.Remaining == 0 ? new MatNumbers("double", [0, 0], [])
                : Value(data, depth + 1).Value;
        }

        return new MatCells(axes, cells);
    }

    private static MatSparse Sparse(ByteReader reader, int[] axes)
    {
        if (axes.Length != 2)
        {
            throw reader.Error($"expected a sparse matrix of 2 axes, got {axes.Length}");
        }

        int[] rows = Integers(reader, "rows of sparse values");
        int[] starts = Integers(reader, "columns of sparse values");
        float[] values = Numbers(reader, "sparse values");
        if (starts.Length != axes[1] + 1L || starts[0] != 0 || starts[^1] > Math.Min(rows.Length, values.Length))
        {
            throw reader.Error("expected a sparse matrix whose columns' starts lie within its values, got others");
        }

        for (int i = 1; i < starts.Length; i++)
        {
            if (starts[i] < starts[i - 1])
            {
                throw reader.Error($"expected a sparse matrix whose columns' starts rise, got {starts[i]} after {starts[i - 1]}");
            }
        }

        for (int i = 0; i < starts[^1]; i++)
        {
            if (rows[i] < 0 || rows[i] >= axes[0])
            {
                throw reader.Error($"expected rows of sparse values from 0 to {axes[0] - 1}, got {rows[i]}");
            }
        }

        return new MatSparse(axes, rows, starts, values);
    }

    private static string Text(ByteReader reader)
    {
        (int type, ByteReader data) = Element(reader, "text");
        ReadOnlySpan<byte> bytes = data.Take(data.Remaining, "text").Span;
        return type switch
        {
            1 or 2 => Encoding.Latin1.GetString(bytes),
            16 => Encoding.UTF8.GetString(bytes),
            4 or 17 => (reader.IsBigEndian ? Encoding.BigEndianUnicode : Encoding.Unicode).GetString(bytes),
            _ => throw reader.Error($"expected text of type 1, 2, 4, 16 or 17, got type {type}"),
        };
    }

    private static int[] Integers(ByteReader reader, string what)
    {
        ByteReader data = Element(reader, what).Data;
        var values = new int[data.Remaining / 4];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = data.I32(what);
        }

        return values;
    }

    private static float[] Numbers(ByteReader reader, string what)
    {
        (int type, ByteReader data) = Element(reader, what);
        int size = type switch { 1 or 2 => 1, 3 or 4 => 2, 5 or 6 or 7 => 4, 9 or 12 or 13 => 8, _ => throw reader.Error($"expected {what} of a type of numbers, got type {type}") };
        var values = new float[data.Remaining / size];
        ReadOnlySpan<byte> bytes = data.Take((long)values.Length * size, what).Span;
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Number(bytes.Slice(i * size, size), type, data.IsBigEndian);
        }

        return values;
    }

    private static float Number(ReadOnlySpan<byte> at, int type, bool big) => type switch
    {
        1 => (sbyte)at[0],
        2 => at[0],
        3 => big ? BinaryPrimitives.ReadInt16BigEndian(at) : BinaryPrimitives.ReadInt16LittleEndian(at),
        4 => big ? BinaryPrimitives.ReadUInt16BigEndian(at) : BinaryPrimitives.ReadUInt16LittleEndian(at),
        5 => big ? BinaryPrimitives.ReadInt32BigEndian(at) : BinaryPrimitives.ReadInt32LittleEndian(at),
        6 => big ? BinaryPrimitives.ReadUInt32BigEndian(at) : BinaryPrimitives.ReadUInt32LittleEndian(at),
        7 => big ? BinaryPrimitives.ReadSingleBigEndian(at) : BinaryPrimitives.ReadSingleLittleEndian(at),
        9 => (float)(big ? BinaryPrimitives.ReadDoubleBigEndian(at) : BinaryPrimitives.ReadDoubleLittleEndian(at)),
        12 => big ? BinaryPrimitives.ReadInt64BigEndian(at) : BinaryPrimitives.ReadInt64LittleEndian(at),
        _ => big ? BinaryPrimitives.ReadUInt64BigEndian(at) : BinaryPrimitives.ReadUInt64LittleEndian(at),
    };

    private static float[] Exactly(float[] values, long count, ByteReader reader) =>
        values.Length == count ? values : throw reader.Error($"expected {count} values, got {values.Length}");
}
