namespace Graft.Data.Pictures;

/// <summary>Cuts, mirrors and converts pictures.</summary>
public static class PictureShape
{
    /// <summary>The part of the picture that begins at a place; what lies outside the picture is black.</summary>
    /// <param name="picture">What to cut.</param>
    /// <param name="left">The first column; may be negative.</param>
    /// <param name="top">The first row; may be negative.</param>
    /// <param name="width">Pixels across of the result; at least 1.</param>
    /// <param name="height">Pixels down of the result; at least 1.</param>
    public static Picture Crop(Picture picture, int left, int top, int width, int height)
    {
        int channels = picture.Channels;
        var pixels = new byte[width * height * channels];
        int firstX = Math.Max(left, 0);
        int endX = Math.Min(left + width, picture.Width);
        for (int y = Math.Max(top, 0); y < Math.Min(top + height, picture.Height) && firstX < endX; y++)
        {
            picture.Pixels.AsSpan(((y * picture.Width) + firstX) * channels, (endX - firstX) * channels)
                .CopyTo(pixels.AsSpan((((y - top) * width) + firstX - left) * channels));
        }

        return new Picture(width, height, channels, pixels);
    }

    /// <summary>The picture with left and right swapped.</summary>
    public static Picture Mirror(Picture picture)
    {
        int channels = picture.Channels;
        var pixels = new byte[picture.Pixels.Length];
        for (int y = 0; y < picture.Height; y++)
        {
            int row = y * picture.Width;
            for (int x = 0; x < picture.Width; x++)
            {
                picture.Pixels.AsSpan((row + x) * channels, channels).CopyTo(pixels.AsSpan((row + picture.Width - 1 - x) * channels));
            }
        }

        return picture with { Pixels = pixels };
    }

    /// <summary>The picture in grey: 0.299 red + 0.587 green + 0.114 blue, with 16 bits behind the point.</summary>
    public static Picture Grey(Picture picture)
    {
        if (picture.Channels == 1)
        {
            return picture;
        }

        var pixels = new byte[picture.Width * picture.Height];
        for (int i = 0; i < pixels.Length; i++)
        {
            ReadOnlySpan<byte> pixel = picture.Pixels.AsSpan(3 * i, 3);
            pixels[i] = (byte)(((19595 * pixel[0]) + (38470 * pixel[1]) + (7471 * pixel[2]) + (1 << 15)) >> 16);
        }

        return new Picture(picture.Width, picture.Height, 1, pixels);
    }

    /// <summary>The picture in color: a grey one with three equal channels.</summary>
    public static Picture Color(Picture picture)
    {
        if (picture.Channels == 3)
        {
            return picture;
        }

        var pixels = new byte[3 * picture.Pixels.Length];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = picture.Pixels[i / 3];
        }

        return new Picture(picture.Width, picture.Height, 3, pixels);
    }
}
