using System.Buffers.Binary;
using System.IO.Compression;
using Graft.Data;
using Graft.Experiments.Reports;

namespace Graft.Experiments.Tests.Reports;

public sealed class ThumbnailTests
{
    [Fact]
    public void A_small_picture_keeps_its_pixels()
    {
        var picture = new Picture(3, 2, 3, [.. Enumerable.Range(0, 18).Select(i => (byte)(i * 14))]);

        (int width, int height, byte[] pixels) = Decode(Thumbnail.Png(picture), channels: 3);

        Assert.Equal((3, 2), (width, height));
        Assert.Equal(picture.Pixels, pixels);
    }

    // 4 x 4 to 2 x 2: each pixel is the mean of four: (0 + 10 + 40 + 50) / 4 = 25 and so on.
    [Fact]
    public void A_large_picture_is_averaged()
    {
        var picture = new Picture(4, 4, 1, [.. Enumerable.Range(0, 16).Select(i => (byte)(i * 10))]);

        (int width, int height, byte[] pixels) = Decode(Thumbnail.Png(picture, longest: 2), channels: 1);

        Assert.Equal((2, 2), (width, height));
        Assert.Equal([25, 45, 105, 125], pixels);
    }

    [Fact]
    public void A_long_picture_keeps_its_form()
    {
        (int width, int height, _) = Decode(Thumbnail.Png(new Picture(1000, 3, 1, new byte[3000]), longest: 50), channels: 1);

        Assert.Equal((50, 1), (width, height));
    }

    // The check value of CRC-32 over "IEND" with no content is a constant that ends every PNG file.
    [Fact]
    public void The_checksum_is_that_of_the_format() =>
        Assert.Equal([0xae, 0x42, 0x60, 0x82], Thumbnail.Png(new Picture(1, 1, 1, [7]))[^4..]);

    private static (int Width, int Height, byte[] Pixels) Decode(byte[] png, int channels)
    {
        int width = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16));
        int height = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20));
        int length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(33));
        using var zlib = new ZLibStream(new MemoryStream(png, 41, length), CompressionMode.Decompress);
        using var rows = new MemoryStream();
        zlib.CopyTo(rows);
        int stride = 1 + (width * channels);
        return (width, height, [.. rows.ToArray().Where((_, i) => i % stride != 0)]);
    }
}
