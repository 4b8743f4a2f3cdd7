using Graft.Data;
using Graft.Data.Pictures;
using Graft.Tests.Data.Sources;

namespace Graft.Tests.Data.Pictures;

public sealed class PngTests
{
    public static TheoryData<string> Files => GoldenPictures.Named(".png");

    [Theory, MemberData(nameof(Files))]
    public void Every_kind_of_png_is_decoded_exactly(string name)
    {
        Picture picture = GoldenPictures.Decode(name);

        GoldenPictures.IsAsNoted(name, picture);
        Assert.Equal(new PictureSize(picture.Width, picture.Height, picture.Channels), PictureDecoder.Size(GoldenPictures.Bytes(name), name));
    }

    [Theory]
    [InlineData("color8.png")]
    [InlineData("grey8.png")]
    [InlineData("small-1x1.png")]
    public void What_is_encoded_decodes_to_the_same_pixels(string name)
    {
        Picture picture = GoldenPictures.Decode(name);

        byte[] file = PngEncoder.Encode(picture);

        GoldenPictures.IsAsNoted(name, PictureDecoder.Decode(file, "again"));
        Assert.Equal(file, PngEncoder.Encode(picture));
    }

    // Offsets: signature 8, then IHDR's length 8, type 12, width 16, height 20, depth 24, check sum 29.
    [Theory]
    [InlineData(0, "expected a PNG or JPEG picture, got a file that begins with 00504E47.")]
    [InlineData(17, "at byte 33: expected a chunk whose check sum fits, got a damaged one.")]
    public void Damage_is_named_with_its_place(int at, string message)
    {
        byte[] file = GoldenPictures.Bytes("color8.png");
        file[at] = 0;
        file[17] = at == 17 ? (byte)9 : file[17];

        Assert.Equal("x.png: " + message, Assert.Throws<GraftInputException>(() => PictureDecoder.Decode(file, "x.png")).Message);
    }

    [Fact]
    public void A_cut_or_empty_file_is_refused()
    {
        byte[] file = GoldenPictures.Bytes("color8.png");

        for (int length = 0; length < file.Length; length += 7)
        {
            Assert.Throws<GraftInputException>(() => PictureDecoder.Decode(file.AsMemory(0, length), "cut.png"));
        }
    }

    [Fact]
    public void Too_many_pixels_are_refused_before_memory_is_taken()
    {
        var e = Assert.Throws<GraftInputException>(() => GoldenPictures.Bytes("color8.png") is var file ? PictureDecoder.Decode(file, "x.png", 37 * 28) : null);

        Assert.Equal("x.png: at byte 8: expected a picture of 1 to 1036 pixels, sides up to 65535, got 37 x 29.", e.Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => PictureDecoder.Decode(GoldenPictures.Bytes("color8.png"), "x", 0));
    }

    [Fact]
    public void A_small_file_that_announces_many_pixels_is_refused_before_memory_is_taken()
    {
        byte[] big = PngEncoder.Encode(new Picture(1, 1, 3, [1, 2, 3]));
        big.AsSpan(16, 8).Clear();
        (big[18], big[22]) = (0x20, 0x20);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(big.AsSpan(29), Crc32.Of(big.AsSpan(12, 17)));
        long before = GC.GetAllocatedBytesForCurrentThread();

        var e = Assert.Throws<GraftInputException>(() => PictureDecoder.Decode(big, "bomb.png"));

        Assert.Contains("expected pixel data for 8192 x 8192 pixels", e.Message, StringComparison.Ordinal);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
    }

    [Theory]
    [InlineData("color8.png")]
    [InlineData("palette4-opacity-interlaced.png")]
    [InlineData("grey16-key.png")]
    public void Damaged_files_give_a_clear_error_or_a_picture(string name) =>
        Fuzz.Bytes(GoldenPictures.Bytes(name), bytes => PictureDecoder.Decode(bytes, name));

    // Check sums hide the decoder from random damage, so here they are made right again.
    [Theory]
    [InlineData("color8.png")]
    [InlineData("palette4-opacity-interlaced.png")]
    public void Damage_behind_right_check_sums_gives_a_clear_error_or_a_picture(string name) => Fuzz.Bytes(
        GoldenPictures.Bytes(name),
        bytes => PictureDecoder.Decode(WithRightSums(bytes), name));

    [Fact]
    public void Real_pngs_are_read()
    {
        string folder = RealData.PathOf("fashion_mnist/test/3");

        foreach (string file in Directory.GetFiles(folder, "*.png").Take(50))
        {
            Picture picture = PictureDecoder.Decode(File.ReadAllBytes(file), file);
            Assert.Equal((28, 28, 1), (picture.Width, picture.Height, picture.Channels));
        }
    }

    private static byte[] WithRightSums(byte[] file)
    {
        byte[] fixedUp = [.. file];
        for (long at = 8; at + 12 <= fixedUp.Length;)
        {
            long length = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(fixedUp.AsSpan((int)at));
            if (at + 12 + length > fixedUp.Length)
            {
                break;
            }

            uint sum = Crc32.Of(fixedUp.AsSpan((int)at + 4, (int)length + 4));
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(fixedUp.AsSpan((int)(at + 8 + length)), sum);
            at += 12 + length;
        }

        return fixedUp;
    }
}
