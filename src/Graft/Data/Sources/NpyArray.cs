using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Graft.Data.Sources;

/// <summary>An array in NumPy's .npy format, versions 1 to 3: a text header that says type, order and shape, then the values.</summary>
internal sealed partial class NpyArray
{
    private readonly ReadOnlyMemory<byte> _data;
    private readonly char _kind;
    private readonly int _size;
    private readonly bool _isBigEndian;
    private readonly bool _isFortran;

    private NpyArray(ReadOnlyMemory<byte> data, int[] shape, char kind, int size, bool isBigEndian, bool isFortran)
    {
        _data = data;
        Shape = shape;
        _kind = kind;
        _size = size;
        _isBigEndian = isBigEndian;
        _isFortran = isFortran;
    }

    /// <summary>Lengths of the axes; empty for a single number.</summary>
    public int[] Shape { get; }

    /// <summary>Rows: the length of the first axis.</summary>
    public int Rows => Shape.Length == 0 ? 1 : Shape[0];

    /// <summary>Values in each row.</summary>
    public int Width => Count / Math.Max(Rows, 1);

    /// <summary>Whether the values are unsigned bytes.</summary>
    public bool IsBytes => (_kind, _size) == ('u', 1);

    private int Count => Shape.Aggregate(1, (a, b) => a * b);

    /// <exception cref="GraftInputException">The file is damaged, of another kind, or holds objects.</exception>
    public static NpyArray Read(ReadOnlyMemory<byte> file, string shown)
    {
        var reader = new ByteReader(file, shown);
        if (!reader.Take(6, "a NumPy signature").Span.SequenceEqual((byte[])[0x93, .. "NUMPY"u8]))
        {
            throw reader.Error("expected a NumPy file (.npy), got another kind");
        }

        int version = reader.U8("a version");
        _ = reader.U8("a version");
        if (version is < 1 or > 3)
        {
            throw reader.Error($"expected version 1, 2 or 3 of the format, got {version}");
        }

        long length = version == 1 ? reader.U16("a header's length") : reader.U32("a header's length");
        if (length > 1 << 20)
        {
            throw reader.Error($"expected a header of at most {1 << 20} bytes, got {length}");
        }

        string header = Encoding.Latin1.GetString(reader.Take(length, "a header").Span);
        Match type = TypePattern().Match(header);
        Match order = OrderPattern().Match(header);
        Match shape = ShapePattern().Match(header);
        if (header.Contains("'O'", StringComparison.Ordinal) || header.Contains("'|O", StringComparison.Ordinal))
        {
            throw reader.Error("expected numbers, got Python objects, which are never loaded because loading them can run code");
        }

        if (!type.Success || !order.Success || !shape.Success)
        {
            throw reader.Error("expected a header that says a plain type of numbers, an order and a shape, got another");
        }

        char kind = type.Groups[2].Value[0];
        int size = type.Groups[3].Value[0] - '0';
        bool isKnown = (kind, size) is ('b', 1) or ('u' or 'i', 1 or 2 or 4 or 8) or ('f', 2 or 4 or 8);
        if (!isKnown)
        {
            throw reader.Error($"expected values of type b1, u1 to u8, i1 to i8 or f2 to f8, got {kind}{size}");
        }

        int[] axes = Axes(shape.Groups[1].Value, reader);
        long count = axes.Aggregate(1L, (a, b) => a * b);
        ReadOnlyMemory<byte> data = reader.Take(count * size, $"values for axes [{string.Join(", ", axes)}]");
        return new NpyArray(data, axes, kind, size, type.Groups[1].Value == ">", order.Groups[1].Value == "True");
    }

    /// <summary>The values, last axis fastest; NaN and infinities as they are.</summary>
    public float[] Floats()
    {
        var values = new float[Count];
        ReadOnlySpan<byte> data = _data.Span;
        int i = 0;
        foreach (int from in Order())
        {
            values[i++] = Value(data.Slice(from * _size, _size));
        }

        return values;
    }

