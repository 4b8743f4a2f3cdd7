namespace Graft.Data.Pictures;

/// <summary>Brings a color plane that is stored smaller back to the picture's size.</summary>
/// <remarks>
/// Halved planes are interpolated linearly: a new sample is three quarters of the nearest stored one and one quarter of the next nearest, as libjpeg does it,
/// rounding up and down in turn. Other factors, and planes at most two samples wide, repeat samples.
/// </remarks>
internal static class JpegUpsampling
{
    /// <summary>One row at full size.</summary>
    /// <param name="plane">The stored color.</param>
    /// <param name="y">The row of the picture.</param>
    /// <param name="across">How many times smaller the plane is across: 1 to 4.</param>
    /// <param name="down">How many times smaller the plane is down: 1 to 4.</param>
    /// <param name="row">Gets the samples: the plane's width times <paramref name="across"/>.</param>
    public static void Row(JpegComponent plane, int y, int across, int down, Span<byte> row)
    {
        ReadOnlySpan<byte> near = plane.Row(y / down);
        bool isLower = y % 2 == 1;
        ReadOnlySpan<byte> next = plane.Row((y / 2) + (isLower ? 1 : -1));
        switch (across, down)
        {
            case (1, 1):
                near.CopyTo(row);
                break;
            case (1, 2):
                for (int x = 0; x < row.Length; x++)
                {
                    row[x] = (byte)(((3 * near[x]) + next[x] + (isLower ? 2 : 1)) >> 2);
                }

                break;
            case (2, 1) when near.Length > 2:
                Across(near, row);
                break;
            case (2, 2) when near.Length > 2:
                AcrossAndDown(near, next, row);
                break;
            default:
                for (int x = 0; x < row.Length; x++)
                {
                    row[x] = near[x / across];
                }

                break;
        }
    }

    private static void Across(ReadOnlySpan<byte> near, Span<byte> row)
    {
        int last = near.Length - 1;
        row[0] = near[0];
        row[1] = (byte)(((3 * near[0]) + near[1] + 2) >> 2);
        for (int x = 1; x < last; x++)
        {
            int middle = 3 * near[x];
            row[2 * x] = (byte)((middle + near[x - 1] + 1) >> 2);
            row[(2 * x) + 1] = (byte)((middle + near[x + 1] + 2) >> 2);
        }

        row[2 * last] = (byte)(((3 * near[last]) + near[last - 1] + 1) >> 2);
        row[(2 * last) + 1] = near[last];
    }

    private static void AcrossAndDown(ReadOnlySpan<byte> near, ReadOnlySpan<byte> next, Span<byte> row)
    {
        int last = near.Length - 1;
        next = next[..near.Length];
        int before = (3 * near[0]) + next[0];
        int middle = before;
        row[0] = (byte)(((4 * middle) + 8) >> 4);
        for (int x = 0; x < last; x++)
        {
            int after = (3 * near[x + 1]) + next[x + 1];
            if (x > 0)
            {
                row[2 * x] = (byte)(((3 * middle) + before + 8) >> 4);
            }

            row[(2 * x) + 1] = (byte)(((3 * middle) + after + 7) >> 4);
            before = middle;
            middle = after;
        }

        row[2 * last] = (byte)(((3 * middle) + before + 8) >> 4);
        row[(2 * last) + 1] = (byte)(((4 * middle) + 7) >> 4);
    }
}
