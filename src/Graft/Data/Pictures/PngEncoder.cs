using System.Buffers.Binary;
using System.IO.Compression;

namespace Graft.Data.Pictures;

/// <summary>Writes pictures as PNG files, 8 bits a sample.</summary>
public static class PngEncoder
{
    /// <summary>The PNG file of a picture; the same bytes every time.</summary>
    /// <param name="picture">Grey or color.</param>
    public static byte[] Encode(Picture picture)
    {
        int length = picture.Width * picture.Channels;
        using var file = new MemoryStream();
        file.Write(PngDecoder.Signature);
        Span<byte> header = stackalloc byte[13];
        header.Clear();
        BinaryPrimitives.WriteInt32BigEndian(header, picture.Width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], picture.Height);
        header[8] = 8;
        header[9] = picture.Channels == 1 ? (byte)0 : (byte)2;
        WriteChunk(file, "IHDR"u8, header);

        using var packed = new MemoryStream();
        using (var stream = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            var above = new byte[length];
            var candidate = new byte[length + 1];
            var best = new byte[length + 1];
            for (int y = 0; y < picture.Height; y++)
            {
                ReadOnlySpan<byte> row = picture.Pixels.AsSpan(y * length, length);
                long least = long.MaxValue;
                for (int filter = 0; filter <= 4; filter++)
                {
                    long size = Filter(filter, row, above, picture.Channels, candidate);
                    if (size < least)
                    {
                        least = size;
                        (best, candidate) = (candidate, best);
                    }
                }

                stream.Write(best);
                row.CopyTo(above);
            }
        }

        WriteChunk(file, "IDAT"u8, packed.GetBuffer().AsSpan(0, (int)packed.Length));
        WriteChunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    // Fills the differences in and says how large they are: small differences pack well.
    private static long Filter(int filter, ReadOnlySpan<byte> row, byte[] above, int step, byte[] differences)
    {
        differences[0] = (byte)filter;
        long size = 0;
        for (int i = 0; i < row.Length; i++)
        {
            int a = i < step ? 0 : row[i - step];
            int b = above[i];
            int c = i < step ? 0 : above[i - step];
            int prediction = filter switch { 0 => 0, 1 => a, 2 => b, 3 => (a + b) >> 1, _ => PngFilter.Paeth(a, b, c) };
            byte difference = (byte)(row[i] - prediction);
            differences[i + 1] = difference;
            size += Math.Abs((int)(sbyte)difference);
        }

        return size;
    }

    private static void WriteChunk(MemoryStream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> word = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(word, data.Length);
        file.Write(word);
        file.Write(type);
        file.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(word, Crc32.Of(type, data));
        file.Write(word);
    }
}
