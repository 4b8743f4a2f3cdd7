using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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
        byte[] pixels = GC.AllocateUninitializedArray<byte>(width * frame.Height * channels);
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
        int x = 0;
        for (; x <= width - 16; x += 16)
        {
            Sixteen(Vector128.Create(luma.Slice(x, 16)), Vector128.Create(blue.Slice(x, 16)), Vector128.Create(red.Slice(x, 16)), row.Slice(3 * x, 48));
        }

        for (; x < width; x++)
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

    // The same for sixteen pixels: three registers of one color each are dealt out to three of pixels.
    private static void Sixteen(Vector128<byte> luma, Vector128<byte> blue, Vector128<byte> red, Span<byte> pixels)
    {
        const byte N = 255;
        (Vector256<int> y0, Vector256<int> y1) = Numbers(luma, 0);
        (Vector256<int> cb0, Vector256<int> cb1) = Numbers(blue, -128);
        (Vector256<int> cr0, Vector256<int> cr1) = Numbers(red, -128);
        Vector256<int> half = Vector256.Create(1 << 15);
        Vector128<byte> r = Samples(y0 + (((cr0 * 91881) + half) >> 16), y1 + (((cr1 * 91881) + half) >> 16));
        Vector128<byte> g = Samples(y0 + (((cb0 * -22554) - (cr0 * 46802) + half) >> 16), y1 + (((cb1 * -22554) - (cr1 * 46802) + half) >> 16));
        Vector128<byte> b = Samples(y0 + (((cb0 * 116130) + half) >> 16), y1 + (((cb1 * 116130) + half) >> 16));

        (Vector128.Shuffle(r, Vector128.Create((byte)0, N, N, 1, N, N, 2, N, N, 3, N, N, 4, N, N, 5))
            | Vector128.Shuffle(g, Vector128.Create(N, 0, N, N, 1, N, N, 2, N, N, 3, N, N, 4, N, N))
            | Vector128.Shuffle(b, Vector128.Create(N, N, 0, N, N, 1, N, N, 2, N, N, 3, N, N, 4, N))).CopyTo(pixels);
        (Vector128.Shuffle(r, Vector128.Create(N, N, 6, N, N, 7, N, N, 8, N, N, 9, N, N, 10, N))
            | Vector128.Shuffle(g, Vector128.Create((byte)5, N, N, 6, N, N, 7, N, N, 8, N, N, 9, N, N, 10))
            | Vector128.Shuffle(b, Vector128.Create(N, 5, N, N, 6, N, N, 7, N, N, 8, N, N, 9, N, N))).CopyTo(pixels[16..]);
        (Vector128.Shuffle(r, Vector128.Create(N, 11, N, N, 12, N, N, 13, N, N, 14, N, N, 15, N, N))
            | Vector128.Shuffle(g, Vector128.Create(N, N, 11, N, N, 12, N, N, 13, N, N, 14, N, N, 15, N))
            | Vector128.Shuffle(b, Vector128.Create((byte)10, N, N, 11, N, N, 12, N, N, 13, N, N, 14, N, N, 15))).CopyTo(pixels[32..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<int> First, Vector256<int> Second) Numbers(Vector128<byte> samples, int offset)
    {
        Vector256<short> wide = Vector256.Create(Vector128.WidenLower(samples), Vector128.WidenUpper(samples)).AsInt16();
        Vector256<int> more = Vector256.Create(offset);
        return (Vector256.WidenLower(wide) + more, Vector256.WidenUpper(wide) + more);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Samples(Vector256<int> first, Vector256<int> second)
    {
        Vector256<int> most = Vector256.Create(255);
        first = Vector256.Min(Vector256.Max(first, Vector256<int>.Zero), most);
        second = Vector256.Min(Vector256.Max(second, Vector256<int>.Zero), most);
        Vector256<ushort> both = Vector256.Narrow(first, second).AsUInt16();
        return Vector128.Narrow(both.GetLower(), both.GetUpper());
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
