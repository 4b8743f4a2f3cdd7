using Graft.Tensors.Random;

namespace Graft.Data.Synthetic.Glyphs;

/// <summary>Eight kinds of texture that cover the whole picture.</summary>
internal static class GlyphTextures
{
    public static readonly IReadOnlyList<string> Names = ["across", "down", "rising", "falling", "checks", "dots", "rings", "blobs"];

    /// <summary>Fills rows of <paramref name="stride"/> numbers with a texture, 0..1.</summary>
    public static void Fill(int kind, int size, int stride, Span<float> ink, ref RandomStream random)
    {
        float wave = 2 * MathF.PI / (size * random.NextFloat(0.12f, 0.3f));
        float p = random.NextFloat(0, 2 * MathF.PI), q = random.NextFloat(0, 2 * MathF.PI), tilt = random.NextFloat(-0.15f, 0.15f);
        float middleX = size * random.NextFloat(0.2f, 0.8f), middleY = size * random.NextFloat(0.2f, 0.8f);
        for (int y = 0; y < size; y++)
        {
            for (int x = 0; x < size; x++)
            {
                float u = wave * (x + (tilt * y)), v = wave * (y - (tilt * x));
                ink[(y * stride) + x] = kind switch
                {
                    0 => Step(MathF.Sin(v + p)),
                    1 => Step(MathF.Sin(u + p)),
                    2 => Step(MathF.Sin((0.7f * (u + v)) + p)),
                    3 => Step(MathF.Sin((0.7f * (u - v)) + p)),
                    4 => Step(MathF.Sin(u + p) * MathF.Sin(v + q)),
                    5 => Step(MathF.Sin(u + p) + MathF.Sin(v + q) - 1),
                    6 => Step(MathF.Sin((wave * MathF.Sqrt(((x - middleX) * (x - middleX)) + ((y - middleY) * (y - middleY)))) + p)),
                    _ => Step(MathF.Sin((0.6f * u) + p) + MathF.Sin((0.8f * v) + q) + MathF.Sin((0.5f * (u + v)) - q) + MathF.Sin((0.45f * (u - v)) + q - p)),
                };
            }
        }
    }

    private static float Step(float wave) => Math.Clamp((2 * wave) + 0.5f, 0, 1);
}
