using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Graft.Tensors;

namespace Graft.Data.Pictures;

/// <summary>Brings pictures to another size.</summary>
public static class PictureScaling
{
    private const int PointBits = 22;
    private const int MaxSide = PictureSize.MaxSide;

    /// <summary>Scales with a triangle filter that is as wide as a new pixel when the picture becomes smaller, so that nothing is skipped.</summary>
    /// <remarks>Whole numbers with 22 bits behind the point, first across, then down: the pixels that Pillow's BILINEAR gives.</remarks>
    /// <param name="picture">What to scale.</param>
    /// <param name="width">Pixels across of the result; 1 to 65,535.</param>
    /// <param name="height">Pixels down of the result; 1 to 65,535.</param>
    public static Picture Bilinear(Picture picture, int width, int height)
    {
        _ = Check.Within(1, MaxSide, width);
        _ = Check.Within(1, MaxSide, height);
        byte[] pixels = GC.AllocateUninitializedArray<byte>(checked(width * height * picture.Channels));
        Bilinear(picture, width, height, pixels);
        return new Picture(width, height, picture.Channels, pixels);
    }

    /// <summary>The same into memory that is there.</summary>
    /// <param name="picture">What to scale.</param>
    /// <param name="width">Pixels across of the result.</param>
    /// <param name="height">Pixels down of the result.</param>
    /// <param name="pixels">Gets them: width x height x channels.</param>
    internal static void Bilinear(Picture picture, int width, int height, Span<byte> pixels)
    {
        int channels = picture.Channels;
        if (height == picture.Height)
        {
            if (width == picture.Width)
            {
                picture.Pixels.CopyTo(pixels);
                return;
            }

            Across(picture.Pixels, picture.Width, height, channels, new Taps(picture.Width, width), pixels);
        }
        else if (width == picture.Width)
        {
            Down(picture.Pixels, width * channels, new Taps(picture.Height, height), pixels);
        }
        else
        {
            int length = checked(width * picture.Height * channels);
            byte[] between = ArrayPool<byte>.Shared.Rent(length);
            Across(picture.Pixels, picture.Width, picture.Height, channels, new Taps(picture.Width, width), between.AsSpan(0, length));
            Down(between.AsSpan(0, length), width * channels, new Taps(picture.Height, height), pixels);
            ArrayPool<byte>.Shared.Return(between);
        }
    }

    /// <summary>Takes the nearest pixel, the one that lies under the middle of each new one.</summary>
    /// <param name="picture">What to scale.</param>
    /// <param name="width">Pixels across of the result; 1 to 65,535.</param>
    /// <param name="height">Pixels down of the result; 1 to 65,535.</param>
    public static Picture Nearest(Picture picture, int width, int height)
    {
        _ = Check.Within(1, MaxSide, width);
        _ = Check.Within(1, MaxSide, height);
        int channels = picture.Channels;
        var pixels = new byte[width * height * channels];
        for (int y = 0; y < height; y++)
        {
            int fromY = (int)(((2L * y) + 1) * picture.Height / (2L * height));
            for (int x = 0; x < width; x++)
            {
                int fromX = (int)(((2L * x) + 1) * picture.Width / (2L * width));
                picture.Pixels.AsSpan(((fromY * picture.Width) + fromX) * channels, channels).CopyTo(pixels.AsSpan(((y * width) + x) * channels));
            }
        }

        return new Picture(width, height, channels, pixels);
    }

    private static void Across(ReadOnlySpan<byte> pixels, int width, int height, int channels, Taps taps, Span<byte> scaled)
    {
        int newWidth = taps.First.Length;
        if (channels != 3)
        {
            for (int y = 0; y < height; y++)
            {
                Grey(pixels.Slice(y * width, width), taps, scaled.Slice(y * newWidth, newWidth));
            }

            return;
        }

        // Two rows at once: red, green and blue of one, and of the other, in one register a pixel.
        Vector256<int>[] rented = ArrayPool<Vector256<int>>.Shared.Rent(width);
        for (int y = 0; y < height; y += 2)
        {
            int other = Math.Min(y + 1, height - 1);
            Spread(pixels.Slice(3 * y * width, 3 * width), pixels.Slice(3 * other * width, 3 * width), rented.AsSpan(0, width));
            Color(rented.AsSpan(0, width), taps, scaled.Slice(3 * y * newWidth, 3 * newWidth), scaled.Slice(3 * other * newWidth, 3 * newWidth));
        }

        ArrayPool<Vector256<int>>.Shared.Return(rented);
    }

    private static void Grey(ReadOnlySpan<byte> row, Taps taps, Span<byte> newRow)
    {
        for (int x = 0; x < newRow.Length; x++)
        {
            ReadOnlySpan<int> weights = taps.Weights(x);
            ReadOnlySpan<byte> under = row.Slice(taps.First[x], weights.Length);
            int sum = 1 << (PointBits - 1);
            for (int i = 0; i < weights.Length; i++)
            {
                sum += weights[i] * under[i];
            }

            newRow[x] = Rounded(sum);
        }
    }

