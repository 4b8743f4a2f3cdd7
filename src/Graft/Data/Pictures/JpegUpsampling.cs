using System.Buffers;
using System.Runtime.Intrinsics;

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

    // Both at once: first down, exactly, then across.
    private static void AcrossAndDown(ReadOnlySpan<byte> near, ReadOnlySpan<byte> next, Span<byte> row)
    {
        int length = near.Length, last = length - 1;
        ushort[] rented = ArrayPool<ushort>.Shared.Rent(length);
        Span<ushort> between = rented.AsSpan(0, length);
        next = next[..length];
        int x = 0;
        for (; x <= length - 16; x += 16)
        {
            (Vector256<ushort> a, Vector256<ushort> b) = (Wide(near.Slice(x, 16)), Wide(next.Slice(x, 16)));
            ((a * 3) + b).CopyTo(between[x..]);
        }

        for (; x < length; x++)
        {
            between[x] = (ushort)((3 * near[x]) + next[x]);
        }

        row[0] = (byte)(((4 * between[0]) + 8) >> 4);
        row[1] = (byte)(((3 * between[0]) + between[1] + 7) >> 4);

        // The left sample is the lower byte of a pair, the right one the upper.
        x = 1;
        for (; BitConverter.IsLittleEndian && x <= last - 16; x += 16)
        {
            Vector256<ushort> before = Vector256.Create(between.Slice(x - 1, 16)), middle = Vector256.Create(between.Slice(x, 16)) * 3, after = Vector256.Create(between.Slice(x + 1, 16));
            Vector256<ushort> left = (middle + before + Vector256.Create((ushort)8)) >> 4, right = (middle + after + Vector256.Create((ushort)7)) >> 4;
            (left | (right << 8)).AsByte().CopyTo(row[(2 * x)..]);
        }

        for (; x < last; x++)
        {
            row[2 * x] = (byte)(((3 * between[x]) + between[x - 1] + 8) >> 4);
            row[(2 * x) + 1] = (byte)(((3 * between[x]) + between[x + 1] + 7) >> 4);
        }

        row[2 * last] = (byte)(((3 * between[last]) + between[last - 1] + 8) >> 4);
        row[(2 * last) + 1] = (byte)(((4 * between[last]) + 7) >> 4);
        ArrayPool<ushort>.Shared.Return(rented);
    }

    private static Vector256<ushort> Wide(ReadOnlySpan<byte> samples)
    {
        Vector128<byte> bytes = Vector128.Create(samples);
        return Vector256.Create(Vector128.WidenLower(bytes), Vector128.WidenUpper(bytes));
    }
}
