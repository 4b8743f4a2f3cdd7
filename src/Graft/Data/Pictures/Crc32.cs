using System.Buffers.Binary;

namespace Graft.Data.Pictures;

/// <summary>The cyclic redundancy check of PNG chunks: polynomial EDB88320 reflected, starting from and ending with all ones.</summary>
internal static class Crc32
{
    // Table t says what a byte does to the sum when t more bytes follow it, so that eight bytes need eight look-ups and no chain.
    private static readonly uint[][] Tables = MakeTables();

    /// <summary>The sum of two stretches, one after the other.</summary>
    public static uint Of(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default) => ~Continue(Continue(uint.MaxValue, first), second);

    private static uint Continue(uint sum, ReadOnlySpan<byte> bytes)
    {
        uint[][] t = Tables;
        while (bytes.Length >= 8)
        {
            uint a = sum ^ BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            uint b = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            sum = t[7][a & 0xFF] ^ t[6][(a >> 8) & 0xFF] ^ t[5][(a >> 16) & 0xFF] ^ t[4][a >> 24]
                ^ t[3][b & 0xFF] ^ t[2][(b >> 8) & 0xFF] ^ t[1][(b >> 16) & 0xFF] ^ t[0][b >> 24];
            bytes = bytes[8..];
        }

        foreach (byte one in bytes)
        {
            sum = t[0][(sum ^ one) & 0xFF] ^ (sum >> 8);
        }

        return sum;
    }

    private static uint[][] MakeTables()
    {
        uint[][] tables = [.. Enumerable.Range(0, 8).Select(_ => new uint[256])];
        for (uint i = 0; i < 256; i++)
        {
            uint sum = i;
            for (int bit = 0; bit < 8; bit++)
            {
                sum = (sum & 1) != 0 ? (sum >> 1) ^ 0xEDB88320 : sum >> 1;
            }

            tables[0][i] = sum;
        }

        for (int t = 1; t < 8; t++)
        {
            for (uint i = 0; i < 256; i++)
            {
                tables[t][i] = (tables[t - 1][i] >> 8) ^ tables[0][tables[t - 1][i] & 0xFF];
            }
        }

        return tables;
    }
}
