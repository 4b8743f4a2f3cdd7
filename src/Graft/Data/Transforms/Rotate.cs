using Graft.Tensors;
using Graft.Tensors.Random;

namespace Graft.Data.Transforms;

/// <summary>Turns pictures around their middle by a random angle; the size stays, and what comes from outside is black.</summary>
/// <remarks>The angle is even between minus and plus <paramref name="degrees"/>. A new pixel is the linear mean of the four old ones around the place it comes from.</remarks>
/// <param name="degrees">Greatest angle; 0 to 180.</param>
[Named("rotate")]
public sealed class Rotate(float degrees = 15) : PictureTransform
{
    private readonly float _degrees = Check.Within(0, 180, degrees);

    /// <inheritdoc/>
    public override bool IsRandom => _degrees > 0;

    /// <inheritdoc/>
    public override Picture Apply(Picture picture, ref RandomStream random) => By(picture, random.NextFloat(-_degrees, _degrees));

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"rotate({_degrees})");

    /// <summary>The picture turned by an angle.</summary>
    /// <param name="picture">What to turn.</param>
    /// <param name="angle">Degrees; positive ones turn against the clock.</param>
    internal static Picture By(Picture picture, double angle)
    {
        (double sin, double cos) = Math.SinCos(angle * Math.PI / 180);
        double middleX = (picture.Width - 1) / 2.0;
        double middleY = (picture.Height - 1) / 2.0;
        int channels = picture.Channels;
        var pixels = new byte[picture.Pixels.Length];
        for (int y = 0; y < picture.Height; y++)
        {
            for (int x = 0; x < picture.Width; x++)
            {
                double fromX = middleX + ((x - middleX) * cos) - ((y - middleY) * sin);
                double fromY = middleY + ((x - middleX) * sin) + ((y - middleY) * cos);
                Blend(picture, fromX, fromY, pixels.AsSpan(((y * picture.Width) + x) * channels, channels));
            }
        }

        return picture with { Pixels = pixels };
    }

    private static void Blend(Picture picture, double x, double y, Span<byte> pixel)
    {
        int left = (int)Math.Floor(x);
        int top = (int)Math.Floor(y);
        double right = x - left;
        double below = y - top;
        for (int c = 0; c < pixel.Length; c++)
        {
            double value = (((At(picture, left, top, c) * (1 - right)) + (At(picture, left + 1, top, c) * right)) * (1 - below))
                + (((At(picture, left, top + 1, c) * (1 - right)) + (At(picture, left + 1, top + 1, c) * right)) * below);
            pixel[c] = (byte)(value + 0.5);
        }
    }

    private static int At(Picture picture, int x, int y, int channel) =>
        x >= 0 && x < picture.Width && y >= 0 && y < picture.Height ? picture.Pixels[(((y * picture.Width) + x) * picture.Channels) + channel] : 0;
}
