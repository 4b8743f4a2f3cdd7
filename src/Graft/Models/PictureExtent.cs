using Graft.Data.Encoders;

namespace Graft.Models;

/// <summary>Rows, columns and channels of a picture between two layers.</summary>
internal readonly record struct PictureExtent(int Height, int Width, int Channels)
{
    /// <summary>As the shape of a block's output.</summary>
    public InputShape Shape => new(InputKind.Picture, [Height, Width, Channels]);

    /// <summary>What a window leaves that moves over the picture.</summary>
    /// <param name="kernel">Size of the window; at least 1.</param>
    /// <param name="stride">Distance between its places; at least 1.</param>
    /// <param name="padding">Rows and columns around the picture.</param>
    /// <param name="ceil">Whether a last window over the edge counts.</param>
    public PictureExtent After(int kernel, int stride = 1, int padding = 0, bool ceil = false) =>
        this with { Height = Count(Height, kernel, stride, padding, ceil), Width = Count(Width, kernel, stride, padding, ceil) };

    private static int Count(int size, int kernel, int stride, int padding, bool ceil)
    {
        int room = size + (2 * padding) - kernel;
        int count = (room + (ceil ? stride - 1 : 0)) / stride + 1;

        // A window that begins behind the picture and its first margin does not count.
        return ceil && (count - 1) * stride >= size + padding ? count - 1 : count;
    }
}
