using System.Buffers.Binary;

namespace Graft.Data.Sources;

/// <summary>An array in an IDX file: two zero bytes, a type, the number of axes, the axes, the values; big-endian.</summary>
/// <param name="Axes">Lengths; at least one axis.</param>
/// <param name="Bytes">The values as they stand, where the type is unsigned bytes; otherwise null.</param>
/// <param name="Numbers">The values as numbers, where the type is another; otherwise null.</param>
internal sealed record IdxFile(int[] Axes, ReadOnlyMemory<byte>? Bytes, float[]? Numbers)
{
    /// <exception cref="GraftInputException">The file is damaged or no IDX file.</exception>
    public static IdxFile Read(string path, string shown)
    {
        var reader = new ByteReader(SourceFile.Read(path, shown), shown, isBigEndian: true);
        uint magic = reader.U32("header");
        int axisCount = (int)(magic & 0xFF);
        int size = (magic >> 8) switch { 0x08 or 0x09 => 1, 0x0B => 2, 0x0C or 0x0D => 4, 0x0E => 8, _ => 0 };
        if (size == 0 || axisCount is < 1 or > 4)
        {
            throw reader.Error($"expected an IDX header (00 00, a type from 08 to 0E, 1 to 4 axes), got {magic:X8}");
        }

        var axes = new int[axisCount];
        long count = 1;
        for (int i = 0; i < axes.Length; i++)
        {
            uint axis = reader.U32("axis");
            count = axis is > 0 and <= int.MaxValue ? count * axis : 0;
            axes[i] = count is > 0 and <= int.MaxValue ? (int)axis : throw reader.Error($"expected axes of 1 or more whose product is below 2^31, got {axis} for axis {i}");
        }

        ReadOnlyMemory<byte> values = reader.Take(count * size, $"values for axes [{string.Join(", ", axes)}]");
        if (reader.Remaining > 0)
        {
            throw reader.Error($"expected the end of the file, got {reader.Remaining} more bytes");
        }

        return magic >> 8 == 0x08 ? new IdxFile(axes, values, null) : new IdxFile(axes, null, Convert(values.Span, (int)(magic >> 8), size));
    }

    private static float[] Convert(ReadOnlySpan<byte> values, int type, int size)
    {
        var numbers = new float[values.Length / size];
        for (int i = 0; i < numbers.Length; i++)
        {
            ReadOnlySpan<byte> at = values[(i * size)..];
            numbers[i] = type switch
            {
                0x09 => (sbyte)at[0],
                0x0B => BinaryPrimitives.ReadInt16BigEndian(at),
                0x0C => BinaryPrimitives.ReadInt32BigEndian(at),
                0x0D => BinaryPrimitives.ReadSingleBigEndian(at),
                _ => (float)BinaryPrimitives.ReadDoubleBigEndian(at),
            };
        }

        return numbers;
    }
}