    private static void Spread(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<Vector256<int>> pixels)
    {
        int last = pixels.Length - 1;
        for (int x = 0; x < last; x++)
        {
            pixels[x] = Vector256.Create(Lanes(MemoryMarshal.Read<uint>(first[(3 * x)..])), Lanes(MemoryMarshal.Read<uint>(second[(3 * x)..])));
        }

        pixels[last] = Vector256.Create(first[3 * last], first[(3 * last) + 1], first[(3 * last) + 2], 0, second[3 * last], second[(3 * last) + 1], second[(3 * last) + 2], 0);
    }

    private static Vector128<int> Lanes(uint four) => Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalar(four).AsByte())).AsInt32();

    private static void Color(ReadOnlySpan<Vector256<int>> pixels, Taps taps, Span<byte> first, Span<byte> second)
    {
        Vector256<int> half = Vector256.Create(1 << (PointBits - 1)), most = Vector256.Create(255);
        for (int x = 0, at = 0; at <= first.Length - 3; x++, at += 3)
        {
            ReadOnlySpan<int> weights = taps.Weights(x);
            ReadOnlySpan<Vector256<int>> under = pixels.Slice(taps.First[x], weights.Length);
            Vector256<int> sums = half;
            for (int i = 0; i < weights.Length; i++)
            {
                sums += under[i] * weights[i];
            }

            sums = Vector256.Min(Vector256.Max(sums >> PointBits, Vector256<int>.Zero), most);
            (first[at], first[at + 1], first[at + 2]) = ((byte)sums[0], (byte)sums[1], (byte)sums[2]);
            (second[at], second[at + 1], second[at + 2]) = ((byte)sums[4], (byte)sums[5], (byte)sums[6]);
        }
    }

    private static void Down(ReadOnlySpan<byte> pixels, int rowLength, Taps taps, Span<byte> scaled)
    {
        int newHeight = taps.First.Length;
        for (int y = 0; y < newHeight; y++)
        {
            ReadOnlySpan<int> weights = taps.Weights(y);
            ReadOnlySpan<byte> rows = pixels.Slice(taps.First[y] * rowLength, weights.Length * rowLength);
            Span<byte> newRow = scaled.Slice(y * rowLength, rowLength);
            int x = 0;
            for (; x <= rowLength - 16; x += 16)
            {
                Sixteen(rows[x..], rowLength, weights).CopyTo(newRow[x..]);
            }

            for (; x < rowLength; x++)
            {
                int sum = 1 << (PointBits - 1);
                for (int i = 0; i < weights.Length; i++)
                {
                    sum += weights[i] * rows[(i * rowLength) + x];
                }

                newRow[x] = Rounded(sum);
            }
        }
    }

    // Sixteen samples of one new row: their sums stay in registers.
    private static Vector128<byte> Sixteen(ReadOnlySpan<byte> column, int rowLength, ReadOnlySpan<int> weights)
    {
        Vector256<int> low = Vector256.Create(1 << (PointBits - 1)), high = low;
        for (int i = 0; i < weights.Length; i++)
        {
            Vector256<ushort> samples = Vector256.WidenLower(Vector128.Create(column.Slice(i * rowLength, 16)).ToVector256Unsafe());
            low += Vector256.WidenLower(samples).AsInt32() * weights[i];
            high += Vector256.WidenUpper(samples).AsInt32() * weights[i];
        }

        Vector256<int> most = Vector256.Create(255);
        low = Vector256.Clamp(low >> PointBits, Vector256<int>.Zero, most);
        high = Vector256.Clamp(high >> PointBits, Vector256<int>.Zero, most);
        return Vector256.Narrow(Vector256.Narrow(low, high), Vector256<short>.Zero).AsByte().GetLower();
    }

    private static byte Rounded(int sum) => (byte)Math.Clamp(sum >> PointBits, 0, 255);

    /// <summary>Which old pixels go into each new one, and with what weights; the weights of one sum up to about 1 &lt;&lt; 22.</summary>
    private sealed class Taps
    {
        private readonly int[] _weights;
        private readonly int[] _counts;
        private readonly int _most;

        public Taps(int oldLength, int newLength)
        {
            double scale = (double)oldLength / newLength;
            double reach = Math.Max(scale, 1);
            _most = (2 * (int)Math.Ceiling(reach)) + 1;
            _weights = new int[newLength * _most];
            _counts = new int[newLength];
            First = new int[newLength];
            var exact = new double[_most];
            for (int x = 0; x < newLength; x++)
            {
                double center = (x + 0.5) * scale;
                int first = Math.Max((int)(center - reach + 0.5), 0);
                int count = Math.Min((int)(center + reach + 0.5), oldLength) - first;
                double sum = 0;
                for (int i = 0; i < count; i++)
                {
                    exact[i] = Math.Max(0, 1 - Math.Abs((i + first - center + 0.5) * (1 / reach)));
                    sum += exact[i];
                }

                for (int i = 0; i < count; i++)
                {
                    _weights[(x * _most) + i] = (int)((exact[i] * (1 / sum) * (1 << PointBits)) + 0.5);
                }

                First[x] = first;
                _counts[x] = count;
            }
        }

        /// <summary>By new pixel: the first old one that goes into it.</summary>
        public int[] First { get; }

        public ReadOnlySpan<int> Weights(int x) => _weights.AsSpan(x * _most, _counts[x]);
    }
}
