using System.Text;

namespace Graft.Data.Hdf5;

/// <summary>A small array that says something about an object, such as the names of its parts.</summary>
internal sealed class Hdf5Attribute
{
    private readonly Hdf5File _file;
    private readonly ReadOnlyMemory<byte> _data;
    private string[]? _texts;

    private Hdf5Attribute(Hdf5File file, string name, Hdf5Type type, int[] sizes, ReadOnlyMemory<byte> data)
    {
        _file = file;
        _data = data;
        Name = name;
        Type = type;
        Sizes = sizes;
    }

    public string Name { get; }

    public Hdf5Type Type { get; }

    /// <summary>The sizes of the axes; empty for one element.</summary>
    public int[] Sizes { get; }

    /// <summary>Its texts; none where it has no elements, whatever their type, as Keras writes lists without entries.</summary>
    /// <exception cref="GraftInputException">It is damaged, or its elements are no texts.</exception>
    public IReadOnlyList<string> Texts() => _texts ??= ReadTexts();

    public static Hdf5Attribute Read(Hdf5File file, Hdf5Object owner, ByteReader reader)
    {
        int version = reader.U8("an attribute's version");
        if (version is < 1 or > 3)
        {
            throw reader.Error($"expected an attribute of version 1 to 3, got {version}");
        }

        int flags = reader.U8("an attribute's flags");
        int nameSize = reader.U16("a name's size"), typeSize = reader.U16("a type's size"), axesSize = reader.U16("the axes' size");
        _ = reader.Take(version == 3 ? 1 : 0, "a name's encoding");
        ReadOnlySpan<byte> name = Padded(reader, nameSize, version, "a name").Take(nameSize, "a name").Span;
        ByteReader type = Padded(reader, typeSize, version, "a type");
        ByteReader axes = Padded(reader, axesSize, version, "axes");
        var read = Hdf5Type.Read(version > 1 && (flags & 1) != 0 ? owner.Shared(type, Hdf5Header.Type) : type);
        int[] sizes = Axes(file, version > 1 && (flags & 2) != 0 ? owner.Shared(axes, Hdf5Header.Axes) : axes);
        ReadOnlyMemory<byte> data = reader.Take((long)Count(sizes) * read.Size, "an attribute's data");
        return new Hdf5Attribute(file, Encoding.UTF8.GetString(name.TrimEnd((byte)0)), read, sizes, data);
    }

    /// <summary>The sizes of axes.</summary>
    /// <exception cref="GraftInputException">They are damaged, more than eight, or their product is 2^31 or more.</exception>
    public static int[] Axes(Hdf5File file, ByteReader reader) => Axes(file, reader, out _);

    /// <summary>The sizes of axes, and those that they may grow to.</summary>
    /// <inheritdoc cref="Axes(Hdf5File, ByteReader)"/>
    public static int[] Axes(Hdf5File file, ByteReader reader, out long[] most)
    {
        int version = reader.U8("a version of axes"), rank = reader.U8("a number of axes");
        int flags = reader.U8("flags"), kind = reader.U8("a kind of axes");
        if (version is < 1 or > 2 || rank > Tensors.Shape.MaxRank)
        {
            throw reader.Error($"expected up to {Tensors.Shape.MaxRank} axes, written as version 1 or 2, got {rank} of version {version}");
        }

        _ = reader.Take(version == 1 ? 4 : 0, "padding");
        if (version == 2 && kind == 2)
        {
            most = [0];
            return [0];      // nothing at all
        }

        var sizes = new int[rank];
        long product = 1;
        for (int i = 0; i < rank; i++)
        {
            long size = file.Length(reader, "the size of an axis");
            product = size is < 0 or > int.MaxValue ? -1 : product * Math.Max(1, size);
            sizes[i] = product is < 0 or > int.MaxValue ? throw reader.Error($"expected axes whose product is below 2^31, got {size} for axis {i}") : (int)size;
        }

        most = [.. sizes.Select(s => (long)s)];
        for (int i = 0; i < rank && (flags & 1) != 0; i++)
        {
            most[i] = file.Length(reader, "the most of an axis");
            most[i] = most[i] == Hdf5File.Undefined || most[i] >= sizes[i] ? most[i] : throw reader.Error($"expected an axis that may have its size {sizes[i]}, got at most {most[i]}");
        }

        return sizes;
    }

    /// <summary>Elements of an array of these sizes.</summary>
    public static int Count(int[] sizes) => sizes.Aggregate(1, (a, b) => a * b);

    // The first version fills each part up to a multiple of 8 bytes.
    private static ByteReader Padded(ByteReader reader, int size, int version, string what) => reader.Part(version == 1 ? (size + 7) / 8 * 8 : size, what);

    private string[] ReadTexts()
    {
        int count = Count(Sizes);
        if (count == 0)
        {
            return [];
        }

        if (!Type.IsText && !Type.IsLongText)
        {
            throw _file.Error($"expected texts in the attribute '{Name}', got {Type.Shown}");
        }

        var texts = new string[count];
        var reader = new ByteReader(_data, _file.Shown, within: $" of the attribute '{Name}'");
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> bytes = Type.IsText ? reader.Take(Type.Size, "a text").Span : LongText(reader);
            int end = bytes.IndexOf((byte)0);
            texts[i] = Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
        }

        return texts;
    }

    private ReadOnlySpan<byte> LongText(ByteReader reader)
    {
        long length = reader.U32("a text's length");
        long heap = _file.Address(reader, "a heap");
        int index = reader.I32("an object's number");
        if (length == 0 || heap is Hdf5File.Undefined)
        {
            return [];
        }

        ReadOnlySpan<byte> bytes = _file.HeapObject(heap, index).Span;
        return length <= bytes.Length ? bytes[..(int)length] : throw reader.Error($"expected a text of {length} bytes, got {bytes.Length}");
    }
}
