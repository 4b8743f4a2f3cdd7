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
        byte[] pixels = picture.Pixels;
        int channels = picture.Channels;
        if (width != picture.Width)
        {
            pixels = Across(pixels, picture.Width, picture.Height, channels, new Taps(picture.Width, width));
        }

        if (height != picture.Height)
        {
            pixels = Down(pixels, width * channels, new Taps(picture.Height, height));
        }

        return new Picture(width, height, channels, pixels);
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

    private static byte[] Across(byte[] pixels, int width, int height, int channels, Taps taps)
    {
        int newWidth = taps.First.Length;
        var scaled = new byte[newWidth * height * channels];
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<byte> row = pixels.AsSpan(y * width * channels, width * channels);
            Span<byte> newRow = scaled.AsSpan(y * newWidth * channels, newWidth * channels);
            for (int x = 0; x < newWidth; x++)
            {
                ReadOnlySpan<int> weights = taps.Weights(x);
                ReadOnlySpan<byte> under = row.Slice(taps.First[x] * channels, weights.Length * channels);
                if (channels == 3)
                {
                    int r = 1 << (PointBits - 1);
                    int g = r;
                    int b = r;
                    for (int i = 0, at = 0; i < weights.Length; i++, at += 3)
                    {
                        int weight = weights[i];
                        r += weight * under[at];
                        g += weight * under[at + 1];
                        b += weight * under[at + 2];
                    }

                    newRow[3 * x] = Rounded(r);
                    newRow[(3 * x) + 1] = Rounded(g);
                    newRow[(3 * x) + 2] = Rounded(b);
                }
                else
                {
                    int sum = 1 << (PointBits - 1);
                    for (int i = 0; i < weights.Length; i++)
                    {
                        sum += weights[i] * under[i];
                    }

                    newRow[x] = Rounded(sum);
                }
            }
        }

        return scaled;
    }

    private static byte[] Down(byte[] pixels, int rowLength, Taps taps)
    {
        int newHeight = taps.First.Length;
        var scaled = new byte[rowLength * newHeight];
        var sums = new int[rowLength];
        for (int y = 0; y < newHeight; y++)
        {
            ReadOnlySpan<int> weights = taps.Weights(y);
            sums.AsSpan().Fill(1 << (PointBits - 1));
            for (int i = 0; i < weights.Length; i++)
            {
                AddWeighted(pixels.AsSpan((taps.First[y] + i) * rowLength, rowLength), weights[i], sums);
            }

            Span<byte> newRow = scaled.AsSpan(y * rowLength, rowLength);
            for (int x = 0; x < newRow.Length; x++)
            {
                newRow[x] = Rounded(sums[x]);
            }
        }

        return scaled;
    }

    private static void AddWeighted(ReadOnlySpan<byte> row, int weight, Span<int> sums)
    {
        sums = sums[..row.Length];
        for (int x = 0; x < row.Length; x++)
        {
            sums[x] += weight * row[x];
        }
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
