namespace Graft.Data;

/// <summary>A decoded picture: 8 bits a channel, channels last.</summary>
/// <param name="Width">Pixels across; at least 1.</param>
/// <param name="Height">Pixels down; at least 1.</param>
/// <param name="Channels">1 (grey) or 3 (red, green, blue).</param>
/// <param name="Pixels">Row by row from the top, channels last: length Height x Width x Channels, 0..255.</param>
public sealed record Picture(int Width, int Height, int Channels, byte[] Pixels);
