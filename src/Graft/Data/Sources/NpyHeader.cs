using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Graft.Data.Sources;

/// <summary>The beginning of an array in NumPy's .npy format, versions 1 to 3: a text that says type, order and shape; the values follow.</summary>
/// <param name="Shape">Lengths of the axes; empty for a single number.</param>
/// <param name="Numbers">The type of the values, named as in safetensors.</param>
/// <param name="IsBigEndian">Whether values have their highest byte first.</param>
/// <param name="IsFortran">Whether the first axis is fastest.</param>
/// <param name="Kind">NumPy's name of the type, such as "f4".</param>
internal sealed partial record NpyHeader(int[] Shape, string Numbers, bool IsBigEndian, bool IsFortran, string Kind)
{
    private const int MaxText = 1 << 20;

    /// <summary>How many values there are.</summary>
    public int Count => Shape.Aggregate(1, (a, b) => a * b);

    /// <summary>Bytes that the values take.</summary>
    public long Bytes => (long)Count * NumberBytes.WidthOf(Numbers);

    /// <summary>Bytes that come before the values, as far as the first of them say; a text of at most 1 MB is believed.</summary>
    /// <param name="first">The first 12 bytes, or all there are.</param>
    public static int LengthOf(ReadOnlySpan<byte> first)
    {
        long length = first.Length < 12 ? 0 : first[6] == 1 ? 10 + BinaryPrimitives.ReadUInt16LittleEndian(first[8..]) : 12L + BinaryPrimitives.ReadUInt32LittleEndian(first[8..]);
        return (int)Math.Min(length, MaxText + 12);
    }

    /// <summary>Reads it; the reader then stands at the values.</summary>
    /// <exception cref="GraftInputException">The file is damaged, of another kind, or holds objects.</exception>
    public static NpyHeader Read(ByteReader reader)
    {
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
        if (length > MaxText)
        {
            throw reader.Error($"expected a header of at most {MaxText} bytes, got {length}");
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
        string numbers = (kind, size) switch { ('b', 1) => "BOOL", ('f', _) => $"F{8 * size}", ('u', _) => $"U{8 * size}", ('i', _) => $"I{8 * size}", _ => "" };
        if (NumberBytes.WidthOf(numbers) == 0)
        {
            throw reader.Error($"expected values of type b1, u1 to u8, i1 to i8 or f2 to f8, got {kind}{size}");
        }

        int[] axes = Axes(shape.Groups[1].Value, reader);
        return new NpyHeader(axes, numbers, type.Groups[1].Value == ">", order.Groups[1].Value == "True", $"{kind}{size}");
    }

    /// <summary>Puts values in the order of the last axis fastest.</summary>
    /// <param name="values">In the order of the file.</param>
    /// <param name="into">Gets them; other memory.</param>
    public void Turn<T>(ReadOnlySpan<T> values, Span<T> into)
    {
        int i = 0;
        foreach (int from in Order())
        {
            into[i++] = values[from];
        }
    }

    public override string ToString() => $"{Kind} [{string.Join(", ", Shape)}]";

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
        if (!IsFortran || Shape.Length < 2)
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

    [GeneratedRegex("'descr': *'([<>|=]?)([a-z])([0-9])'", RegexOptions.CultureInvariant)]
    private static partial Regex TypePattern();

    [GeneratedRegex("'fortran_order': *(True|False)", RegexOptions.CultureInvariant)]
    private static partial Regex OrderPattern();

    [GeneratedRegex(@"'shape': *\(([0-9, L]*)\)", RegexOptions.CultureInvariant)]
    private static partial Regex ShapePattern();
}
