using System.Security.Cryptography;
using Graft.Data;
using Graft.Data.Pictures;
using Graft.Tests.Data.Sources;

namespace Graft.Tests.Data.Pictures;

public sealed class JpegTests
{
    public static TheoryData<string> Files => GoldenPictures.Jpegs;

    // The oracle is libjpeg-turbo 2.1.5, and everything is the same to the bit. Another version may differ by up to 3 where it interpolates otherwise.
    [Theory, MemberData(nameof(Files))]
    public void Every_kind_of_jpeg_is_decoded_as_libjpeg_does(string name)
    {
        Picture expected = GoldenPictures.Decode(name.Replace(".jpg", ".expected.png", StringComparison.Ordinal));

        Picture picture = GoldenPictures.Decode(name);

        Assert.Equal(0, GoldenPictures.Difference(expected, picture));
        Assert.Equal(new PictureSize(picture.Width, picture.Height, picture.Channels), PictureDecoder.Size(GoldenPictures.Bytes(name), name));
    }

    // SOF0 (FF C0) is the frame: length 2, depth 1, height 2, width 2, colors 1 ...
    [Theory]
    [InlineData(1, 0xC9, "expected baseline or progressive JPEG with Huffman codes, got another kind (marker C9).")]
    [InlineData(1, 0xC3, "expected baseline or progressive JPEG with Huffman codes, got another kind (marker C3).")]
    [InlineData(4, 12, "expected 8 bits and 1, 3 or 4 colors, got 12 bits and 3 colors.")]
    [InlineData(5, 0xFF, "expected a picture of 1 to 100000 pixels, got 37 x 65309.")]
    [InlineData(9, 2, "expected 8 bits and 1, 3 or 4 colors, got 8 bits and 2 colors.")]
    [InlineData(11, 0x51, "expected colors with sampling factors from 1 to 4 and tables from 0 to 3, got others.")]
    [InlineData(11, 0x31, "expected sampling factors that divide the greatest ones, got 2 x 1 beside 3 x 1.")]
    public void Kinds_that_are_not_decoded_are_named(int offset, int value, string message)
    {
        byte[] file = GoldenPictures.Bytes("color-2x1.jpg");
        int frame = file.AsSpan().IndexOf((byte[])[0xFF, 0xC0]);
        file[frame + offset] = (byte)value;
        file[frame + 14] = offset == 11 ? (byte)0x21 : file[frame + 14];

        var e = Assert.Throws<GraftInputException>(() => PictureDecoder.Decode(file, "x.jpg", 100_000));

        Assert.EndsWith(message, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("color-2x2.jpg")]
    [InlineData("color-2x2-progressive.jpg")]
    [InlineData("restart.jpg")]
    public void A_cut_file_is_refused(string name)
    {
        byte[] file = GoldenPictures.Bytes(name);

        for (int length = 0; length < file.Length - 2; length += 5)
        {
            Assert.Throws<GraftInputException>(() => PictureDecoder.Decode(file.AsMemory(0, length), "cut.jpg"));
        }
    }

    [Fact]
    public void A_small_file_that_announces_many_pixels_is_refused_before_memory_is_taken()
    {
        byte[] file = GoldenPictures.Bytes("color-2x2-progressive.jpg");
        int frame = file.AsSpan().IndexOf((byte[])[0xFF, 0xC2]);
        (file[frame + 5], file[frame + 7]) = (0x20, 0x20);
        long before = GC.GetAllocatedBytesForCurrentThread();

        var e = Assert.Throws<GraftInputException>(() => PictureDecoder.Decode(file, "bomb.jpg"));

        Assert.Contains("expected picture data for 8229 x 8221 pixels", e.Message, StringComparison.Ordinal);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
    }

    [Fact]
    public void Scans_that_tell_nothing_new_are_refused()
    {
        byte[] file = GoldenPictures.Bytes("grey-progressive.jpg");
        int first = file.AsSpan().IndexOf((byte[])[0xFF, 0xDA]);
        int next = first + 2 + file.AsSpan(first + 2).IndexOf((byte[])[0xFF, 0xC4]);
        byte[] repeated = [.. file[..next], .. file[first..]];

        var e = Assert.Throws<GraftInputException>(() => PictureDecoder.Decode(repeated, "again.jpg"));

        Assert.Contains("expected a scan that adds to those before it", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("color-2x2.jpg")]
    [InlineData("color-2x1-progressive.jpg")]
    [InlineData("restart.jpg")]
    [InlineData("cmyk.jpg")]
    [InlineData("orientation-6.jpg")]
    public void Damaged_files_give_a_clear_error_or_a_picture(string name) =>
        Fuzz.Bytes(GoldenPictures.Bytes(name), bytes => PictureDecoder.Decode(bytes, name));

    [Fact]
    public void Real_pictures_are_decoded_as_pillow_does()
    {
        foreach (string line in File.ReadLines(GoldenFile.PathOf("Pictures/real.tsv")))
        {
            string[] parts = line.Split('\t', 2);
            Picture picture = PictureDecoder.Decode(File.ReadAllBytes(RealData.PathOf(parts[0])), parts[0]);
            Assert.Equal(parts[1], $"{picture.Width}\t{picture.Height}\t{picture.Channels}\t{Convert.ToHexStringLower(SHA256.HashData(picture.Pixels))}");
        }
    }
}
