namespace Graft.Data.Encoders;

/// <summary>Brings pictures to one size and number of channels.</summary>
internal static class PictureResampler
{
    /// <summary>The picture itself where it fits; else resampled by a triangle filter as wide as the larger of both pixels, which is bilinear where it grows.</summary>
    public static Picture Resample(Picture picture, int width, int height, int channels)
    {
        picture = Channels(picture, channels);
        if (picture.Width == width && picture.Height == height)
        {
            return picture;
        }

        Taps across = new(picture.Width, width), down = new(picture.Height, height);
        int stride = picture.Width * channels;
        var rows = new float[picture.Height * width * channels];
        for (int y = 0; y < picture.Height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                for (int c = 0; c < channels; c++)
                {
                    float sum = 0;
                    for (int k = 0; k < across.Count[x]; k++)
                    {
                        sum += across.Weight[x][k] * picture.Pixels[(y * stride) + ((across.Start[x] + k) * channels) + c];
                    }

                    rows[(((y * width) + x) * channels) + c] = sum;
                }
            }
        }

        var pixels = new byte[height * width * channels];
        int rowLength = width * channels;
        for (int y = 0; y < height; y++)
        {
            for (int i = 0; i < rowLength; i++)
            {
                float sum = 0.5f;
                for (int k = 0; k < down.Count[y]; k++)
                {
                    sum += down.Weight[y][k] * rows[((down.Start[y] + k) * rowLength) + i];
                }

                pixels[(y * rowLength) + i] = (byte)Math.Clamp(sum, 0, 255);
            }
        }

        return new Picture(width, height, channels, pixels);
    }

    private static Picture Channels(Picture picture, int channels)
    {
        if (picture.Channels == channels)
        {
            return picture;
        }

        var pixels = new byte[picture.Width * picture.Height * channels];
        for (int i = 0; i < picture.Width * picture.Height; i++)
        {
            if (channels == 1)
            {
                // ITU-R BT.601 luma, in 16-bit fixed point.
                pixels[i] = (byte)(((picture.Pixels[i * 3] * 19595) + (picture.Pixels[(i * 3) + 1] * 38470) + (picture.Pixels[(i * 3) + 2] * 7471) + 32768) >> 16);
            }
            else
            {
                pixels.AsSpan(i * 3, 3).Fill(picture.Pixels[i]);
            }
        }

        return new Picture(picture.Width, picture.Height, channels, pixels);
    }

    /// <summary>For every target pixel of one axis: where its source pixels start, and their weights.</summary>
    private sealed class Taps
    {
        public Taps(int from, int to)
        {
            (Start, Count, Weight) = (new int[to], new int[to], new float[to][]);
            double scale = (double)from / to, radius = Math.Max(1, scale);
            for (int i = 0; i < to; i++)
            {
                double center = (i + 0.5) * scale;
                int first = Math.Max(0, (int)Math.Floor(center - radius)), last = Math.Min(from - 1, (int)Math.Ceiling(center + radius));
                double[] weights = [.. Enumerable.Range(first, last - first + 1).Select(s => Math.Max(0, 1 - (Math.Abs(s + 0.5 - center) / radius)))];
                double sum = weights.Sum();
                (Start[i], Count[i], Weight[i]) = (first, weights.Length, [.. weights.Select(w => (float)(w / sum))]);
            }
        }

        public int[] Start { get; }

        public int[] Count { get; }

        public float[][] Weight { get; }
    }
}
