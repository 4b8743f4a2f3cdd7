using System.Buffers.Binary;

namespace Graft.Data.Pictures;

/// <summary>How a camera was held: the orientation in a JPEG file's EXIF data, 1 (upright) to 8.</summary>
internal static class JpegOrientation
{
    private const int Tag = 0x0112;
    private const int ShortType = 3;

    /// <summary>Finds the orientation in a marker's data; null where there is none or the data is no EXIF data.</summary>
    public static int? Find(ReadOnlySpan<byte> data)
    {
        if (!data.StartsWith("Exif\0\0"u8) || data.Length < 14)
        {
            return null;
        }

        ReadOnlySpan<byte> tiff = data[6..];
        bool isBig = tiff[0] == 'M';
        long directory = isBig ? BinaryPrimitives.ReadUInt32BigEndian(tiff[4..]) : BinaryPrimitives.ReadUInt32LittleEndian(tiff[4..]);
        if (directory + 2 > tiff.Length)
        {
            return null;
        }

        int entries = U16(tiff[(int)directory..], isBig);
        for (int i = 0; i < entries; i++)
        {
            long at = directory + 2 + (12L * i);
            if (at + 12 > tiff.Length)
            {
                return null;
            }

            ReadOnlySpan<byte> entry = tiff.Slice((int)at, 12);
            if (U16(entry, isBig) == Tag)
            {
                int value = U16(entry[8..], isBig);
                return U16(entry[2..], isBig) == ShortType && value is >= 1 and <= 8 ? value : null;
            }
        }

        return null;
    }

    /// <summary>Turns and mirrors the picture so that it is upright.</summary>
    /// <param name="picture">As stored.</param>
    /// <param name="orientation">1 to 8.</param>
    public static Picture Upright(Picture picture, int orientation)
    {
        if (orientation == 1)
        {
            return picture;
        }

        (int width, int height) = orientation >= 5 ? (picture.Height, picture.Width) : (picture.Width, picture.Height);
        int right = picture.Width - 1;
        int bottom = picture.Height - 1;
        int channels = picture.Channels;
        var pixels = new byte[picture.Pixels.Length];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                (int fromX, int fromY) = orientation switch
                {
                    2 => (right - x, y),
                    3 => (right - x, bottom - y),
                    4 => (x, bottom - y),
                    5 => (y, x),
                    6 => (y, bottom - x),
                    7 => (right - y, bottom - x),
                    _ => (right - y, x),
                };
                picture.Pixels.AsSpan(((fromY * picture.Width) + fromX) * channels, channels).CopyTo(pixels.AsSpan(((y * width) + x) * channels));
            }
        }

        return new Picture(width, height, channels, pixels);
    }

    private static int U16(ReadOnlySpan<byte> at, bool isBig) => isBig ? BinaryPrimitives.ReadUInt16BigEndian(at) : BinaryPrimitives.ReadUInt16LittleEndian(at);
}
