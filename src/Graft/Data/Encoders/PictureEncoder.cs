using System.Buffers;
using System.Globalization;
using System.Text.Json.Serialization;
using Graft.Data.Pictures;
using Graft.Tensors;

namespace Graft.Data.Encoders;

/// <summary>A picture of fixed size with a scale for every channel; other sizes are resampled, grey and color converted.</summary>
/// <remarks>A pixel p becomes (p / 255 - mean) / deviation of its channel. A missing picture becomes zeros. Statistics are taken of at most 2000 training pictures, evenly spaced.</remarks>
/// <param name="Column">The name of the column.</param>
/// <param name="Height">Pixels down, H; at least 1.</param>
/// <param name="Width">Pixels across, W; at least 1.</param>
/// <param name="Channels">1 (grey) or 3 (red, green, blue), C.</param>
/// <param name="Mean">A mean a channel, of pixels divided by 255.</param>
/// <param name="Deviation">A standard deviation a channel, of pixels divided by 255; greater than 0.</param>
/// <param name="Order">The order of the channels of color pictures; means and deviations stand in it too.</param>
/// <param name="Crop">Share of each side of a picture that its middle keeps, in (0, 1]: it is scaled in proportion and what is over is cut off. 0: the whole picture, its sides stretched.</param>
public sealed record PictureEncoder(
    string Column, int Height, int Width, int Channels, IReadOnlyList<double> Mean, IReadOnlyList<double> Deviation, PixelOrder Order = PixelOrder.Rgb, double Crop = 0)
    : ColumnEncoder(Column)
{
    private const int MostFitted = 2000, MostPixels = 1 << 24;
    private readonly float[] _table = Table(Height, Width, Channels, Mean, Deviation);

    /// <summary>Share of each side that the middle keeps, or 0.</summary>
    public double Crop { get; } = Crop is 0 or (>= 0.05 and <= 1)
        ? Crop
        : throw new ArgumentOutOfRangeException(nameof(Crop), Crop, FormattableString.Invariant($"Crop: expected 0 or a number from 0.05 to 1, got {Crop}."));

    /// <inheritdoc/>
    [JsonIgnore]
    public override InputShape Shape => new(InputKind.Picture, [Height, Width, Channels]);

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<string> FeatureNames => [];

    /// <summary>Learns size and scale.</summary>
    /// <param name="column">The training rows; at least one picture must be there.</param>
    /// <param name="scaling">How bytes become numbers; without effect where mean and deviation are given.</param>
    /// <param name="height">Pixels down; 0 for those of the first picture.</param>
    /// <param name="width">Pixels across; 0 for those of the first picture.</param>
    /// <param name="channels">1 or 3; 0 for those of the first picture.</param>
    /// <param name="mean">A mean a channel, as another data set was normalized, such as that of a pretrained model; null to learn it.</param>
    /// <param name="deviation">A standard deviation a channel; null to learn it.</param>
    /// <param name="order">The order of the channels of color pictures.</param>
    /// <param name="crop">Share of each side that the middle keeps; 0 for the whole picture.</param>
    /// <returns>Null where no row has a picture.</returns>
    public static PictureEncoder? Fit(
        PictureColumn column, PixelScaling scaling = PixelScaling.Standard, int height = 0, int width = 0, int channels = 0,
        IReadOnlyList<double>? mean = null, IReadOnlyList<double>? deviation = null, PixelOrder order = PixelOrder.Rgb, double crop = 0)
    {
        int step = Math.Max(1, (column.Count + MostFitted - 1) / MostFitted);
        bool isLearned = scaling == PixelScaling.Standard && (mean is null || deviation is null);
        int[] rows = [.. Enumerable.Range(0, (column.Count + step - 1) / step).Select(i => i * step)];
        Picture? sample = (isLearned ? rows : Enumerable.Range(0, column.Count)).Select(column.Read).OfType<Picture>().FirstOrDefault();
        if (sample is null)
        {
            return null;
        }

        channels = channels == 0 ? sample.Channels : channels;
        height = height == 0 ? sample.Height : height;
        width = width == 0 ? sample.Width : width;
        if ((mean?.Count ?? channels) != channels || (deviation?.Count ?? channels) != channels || (long)height * width > MostPixels)
        {
            throw new GraftInputException("", string.Create(
                CultureInfo.InvariantCulture,
                $"inputs: expected at most {MostPixels} pixels, and a mean and a deviation for each of {channels} channels, got {height} x {width} pixels, {mean?.Count ?? channels} means and {deviation?.Count ?? channels} deviations."));
        }

        (double[] means, double[] deviations) = isLearned ? Statistics(column, rows, channels) : Fixed(scaling, channels);
        if (order == PixelOrder.Bgr)
        {
            means.AsSpan().Reverse();
            deviations.AsSpan().Reverse();
        }

        return new PictureEncoder(column.Name, height, width, channels, mean ?? means, deviation ?? deviations, order, crop);
    }

    /// <summary>An encoder that needs no training rows.</summary>
    /// <param name="column">The name of the column.</param>
    /// <param name="options">Height, width and channels are needed; the scale is fixed by means and deviations, or by "unit" or "none".</param>
    /// <exception cref="ArgumentException">Something is left to be learned.</exception>
    public static PictureEncoder Given(string column, InputOptions options)
    {
        if (options.Height < 1 || options.Width < 1 || options.Channels is not (1 or 3) || (options.Pixels == PixelScaling.Standard && (options.Mean is null || options.Deviation is null)))
        {
            throw new ArgumentException("inputs: expected height, width, channels (1 or 3), and how pixels are scaled (pixels: unit or none, or mean and deviation), got less. Nothing is learned here.");
        }

        (double[] means, double[] deviations) = Fixed(options.Pixels, options.Channels);
        return new PictureEncoder(column, options.Height, options.Width, options.Channels, options.Mean ?? means, options.Deviation ?? deviations, options.Order, options.Crop);
    }

    /// <inheritdoc/>
    public override BoundColumn Bind(Dataset rows, Column column, IList<string> notices)
    {
        if (column is not PictureColumn pictures)
        {
            throw Refuse(rows, column, "pictures");
        }

        return new BoundColumn((row, destination) =>
        {
            if (pictures.Read(row) is { } picture)
            {
                Encode(picture, destination);
            }
            else
            {
                destination.Clear();
            }
        });
    }

    /// <summary>Encodes one picture, such as one that was cropped or flipped on the way.</summary>
    /// <param name="picture">Any size.</param>
    /// <param name="destination">Length H x W x C.</param>
    public void Encode(Picture picture, Span<float> destination)
    {
        if (Crop != 0 || (picture.Width == Width && picture.Height == Height))
        {
            Normalize(PictureResampler.Resample(picture, Width, Height, Channels, Crop).Pixels, destination);
            return;
        }

        int length = Height * Width * Channels;
        byte[] scaled = ArrayPool<byte>.Shared.Rent(length);
        PictureScaling.Bilinear(Channels == 1 ? PictureShape.Grey(picture) : PictureShape.Color(picture), Width, Height, scaled.AsSpan(0, length));
        Normalize(scaled.AsSpan(0, length), destination);
        ArrayPool<byte>.Shared.Return(scaled);
    }

    private void Normalize(ReadOnlySpan<byte> pixels, Span<float> destination)
    {
        if (Channels == 1)
        {
            for (int i = 0; i < pixels.Length; i++)
            {
                destination[i] = _table[pixels[i]];
            }

            return;
        }

        (int first, int last) = Order == PixelOrder.Rgb ? (0, 2) : (2, 0);
        for (int i = 0; i < pixels.Length; i += 3)
        {
            destination[i] = _table[pixels[i + first]];
            destination[i + 1] = _table[256 + pixels[i + 1]];
            destination[i + 2] = _table[512 + pixels[i + last]];
        }
    }

    private static (double[] Means, double[] Deviations) Fixed(PixelScaling scaling, int channels) =>
        (new double[channels], [.. Enumerable.Repeat(scaling == PixelScaling.None ? 1 / 255.0 : 1.0, channels)]);

    // Whole numbers are summed, so the order does not matter and pictures are read on all cores.
    private static (double[] Mean, double[] Deviation) Statistics(PictureColumn column, int[] rows, int channels)
    {
        var sums = new long[rows.Length][];
        SideBySide.For(rows.Length, i => sums[i] = column.Read(rows[i]) is { } picture ? Sums(channels == 1 ? PictureShape.Grey(picture) : PictureShape.Color(picture)) : new long[(2 * channels) + 1]);
        double count = sums.Sum(s => s[^1]);
        double Mean(int c) => sums.Sum(s => s[c]) / (255 * count);
        double Deviation(int c) => Math.Sqrt(Math.Max(0, (sums.Sum(s => s[channels + c]) / (255.0 * 255 * count)) - (Mean(c) * Mean(c)))) is var d and > 1e-6 ? d : 1;
        return ([.. Enumerable.Range(0, channels).Select(Mean)], [.. Enumerable.Range(0, channels).Select(Deviation)]);
    }

    // A sum and a sum of squares for each channel, and the number of pixels.
    private static long[] Sums(Picture picture)
    {
        int channels = picture.Channels;
        var sums = new long[(2 * channels) + 1];
        for (int c = 0; c < channels; c++)
        {
            long sum = 0, squares = 0;
            for (int i = c; i < picture.Pixels.Length; i += channels)
            {
                int p = picture.Pixels[i];
                sum += p;
                squares += p * p;
            }

            (sums[c], sums[channels + c]) = (sum, squares);
        }

        sums[^1] = picture.Pixels.Length / channels;
        return sums;
    }

    private static float[] Table(int height, int width, int channels, IReadOnlyList<double> mean, IReadOnlyList<double> deviation)
    {
        Check.AtLeast(1, height);
        Check.AtLeast(1, width);
        if (channels is not (1 or 3) || mean.Count != channels || deviation.Count != channels || (long)height * width > MostPixels)
        {
            throw new ArgumentException($"PictureEncoder: expected 1 or 3 channels with a mean and a deviation each and at most {MostPixels} pixels, got {height} x {width} x {channels} with {mean.Count} and {deviation.Count}.");
        }

        var table = new float[256 * channels];
        for (int i = 0; i < table.Length; i++)
        {
            int c = i / 256;
            table[i] = (float)((((i % 256) / 255.0) - mean[c]) / Check.Positive(deviation[c], nameof(deviation)));
        }

        return table;
    }
}
