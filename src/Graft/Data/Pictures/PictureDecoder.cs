using Graft.Tensors;

namespace Graft.Data.Pictures;

/// <summary>Decodes pictures from files in memory: PNG and JPEG, told apart by their first bytes.</summary>
/// <remarks>
/// <para>PNG: every color type and depth, interlaced or not; 16-bit samples keep their upper byte; transparent pixels are laid over white.</para>
/// <para>JPEG: baseline and progressive, 8 bits, grey, YCbCr, RGB, CMYK and YCCK, any whole-numbered subsampling (colors are interpolated as libjpeg does);
/// the orientation that a camera wrote (EXIF) is applied. Arithmetic coding, 12 bits and lossless JPEG are refused.</para>
/// <para>Files are treated as hostile: the number of pixels is bounded, and a file too short to hold the pixels that it announces is refused before memory is taken.</para>
/// </remarks>
public static class PictureDecoder
{
    /// <summary>Most pixels of a picture where nothing else is said: 100 million.</summary>
    public const long MaxPixels = 100_000_000;

    /// <summary>Decodes a picture.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="name">The file's name in messages.</param>
    /// <param name="maxPixels">Most pixels it may have; 1 to 500 million.</param>
    /// <returns>Grey or color, upright.</returns>
    /// <exception cref="GraftInputException">The file is damaged, hostile, too large or of an unknown kind.</exception>
    public static Picture Decode(ReadOnlyMemory<byte> file, string name, long maxPixels = MaxPixels) => IsPng(file.Span)
        ? new PngDecoder(file, name, Bounded(maxPixels)).Decode()
        : IsJpeg(file.Span) ? new JpegDecoder(file, name, Bounded(maxPixels)).Decode() : throw Unknown(file.Span, name);

    /// <summary>Reads only as far as the picture's size; the pixels may still turn out to be damaged.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="name">The file's name in messages.</param>
    /// <param name="maxPixels">Most pixels it may have; 1 to 500 million.</param>
    /// <exception cref="GraftInputException">The file is damaged up to there, too large or of an unknown kind.</exception>
    public static PictureSize Size(ReadOnlyMemory<byte> file, string name, long maxPixels = MaxPixels) => IsPng(file.Span)
        ? new PngDecoder(file, name, Bounded(maxPixels)).Size()
        : IsJpeg(file.Span) ? new JpegDecoder(file, name, Bounded(maxPixels)).Size() : throw Unknown(file.Span, name);

    private static long Bounded(long maxPixels) => Check.Within(1, 500_000_000, maxPixels);

    private static bool IsPng(ReadOnlySpan<byte> file) => file.StartsWith(PngDecoder.Signature);

    private static bool IsJpeg(ReadOnlySpan<byte> file) => file is [0xFF, 0xD8, ..];

    private static GraftInputException Unknown(ReadOnlySpan<byte> file, string name) => new(
        name,
        $"expected a PNG or JPEG picture, got {(file.IsEmpty ? "an empty file" : "a file that begins with " + Convert.ToHexString(file[..Math.Min(4, file.Length)]))}.");
}
