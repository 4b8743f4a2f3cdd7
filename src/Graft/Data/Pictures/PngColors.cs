namespace Graft.Data.Pictures;

/// <summary>Turns rows of PNG samples into grey or color bytes, with transparent pixels laid over white.</summary>
internal sealed class PngColors
{
    private readonly PngFormat _format;
    private readonly string _name;
    private readonly byte[] _palette = [];
    private readonly int[]? _key;

    /// <exception cref="GraftInputException">The palette is missing, or transparency does not fit the color type.</exception>
    public PngColors(PngFormat format, byte[]? palette, byte[]? transparency, string name)
    {
        _format = format;
        _name = name;
        if (format.ColorType == 3)
        {
            _palette = palette is not null ? [.. palette] : throw new GraftInputException(name, "expected a palette, got none.");
            for (int i = 0; i < Math.Min(transparency?.Length ?? 0, _palette.Length / 3); i++)
            {
                for (int c = 0; c < 3; c++)
                {
                    _palette[(3 * i) + c] = OverWhite(_palette[(3 * i) + c], transparency![i]);
                }
            }
        }
        else if (transparency is not null && format.ColorType is 0 or 2)
        {
            // One sample of 2 bytes a channel: pixels of just that color are transparent.
            _key = transparency!.Length == 2 * format.OutChannels
                ? [.. Enumerable.Range(0, format.OutChannels).Select(c => (transparency[2 * c] << 8) | transparency[(2 * c) + 1])]
                : throw new GraftInputException(name, $"expected a transparent color of {2 * format.OutChannels} bytes, got {transparency.Length}.");
        }
    }

    /// <summary>Converts one row.</summary>
    /// <param name="row">The samples as they are stored, filters undone.</param>
    /// <param name="pixels">As many pixels as are wanted.</param>
    public void Convert(ReadOnlySpan<byte> row, Span<byte> pixels)
    {
        int width = pixels.Length / _format.OutChannels;
        switch (_format.ColorType)
        {
            case 0 or 2 when _key is null && _format.Depth == 8:
                row[..pixels.Length].CopyTo(pixels);
                break;
            case 0:
                Grey(row, pixels);
                break;
            case 2:
                Color(row, pixels);
                break;
            case 3:
                Palette(row, pixels, width);
                break;
            default:
                WithOpacity(row, pixels, width);
                break;
        }
    }

    private void Grey(ReadOnlySpan<byte> row, Span<byte> pixels)
    {
        int depth = _format.Depth;
        int most = (1 << Math.Min(depth, 8)) - 1;
        for (int x = 0; x < pixels.Length; x++)
        {
            int sample = Sample(row, x, depth);
            int grey = depth == 16 ? sample >> 8 : sample * 255 / most;
            pixels[x] = _key is not null && sample == _key[0] ? (byte)255 : (byte)grey;
        }
    }

    private void Color(ReadOnlySpan<byte> row, Span<byte> pixels)
    {
        int depth = _format.Depth;
        for (int i = 0; i < pixels.Length; i += 3)
        {
            int r = Sample(row, i, depth);
            int g = Sample(row, i + 1, depth);
            int b = Sample(row, i + 2, depth);
            bool isTransparent = _key is not null && r == _key[0] && g == _key[1] && b == _key[2];
            int shift = depth - 8;
            pixels[i] = isTransparent ? (byte)255 : (byte)(r >> shift);
            pixels[i + 1] = isTransparent ? (byte)255 : (byte)(g >> shift);
            pixels[i + 2] = isTransparent ? (byte)255 : (byte)(b >> shift);
        }
    }

    private void Palette(ReadOnlySpan<byte> row, Span<byte> pixels, int width)
    {
        for (int x = 0; x < width; x++)
        {
            int index = 3 * Sample(row, x, _format.Depth);
            if (index >= _palette.Length)
            {
                throw new GraftInputException(_name, $"expected colors from 0 to {(_palette.Length / 3) - 1} of the palette, got {index / 3}.");
            }

            _palette.AsSpan(index, 3).CopyTo(pixels[(3 * x)..]);
        }
    }

    private void WithOpacity(ReadOnlySpan<byte> row, Span<byte> pixels, int width)
    {
        int channels = _format.OutChannels;
        int step = _format.Depth / 8;
        for (int x = 0; x < width; x++)
        {
            int at = x * (channels + 1) * step;
            byte opacity = row[at + (channels * step)];
            for (int c = 0; c < channels; c++)
            {
                pixels[(x * channels) + c] = OverWhite(row[at + (c * step)], opacity);
            }
        }
    }

    private static int Sample(ReadOnlySpan<byte> row, int index, int depth) => depth switch
    {
        8 => row[index],
        16 => (row[2 * index] << 8) | row[(2 * index) + 1],
        _ => (row[index * depth / 8] >> (8 - depth - (index * depth % 8))) & ((1 << depth) - 1),
    };

    private static byte OverWhite(int value, int opacity) => (byte)(((value * opacity) + (255 * (255 - opacity)) + 127) / 255);
}
