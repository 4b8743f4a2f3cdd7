using System.Buffers.Binary;
using System.IO.Compression;
using Graft.Data;

namespace Graft.Experiments.Reports;

/// <summary>Makes pictures small enough to stand in a record of a run.</summary>
public static class Thumbnail
{
    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a];

    /// <summary>The picture as PNG, shrunk by averaging until neither side is longer than asked.</summary>
    /// <param name="picture">Grey or RGB.</param>
    /// <param name="longest">Pixels of the longer side at most; at least 1.</param>
    public static byte[] Png(Picture picture, int longest = 64)
    {
        ArgumentNullException.ThrowIfNull(picture);
        Tensors.Check.AtLeast(1, longest);
        int factor = (Math.Max(picture.Width, picture.Height) + longest - 1) / longest;
        int width = Math.Max(1, picture.Width / factor);
        int height = Math.Max(1, picture.Height / factor);
        byte[] rows = Rows(picture, factor, width, height);
        using var png = new MemoryStream();
        png.Write(Signature);
        Span<byte> head = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(head, width);
        BinaryPrimitives.WriteInt32BigEndian(head[4..], height);
        head[8] = 8;
        head[9] = (byte)(picture.Channels == 1 ? 0 : 2);
        head[10..].Clear();
        Chunk(png, "IHDR"u8, head);
        using (var packed = new MemoryStream())
        {
            using (var zlib = new ZLibStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
            {
                zlib.Write(rows);
            }

            Chunk(png, "IDAT"u8, packed.GetBuffer().AsSpan(0, (int)packed.Length));
        }

        Chunk(png, "IEND"u8, []);
        return png.ToArray();
    }

    // Each row begins with its filter, 0 for none. A pixel is the mean of a square of the picture's pixels.
    private static byte[] Rows(Picture picture, int factor, int width, int height)
    {
        int channels = picture.Channels;
        int stride = 1 + (width * channels);
        byte[] rows = new byte[height * stride];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                for (int c = 0; c < channels; c++)
                {
                    rows[(y * stride) + 1 + (x * channels) + c] = Mean(picture, x * factor, y * factor, factor, c);
                }
            }
        }

        return rows;
    }

    private static byte Mean(Picture picture, int left, int top, int factor, int channel)
    {
        int right = Math.Min(left + factor, picture.Width);
        int bottom = Math.Min(top + factor, picture.Height);
        long sum = 0;
        for (int y = top; y < bottom; y++)
        {
            for (int x = left; x < right; x++)
            {
                sum += picture.Pixels[(((y * picture.Width) + x) * picture.Channels) + channel];
            }
        }

        long count = (long)(right - left) * (bottom - top);
        return (byte)((sum + (count / 2)) / count);
    }

    private static void Chunk(Stream png, ReadOnlySpan<byte> kind, ReadOnlySpan<byte> content)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        png.Write(number);
        png.Write(kind);
        png.Write(content);
        BinaryPrimitives.WriteUInt32BigEndian(number, Checksum(content, Checksum(kind, uint.MaxValue)) ^ uint.MaxValue);
        png.Write(number);
    }

    // CRC-32 as PNG has it: reflected, polynomial 0xEDB88320. Thumbnails are small, so one bit at a time is enough.
    private static uint Checksum(ReadOnlySpan<byte> bytes, uint crc)
    {
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xedb88320);
            }
        }

        return crc;
    }
}
