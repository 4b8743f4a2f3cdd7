namespace Graft.Data.Sources;

/// <summary>An array in NumPy's .npy format.</summary>
internal sealed class NpyArray
{
    private readonly ReadOnlyMemory<byte> _data;
    private readonly NpyHeader _header;

    private NpyArray(ReadOnlyMemory<byte> data, NpyHeader header)
    {
        _data = data;
        _header = header;
    }

    /// <summary>Lengths of the axes; empty for a single number.</summary>
    public int[] Shape => _header.Shape;

    /// <summary>Rows: the length of the first axis.</summary>
    public int Rows => Shape.Length == 0 ? 1 : Shape[0];

    /// <summary>Values in each row.</summary>
    public int Width => _header.Count / Math.Max(Rows, 1);

    /// <summary>Whether the values are unsigned bytes.</summary>
    public bool IsBytes => _header.Numbers == "U8";

    /// <exception cref="GraftInputException">The file is damaged, of another kind, or holds objects.</exception>
    public static NpyArray Read(ReadOnlyMemory<byte> file, string shown)
    {
        var reader = new ByteReader(file, shown);
        var header = NpyHeader.Read(reader);
        return new NpyArray(reader.Take(header.Bytes, $"values for axes [{string.Join(", ", header.Shape)}]"), header);
    }

    /// <summary>The values, last axis fastest; NaN and infinities as they are.</summary>
    public float[] Floats()
    {
        var values = new float[_header.Count];
        NumberBytes.Read(_header.Numbers, _data.Span, values, _header.IsBigEndian);
        return Turned(values);
    }

    /// <summary>The values where they are unsigned bytes, last axis fastest.</summary>
    public byte[] Bytes() => Turned(_data.ToArray());

    public override string ToString() => _header.ToString();

    private T[] Turned<T>(T[] values)
    {
        if (!_header.IsFortran)
        {
            return values;
        }

        var turned = new T[values.Length];
        _header.Turn<T>(values, turned);
        return turned;
    }
}
