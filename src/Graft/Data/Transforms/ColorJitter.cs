using Graft.Data.Pictures;
using Graft.Tensors;
using Graft.Tensors.Random;

namespace Graft.Data.Transforms;

/// <summary>Changes brightness, contrast and saturation of pictures at random, in this order.</summary>
/// <remarks>
/// Each factor f is even between max(0, 1 − range) and 1 + range. Brightness: p · f. Contrast: m + (p − m) · f, m the mean of the picture in grey.
/// Saturation: g + (p − g) · f, g the pixel in grey; grey pictures keep theirs.
/// </remarks>
/// <param name="brightness">Range of brightness; 0 to 10.</param>
/// <param name="contrast">Range of contrast; 0 to 10.</param>
/// <param name="saturation">Range of saturation; 0 to 10.</param>
[Named("color-jitter")]
public sealed class ColorJitter(float brightness = 0.2f, float contrast = 0.2f, float saturation = 0.2f) : PictureTransform
{
    private readonly float _brightness = Check.Within(0, 10, brightness);
    private readonly float _contrast = Check.Within(0, 10, contrast);
    private readonly float _saturation = Check.Within(0, 10, saturation);

    /// <inheritdoc/>
    public override bool IsRandom => _brightness + _contrast + _saturation > 0;

    /// <inheritdoc/>
    public override Picture Apply(Picture picture, ref RandomStream random)
    {
        float light = Factor(_brightness, ref random);
        float spread = Factor(_contrast, ref random);
        float color = Factor(_saturation, ref random);
        Picture brighter = picture with { Pixels = Array.ConvertAll(picture.Pixels, p => Byte(p * light)) };
        byte[] greys = PictureShape.Grey(brighter).Pixels;
        long total = 0;
        foreach (byte grey in greys)
        {
            total += grey;
        }

        float mean = (float)total / greys.Length;
        byte[] pixels = Array.ConvertAll(brighter.Pixels, p => Byte(mean + ((p - mean) * spread)));
        if (picture.Channels == 3)
        {
            byte[] grey = PictureShape.Grey(picture with { Pixels = pixels }).Pixels;
            for (int i = 0; i < pixels.Length; i++)
            {
                pixels[i] = Byte(grey[i / 3] + ((pixels[i] - grey[i / 3]) * color));
            }
        }

        return picture with { Pixels = pixels };
    }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"color-jitter({_brightness}, {_contrast}, {_saturation})");

    private static float Factor(float range, ref RandomStream random) => random.NextFloat(Math.Max(0, 1 - range), 1 + range);

    private static byte Byte(float value) => (byte)Math.Clamp(value + 0.5f, 0, 255);
}
