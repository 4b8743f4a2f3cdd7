namespace Graft.Data.Pictures;

/// <summary>What the colors of a JPEG picture stand for.</summary>
internal enum JpegColors
{
    Grey,
    Rgb,
    YCbCr,
    Cmyk,
    Ycck,
}

/// <summary>Makes pixels from decoded color planes: brings them to one size and converts them.</summary>
internal static class JpegPixels
{
    /// <summary>The picture as it is stored, before it is turned upright.</summary>
    public static Picture Convert(JpegFrame frame, JpegColors model)
    {
        int width = frame.Width;
        int channels = model == JpegColors.Grey ? 1 : 3;
        var pixels = new byte[width * frame.Height * channels];
        int mostAcross = frame.Components.Max(c => c.Across);
        int mostDown = frame.Components.Max(c => c.Down);
        byte[][] rows = [.. frame.Components.Select(c => new byte[c.Width * (mostAcross / c.Across)])];
        for (int y = 0; y < frame.Height; y++)
        {
            for (int c = 0; c < rows.Length; c++)
            {
                JpegUpsampling.Row(frame.Components[c], y, mostAcross / frame.Components[c].Across, mostDown / frame.Components[c].Down, rows[c]);
            }

            Span<byte> row = pixels.AsSpan(y * width * channels, width * channels);
            switch (model)
            {
                case JpegColors.Grey:
                    rows[0].AsSpan(0, width).CopyTo(row);
                    break;
                case JpegColors.Rgb:
                    for (int x = 0; x < width; x++)
                    {
                        (row[3 * x], row[(3 * x) + 1], row[(3 * x) + 2]) = (rows[0][x], rows[1][x], rows[2][x]);
                    }

                    break;
                case JpegColors.YCbCr:
                    FromYCbCr(rows[0], rows[1], rows[2], row);
                    break;
                default:
                    if (model == JpegColors.Ycck)
                    {
                        FromYCbCr(rows[0], rows[1], rows[2], row);
                    }

                    FromCmyk(rows, row, model == JpegColors.Ycck);
                    break;
            }
        }

        return new Picture(width, frame.Height, channels, pixels);
    }

    // JFIF: R = Y + 1.402 Cr, G = Y - 0.344136 Cb - 0.714136 Cr, B = Y + 1.772 Cb, with 16 bits behind the point.
    private static void FromYCbCr(ReadOnlySpan<byte> luma, ReadOnlySpan<byte> blue, ReadOnlySpan<byte> red, Span<byte> row)
    {
        const int half = 1 << 15;
        int width = row.Length / 3;
        luma = luma[..width];
        blue = blue[..width];
        red = red[..width];
        for (int x = 0; x < width; x++)
        {
            int y = luma[x];
            int cb = blue[x] - 128;
            int cr = red[x] - 128;
            Span<byte> pixel = row.Slice(3 * x, 3);
            pixel[0] = (byte)Math.Clamp(y + (((91881 * cr) + half) >> 16), 0, 255);
            pixel[1] = (byte)Math.Clamp(y + (((-22554 * cb) - (46802 * cr) + half) >> 16), 0, 255);
            pixel[2] = (byte)Math.Clamp(y + (((116130 * cb) + half) >> 16), 0, 255);
        }
    }

    // Files store 255 less the ink, as Adobe's programs do. YCCK is the same after its first three colors went through YCbCr, which left inks in the row.
    private static void FromCmyk(byte[][] rows, Span<byte> row, bool isInk)
    {
        for (int x = 0; x < row.Length / 3; x++)
        {
            int light = rows[3][x];
            for (int c = 0; c < 3; c++)
            {
                int ink = isInk ? row[(3 * x) + c] : 255 - rows[c][x];
                int taken = (ink * light) + 128;
                row[(3 * x) + c] = (byte)(light - (((taken >> 8) + taken) >> 8));
            }
        }
    }
}
