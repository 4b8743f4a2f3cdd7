namespace Graft.Data.Pictures;

/// <summary>One color plane of a JPEG picture while it is decoded.</summary>
internal sealed class JpegComponent(int id, int across, int down, int table)
{
    /// <summary>The number that scans call it by.</summary>
    public int Id => id;

    /// <summary>Blocks across in a unit of several components (MCU): 1 to 4.</summary>
    public int Across => across;

    /// <summary>Blocks down in a unit of several components (MCU): 1 to 4.</summary>
    public int Down => down;

    /// <summary>Which quantization table it uses: 0 to 3.</summary>
    public int Table => table;

    /// <summary>Samples across that belong to the picture.</summary>
    public int Width { get; private set; }

    /// <summary>Samples down that belong to the picture.</summary>
    public int Height { get; private set; }

    /// <summary>Blocks across that hold samples of the picture.</summary>
    public int OwnBlocksAcross => (Width + 7) / 8;

    /// <summary>Blocks down that hold samples of the picture.</summary>
    public int OwnBlocksDown => (Height + 7) / 8;

    /// <summary>Blocks across with those that fill the last unit.</summary>
    public int BlocksAcross { get; private set; }

    /// <summary>Blocks down with those that fill the last unit.</summary>
    public int BlocksDown { get; private set; }

    /// <summary>Bytes from one row of <see cref="Samples"/> to the next.</summary>
    public int Stride => 8 * BlocksAcross;

    /// <summary>The decoded plane, 8 BlocksDown rows.</summary>
    public byte[] Samples { get; set; } = [];

    /// <summary>Progressive pictures: 64 coefficients a block in natural order.</summary>
    public short[] Coefficients { get; set; } = [];

    /// <summary>Progressive pictures: the bit down to which each coefficient is known; -1 for not at all.</summary>
    public int[] KnownBit { get; } = [.. Enumerable.Repeat(-1, 64)];

    /// <summary>Whether a scan held its mean values.</summary>
    public bool IsSeen { get; set; }

    /// <summary>The last mean value of the running scan.</summary>
    public int Mean { get; set; }

    /// <summary>The running scan's tables.</summary>
    public JpegHuffman? MeanCodes { get; set; }

    /// <summary>The running scan's tables.</summary>
    public JpegHuffman? DetailCodes { get; set; }

    /// <summary>Sets the sizes, once the picture's are known.</summary>
    public void Size(int width, int height, int mostAcross, int mostDown)
    {
        Width = ((width * across) + mostAcross - 1) / mostAcross;
        Height = ((height * down) + mostDown - 1) / mostDown;
        BlocksAcross = (width + (8 * mostAcross) - 1) / (8 * mostAcross) * across;
        BlocksDown = (height + (8 * mostDown) - 1) / (8 * mostDown) * down;
    }

    /// <summary>One row of the decoded plane.</summary>
    /// <param name="y">May lie outside: the first or last row of the picture then.</param>
    public ReadOnlySpan<byte> Row(int y) => Samples.AsSpan(Math.Clamp(y, 0, Height - 1) * Stride, Width);
}
