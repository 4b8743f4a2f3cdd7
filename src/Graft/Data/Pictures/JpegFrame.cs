using System.Buffers;

namespace Graft.Data.Pictures;

/// <summary>A JPEG picture's frame: its size and its colors.</summary>
internal sealed class JpegFrame
{
    // A block takes at least one bit of a file.
    private const int MostBlocksPerByte = 8;

    private readonly int _mostAcross;
    private readonly int _mostDown;

    private JpegFrame(int width, int height, bool isProgressive, JpegComponent[] components)
    {
        Width = width;
        Height = height;
        IsProgressive = isProgressive;
        Components = components;
        _mostAcross = components.Max(c => c.Across);
        _mostDown = components.Max(c => c.Down);
        foreach (JpegComponent component in components)
        {
            component.Size(width, height, _mostAcross, _mostDown);
        }
    }

    public int Width { get; }

    public int Height { get; }

    public bool IsProgressive { get; }

    public JpegComponent[] Components { get; }

    /// <summary>Units of several colors across.</summary>
    public int UnitsAcross => (Width + (8 * _mostAcross) - 1) / (8 * _mostAcross);

    /// <summary>Units of several colors down.</summary>
    public int UnitsDown => (Height + (8 * _mostDown) - 1) / (8 * _mostDown);

    /// <exception cref="GraftInputException">The frame is not one that is decoded, or announces too many pixels.</exception>
    public static JpegFrame Read(ByteReader segment, bool isProgressive, long maxPixels)
    {
        int depth = segment.U8("a frame's depth");
        int height = segment.U16("a frame's height");
        int width = segment.U16("a frame's width");
        int count = segment.U8("a frame's number of colors");
        if (depth != 8 || count is not (1 or 3 or 4))
        {
            throw segment.Error($"expected 8 bits and 1, 3 or 4 colors, got {depth} bits and {count} colors");
        }

        if (width == 0 || height == 0 || (long)width * height > maxPixels)
        {
            throw segment.Error($"expected a picture of 1 to {maxPixels} pixels, got {width} x {height}");
        }

        var components = new JpegComponent[count];
        for (int i = 0; i < count; i++)
        {
            int id = segment.U8("a color's number");
            int factors = segment.U8("a color's sampling");
            int table = segment.U8("a color's table");
            bool isFine = factors >> 4 is >= 1 and <= 4 && (factors & 15) is >= 1 and <= 4 && table <= 3 && !Array.Exists(components, c => c?.Id == id);
            components[i] = isFine ? new JpegComponent(id, factors >> 4, factors & 15, table) : throw segment.Error("expected colors with sampling factors from 1 to 4 and tables from 0 to 3, got others");
        }

        var frame = new JpegFrame(width, height, isProgressive, components);
        foreach (JpegComponent c in components)
        {
            if (frame._mostAcross % c.Across != 0 || frame._mostDown % c.Down != 0)
            {
                throw segment.Error($"expected sampling factors that divide the greatest ones, got {c.Across} x {c.Down} beside {frame._mostAcross} x {frame._mostDown}");
            }
        }

        return frame;
    }

    /// <summary>Takes the memory of all colors once.</summary>
    /// <exception cref="GraftInputException">The file is too short to hold so many blocks.</exception>
    public void Allocate(int fileLength, ByteReader reader)
    {
        long blocks = Components.Sum(c => (long)c.OwnBlocksAcross * c.OwnBlocksDown);
        if (blocks > (long)MostBlocksPerByte * fileLength)
        {
            throw reader.Error($"expected picture data for {Width} x {Height} pixels, got a file of only {fileLength} bytes");
        }

        foreach (JpegComponent c in Components)
        {
            int count = c.BlocksAcross * c.BlocksDown * 64;
            if (c.Samples.Length == 0)
            {
                c.Samples = ArrayPool<byte>.Shared.Rent(count);
            }

            if (IsProgressive && c.Coefficients.Length == 0)
            {
                c.Coefficients = ArrayPool<short>.Shared.Rent(count);
                c.Coefficients.AsSpan(0, count).Clear();
            }
        }
    }

    /// <summary>Gives the memory back.</summary>
    public void Release()
    {
        foreach (JpegComponent c in Components)
        {
            if (c.Samples.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(c.Samples);
                c.Samples = [];
            }

            if (c.Coefficients.Length > 0)
            {
                ArrayPool<short>.Shared.Return(c.Coefficients);
                c.Coefficients = [];
            }
        }
    }

    /// <summary>Sees that a scan tells something that is not known yet, bit by bit from the top, and notes it.</summary>
    /// <exception cref="GraftInputException">It does not; without this rule a file could make the decoder work without end.</exception>
    public void CheckScan(JpegComponent[] components, int first, int last, int high, int low, ByteReader segment)
    {
        int blocks = components.Sum(c => c.Across * c.Down);
        bool isMean = first == 0 && last == 0;
        bool isDetail = first > 0 && first <= last && last <= 63 && components.Length == 1;
        bool isWhole = !IsProgressive && components.All(c => !c.IsSeen);
        bool isFine = components.Length is >= 1 and <= 4
            && (components.Length == 1 || blocks <= 10)
            && (isWhole || (IsProgressive && (isMean || isDetail) && low <= 13 && (high == 0 || high == low + 1)));
        foreach (JpegComponent component in components)
        {
            isFine &= !isDetail || component.IsSeen;
            for (int k = first; k <= last && k < 64 && IsProgressive; k++)
            {
                isFine &= component.KnownBit[k] == (high == 0 ? -1 : high);
                component.KnownBit[k] = low;
            }

            component.IsSeen |= first == 0;
        }

        if (!isFine)
        {
            throw segment.Error($"expected a scan that adds to those before it, got one of {components.Length} colors, coefficients {first} to {last}, bits {high} to {low}");
        }
    }
}
