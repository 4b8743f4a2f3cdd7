using Graft.Data.Pictures;

namespace Graft.Data.Encoders;

/// <summary>Brings pictures to one size and number of channels.</summary>
internal static class PictureResampler
{
    /// <summary>The picture with a number of channels, brought to a size as <see cref="PictureScaling.Bilinear(Picture, int, int)"/> does.</summary>
    /// <param name="picture">Any size.</param>
    /// <param name="width">Pixels across of the result.</param>
    /// <param name="height">Pixels down of the result.</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="crop">Share of the scaled picture that its middle keeps: the sides stay in proportion and what is over is cut off. 0: the whole picture, its sides stretched.</param>
    public static Picture Resample(Picture picture, int width, int height, int channels, double crop = 0)
    {
        picture = channels == 1 ? PictureShape.Grey(picture) : PictureShape.Color(picture);
        if (crop == 0)
        {
            return picture.Width == width && picture.Height == height ? picture : PictureScaling.Bilinear(picture, width, height);
        }

        double scale = Math.Max(width / crop / picture.Width, height / crop / picture.Height);
        int across = Math.Max(width, (int)Math.Round(picture.Width * scale)), down = Math.Max(height, (int)Math.Round(picture.Height * scale));
        return Middle(PictureScaling.Bilinear(picture, Math.Min(across, PictureSize.MaxSide), Math.Min(down, PictureSize.MaxSide)), width, height);
    }

    private static Picture Middle(Picture picture, int width, int height)
    {
        int left = (picture.Width - width) / 2, top = (picture.Height - height) / 2, row = width * picture.Channels;
        var pixels = new byte[height * row];
        for (int y = 0; y < height; y++)
        {
            picture.Pixels.AsSpan((((top + y) * picture.Width) + left) * picture.Channels, row).CopyTo(pixels.AsSpan(y * row));
        }

        return new Picture(width, height, picture.Channels, pixels);
    }
}
