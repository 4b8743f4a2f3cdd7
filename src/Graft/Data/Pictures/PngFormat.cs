namespace Graft.Data.Pictures;

/// <summary>One of the pictures that a PNG file stores one after the other: the only one, or a seventh of an interlaced one.</summary>
internal readonly record struct PngPass(int StartX, int StartY, int StepX, int StepY, int Width, int Height);

/// <summary>A PNG file's header.</summary>
internal sealed class PngFormat
{
    private static readonly (int StartX, int StartY, int StepX, int StepY)[] Adam7 =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    private readonly bool _isInterlaced;

    private PngFormat(int width, int height, int depth, int colorType, bool isInterlaced)
    {
        Width = width;
        Height = height;
        Depth = depth;
        ColorType = colorType;
        _isInterlaced = isInterlaced;
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>Bits a sample: 1, 2, 4, 8 or 16.</summary>
    public int Depth { get; }

    /// <summary>0 grey, 2 color, 3 palette, 4 grey with opacity, 6 color with opacity.</summary>
    public int ColorType { get; }

    /// <summary>Channels of the decoded picture.</summary>
    public int OutChannels => ColorType is 0 or 4 ? 1 : 3;

    /// <summary>Bytes a pixel, at least 1: how far to the left the row filters look.</summary>
    public int PixelLength => Math.Max(1, Depth * Samples / 8);

    /// <summary>Bytes of all passes before packing.</summary>
    public long UnpackedLength => Passes().Sum(p => (RowLength(p.Width) + 1) * p.Height);

    private int Samples => ColorType switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };

    /// <exception cref="GraftInputException">The header is not one that PNG allows, or announces too many pixels.</exception>
    public static PngFormat Read(ByteReader reader, long maxPixels)
    {
        uint width = reader.U32("a width");
        uint height = reader.U32("a height");
        if (width is 0 or > PictureSize.MaxSide || height is 0 or > PictureSize.MaxSide || (long)width * height > maxPixels)
        {
            throw reader.Error($"expected a picture of 1 to {maxPixels} pixels, sides up to {PictureSize.MaxSide}, got {width} x {height}");
        }

        int depth = reader.U8("a depth");
        int colorType = reader.U8("a color type");
        bool isAllowed = colorType switch
        {
            0 => depth is 1 or 2 or 4 or 8 or 16,
            3 => depth is 1 or 2 or 4 or 8,
            2 or 4 or 6 => depth is 8 or 16,
            _ => false,
        };
        int packing = reader.U8("a packing method");
        int filter = reader.U8("a filter method");
        int interlacing = reader.U8("an interlace method");
        return isAllowed && packing == 0 && filter == 0 && interlacing <= 1
            ? new PngFormat((int)width, (int)height, depth, colorType, interlacing == 1)
            : throw reader.Error($"expected a color type, depth and methods that PNG defines, got color type {colorType}, depth {depth}, methods {packing}, {filter}, {interlacing}");
    }

    /// <summary>Bytes of a row of so many pixels, without its filter byte.</summary>
    public long RowLength(int width) => (((long)width * Depth * Samples) + 7) / 8;

    /// <summary>The pictures in the file, those without pixels left out.</summary>
    public IEnumerable<PngPass> Passes()
    {
        if (!_isInterlaced)
        {
            yield return new PngPass(0, 0, 1, 1, Width, Height);
            yield break;
        }

        foreach ((int startX, int startY, int stepX, int stepY) in Adam7)
        {
            int width = (Width - startX + stepX - 1) / stepX;
            int height = (Height - startY + stepY - 1) / stepY;
            if (width > 0 && height > 0)
            {
                yield return new PngPass(startX, startY, stepX, stepY, width, height);
            }
        }
    }
}
