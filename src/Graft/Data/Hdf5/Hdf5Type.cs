namespace Graft.Data.Hdf5;

/// <summary>What the elements of an array or attribute are.</summary>
/// <param name="Numbers">The type of numbers, named as in safetensors, or "" where they are none.</param>
/// <param name="Size">Bytes of one element.</param>
/// <param name="IsBigEndian">Whether numbers have their highest byte first.</param>
/// <param name="IsText">Whether they are texts of a fixed number of bytes.</param>
/// <param name="IsLongText">Whether they are texts of any length, which lie in a heap.</param>
/// <param name="Shown">What messages call it.</param>
internal sealed record Hdf5Type(string Numbers, int Size, bool IsBigEndian, bool IsText, bool IsLongText, string Shown)
{
    private static readonly string[] Kinds = ["integers", "floating point numbers", "times", "texts", "bits", "opaque bytes", "compounds", "references", "enumerations", "sequences", "arrays"];

    /// <exception cref="GraftInputException">The description is damaged.</exception>
    public static Hdf5Type Read(ByteReader reader, int depth = 0)
    {
        uint word = reader.U32("a type");
        int kind = (int)(word & 15), bits = (int)(word >> 8);
        long size = reader.U32("a type's size");
        if (size is 0 or > int.MaxValue || kind >= Kinds.Length || depth > 4)
        {
            throw reader.Error($"expected a type of a known kind and at least 1 byte, got kind {kind} of {size} bytes");
        }

        var other = new Hdf5Type("", (int)size, (bits & 1) != 0, kind == 3, kind == 9 && (bits & 15) == 1, kind == 9 && (bits & 15) == 1 ? "texts" : Kinds[kind]);
        switch (kind)
        {
            case 0:
            {
                int offset = reader.U16("a type's offset"), precision = reader.U16("a type's precision");
                bool isWhole = offset == 0 && precision == size * 8 && size is 1 or 2 or 4 or 8;
                return isWhole ? other with { Numbers = ((bits & 8) != 0 ? "I" : "U") + (size * 8).ToString(System.Globalization.CultureInfo.InvariantCulture) } : other;
            }

            case 1:
            {
                _ = reader.Take(4, "a type's precision");
                (int exponentAt, int exponent, int mantissaAt, int mantissa) = (reader.U8("a type"), reader.U8("a type"), reader.U8("a type"), reader.U8("a type"));
                string numbers = (size, exponentAt, exponent, mantissaAt, mantissa, bits & 0x41) switch
                {
                    (2, 10, 5, 0, 10, 0 or 1) => "F16",
                    (2, 7, 8, 0, 7, 0 or 1) => "BF16",
                    (4, 23, 8, 0, 23, 0 or 1) => "F32",
                    (8, 52, 11, 0, 52, 0 or 1) => "F64",
                    _ => "",
                };
                return other with { Numbers = numbers };
            }

            case 8:
                // Truths are an enumeration of bytes: the numbers under the names are what counts.
                return Read(reader, depth + 1) is { Numbers.Length: > 0 } under && under.Size == size ? under : other;
            default:
                return other;
        }
    }
}
