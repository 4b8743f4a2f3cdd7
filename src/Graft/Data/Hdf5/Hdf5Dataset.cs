namespace Graft.Data.Hdf5;

/// <summary>An array of an HDF5 file; its numbers are read when they are wanted.</summary>
/// <remarks>Reads contiguous, compact and chunked arrays; packed with deflate, LZF, shuffle and Fletcher's checksum. Chunks are found by trees of both versions, or by
/// single, implicit, fixed-array or extensible-array indexes. What was never written is the fill value.</remarks>
internal sealed class Hdf5Dataset
{
    private readonly Hdf5File _file;
    private readonly Hdf5Layout _layout;
    private readonly byte[]? _fill;
    private Hdf5Chunks? _chunks;

    public Hdf5Dataset(Hdf5File file, Hdf5Object owner)
    {
        _file = file;
        Sizes = Hdf5Attribute.Axes(file, owner.Message(Hdf5Header.Axes)!, out long[] most);
        MostSizes = most;
        Type = Hdf5Type.Read(owner.Message(Hdf5Header.Type)!);
        Count = Hdf5Attribute.Count(Sizes);
        _layout = Hdf5Layout.Read(file, owner.Message(Hdf5Header.Layout)!);
        _layout.Filters = owner.Message(Hdf5Header.Filters) is { } filters ? Hdf5Filters.Read(file, filters) : null;
        _layout.IsExternal = owner.Message(Hdf5Header.External) is not null;
        _fill = owner.Message(Hdf5Header.Fill) is { } fill ? FillValue(fill) : null;
    }

    /// <summary>The sizes of the axes, outermost first; empty for one number.</summary>
    public int[] Sizes { get; }

    /// <summary>The sizes that the axes may grow to; <see cref="Hdf5File.Undefined"/> for any.</summary>
    public long[] MostSizes { get; }

    /// <summary>What its elements are.</summary>
    public Hdf5Type Type { get; }

    /// <summary>How many elements there are.</summary>
    public int Count { get; }

    /// <summary>Whether its elements are numbers that can be read.</summary>
    public bool IsNumeric => Type.Numbers.Length > 0;

    /// <summary>Sees that the numbers are there, or, where they are packed, that they may become so many.</summary>
    /// <exception cref="GraftInputException">They do not lie in the file, or are too many.</exception>
    public void Check()
    {
        long bytes = (long)Count * Type.Size;
        if (_layout.IsExternal)
        {
            throw _file.Error("expected numbers within the file, got an array that lies in another file");
        }

        switch (_layout.Kind)
        {
            case Hdf5LayoutKind.Compact when _layout.Data.Length < bytes:
                throw _file.Error($"expected {bytes} bytes of numbers, got {_layout.Data.Length}");
            case Hdf5LayoutKind.Contiguous when _layout.Address != Hdf5File.Undefined:
                _file.Bytes.Check(_file.PlaceOf(_layout.Address), bytes, "numbers");
                break;
            case Hdf5LayoutKind.Contiguous or Hdf5LayoutKind.Chunked when Count * 4L > _file.MostUnpacked:
                throw _file.Error($"expected at most {_file.MostUnpacked} bytes of unpacked numbers, got an array [{string.Join(", ", Sizes)}]");
            default:
                break;
        }
    }

    /// <summary>Whether its numbers lie in the file one after the other, so that any part can be read for itself.</summary>
    public bool IsPlain => _layout.Kind == Hdf5LayoutKind.Contiguous && _layout.Address != Hdf5File.Undefined && IsNumeric && !_layout.IsExternal;

    /// <summary>Reads some numbers of an array that is plain, row-major.</summary>
    /// <param name="start">0-based place of the first.</param>
    /// <param name="values">Gets them; ends within the array.</param>
    /// <exception cref="GraftInputException">The file became shorter.</exception>
    public void ReadPart(long start, Span<float> values) =>
        NumberBytes.Read(Type.Numbers, _file.Bytes, _file.PlaceOf(_layout.Address) + (start * Type.Size), values, Type.IsBigEndian);

    /// <summary>Reads all numbers, row-major.</summary>
    /// <param name="values">Gets them; as long as <see cref="Count"/>.</param>
    /// <exception cref="GraftInputException">The array is damaged, packed in a way that is not read, or holds no numbers.</exception>
    public void Read(Span<float> values)
    {
        if (!IsNumeric)
        {
            throw _file.Error($"expected numbers, got {Type.Shown}");
        }

        Check();
        if (Count == 0)
        {
            return;
        }

        switch (_layout.Kind)
        {
            case Hdf5LayoutKind.Compact:
                NumberBytes.Read(Type.Numbers, _layout.Data.Span, values, Type.IsBigEndian);
                break;
            case Hdf5LayoutKind.Contiguous when _layout.Address != Hdf5File.Undefined:
                NumberBytes.Read(Type.Numbers, _file.Bytes, _file.PlaceOf(_layout.Address), values, Type.IsBigEndian);
                break;
            case Hdf5LayoutKind.Chunked:
                values.Fill(Unwritten());
                _chunks ??= new Hdf5Chunks(_file, this, _layout);
                _chunks.Read(values);
                break;
            default:
                values.Fill(Unwritten());
                break;
        }
    }

    // The value of what was never written.
    private float Unwritten()
    {
        Span<float> value = [0];
        if (_fill?.Length == Type.Size)
        {
            NumberBytes.Read(Type.Numbers, _fill, value, Type.IsBigEndian);
        }

        return value[0];
    }

    private static byte[]? FillValue(ByteReader reader)
    {
        int version = reader.U8("a fill value's version");
        if (version is < 1 or > 3)
        {
            throw reader.Error($"expected a fill value of version 1 to 3, got {version}");
        }

        bool isThere;
        if (version == 3)
        {
            isThere = (reader.U8("flags") & 0x20) != 0;
        }
        else
        {
            _ = reader.Take(2, "times");
            isThere = reader.U8("whether there is a fill value") != 0 || version == 1;
        }

        return isThere ? reader.Take(reader.U32("a fill value's size"), "a fill value").ToArray() : null;
    }
}
