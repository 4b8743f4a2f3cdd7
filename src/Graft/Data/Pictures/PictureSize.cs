namespace Graft.Data.Pictures;

/// <summary>What a picture's header says of it.</summary>
/// <param name="Width">Pixels across, once turned upright; at least 1.</param>
/// <param name="Height">Pixels down, once turned upright; at least 1.</param>
/// <param name="Channels">1 (grey) or 3 (color).</param>
public readonly record struct PictureSize(int Width, int Height, int Channels)
{
    /// <summary>Longest side of a picture that is decoded.</summary>
    public const int MaxSide = 65_535;

    /// <summary>Number of pixels.</summary>
    public long Pixels => (long)Width * Height;
}