    /// <summary>The values where they are unsigned bytes, last axis fastest.</summary>
    public byte[] Bytes()
    {
        if (!_isFortran)
        {
            return _data.ToArray();
        }

        var values = new byte[Count];
        int i = 0;
        foreach (int from in Order())
        {
            values[i++] = _data.Span[from];
        }

        return values;
    }

    public override string ToString() => $"{_kind}{_size} [{string.Join(", ", Shape)}]";

    private static int[] Axes(string text, ByteReader reader)
    {
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length > 8)
        {
            throw reader.Error($"expected at most 8 axes, got {parts.Length}");
        }

        var axes = new int[parts.Length];
        long product = 1;
        for (int i = 0; i < axes.Length; i++)
        {
            bool isFine = int.TryParse(parts[i].TrimEnd('L'), NumberStyles.None, CultureInfo.InvariantCulture, out axes[i]);
            product = isFine ? product * Math.Max(axes[i], 1) : long.MaxValue;
            if (product > int.MaxValue)
            {
                throw reader.Error($"expected axes whose product is below 2^31, got {parts[i]} for axis {i}");
            }
        }

        return axes;
    }

    // Where each value lies, in the order of the last axis fastest; the file's order may be the first axis fastest.
    private IEnumerable<int> Order()
    {
        int count = Count;
        if (!_isFortran || Shape.Length < 2)
        {
            for (int i = 0; i < count; i++)
            {
                yield return i;
            }

            yield break;
        }

        var steps = new int[Shape.Length];
        for (int axis = 0, step = 1; axis < steps.Length; step *= Shape[axis++])
        {
            steps[axis] = step;
        }

        var at = new int[Shape.Length];
        int from = 0;
        for (int i = 0; i < count; i++)
        {
            yield return from;
            for (int axis = at.Length - 1; axis >= 0; axis--)
            {
                from += steps[axis];
                if (++at[axis] < Shape[axis])
                {
                    break;
                }

                from -= steps[axis] * Shape[axis];
                at[axis] = 0;
            }
        }
    }

    private float Value(ReadOnlySpan<byte> at) => (_kind, _size) switch
    {
        ('b', _) => at[0] == 0 ? 0 : 1,
        ('u', 1) => at[0],
        ('i', 1) => (sbyte)at[0],
        ('u', 2) => _isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(at) : BinaryPrimitives.ReadUInt16LittleEndian(at),
        ('i', 2) => _isBigEndian ? BinaryPrimitives.ReadInt16BigEndian(at) : BinaryPrimitives.ReadInt16LittleEndian(at),
        ('u', 4) => _isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(at) : BinaryPrimitives.ReadUInt32LittleEndian(at),
        ('i', 4) => _isBigEndian ? BinaryPrimitives.ReadInt32BigEndian(at) : BinaryPrimitives.ReadInt32LittleEndian(at),
        ('u', 8) => _isBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(at) : BinaryPrimitives.ReadUInt64LittleEndian(at),
        ('i', 8) => _isBigEndian ? BinaryPrimitives.ReadInt64BigEndian(at) : BinaryPrimitives.ReadInt64LittleEndian(at),
        ('f', 2) => (float)(_isBigEndian ? BinaryPrimitives.ReadHalfBigEndian(at) : BinaryPrimitives.ReadHalfLittleEndian(at)),
        ('f', 4) => _isBigEndian ? BinaryPrimitives.ReadSingleBigEndian(at) : BinaryPrimitives.ReadSingleLittleEndian(at),
        _ => (float)(_isBigEndian ? BinaryPrimitives.ReadDoubleBigEndian(at) : BinaryPrimitives.ReadDoubleLittleEndian(at)),
    };

    [GeneratedRegex("'descr': *'([<>|=]?)([a-z])([0-9])'", RegexOptions.CultureInvariant)]
    private static partial Regex TypePattern();

    [GeneratedRegex("'fortran_order': *(True|False)", RegexOptions.CultureInvariant)]
    private static partial Regex OrderPattern();

    [GeneratedRegex(@"'shape': *\(([0-9, L]*)\)", RegexOptions.CultureInvariant)]
    private static partial Regex ShapePattern();
}
