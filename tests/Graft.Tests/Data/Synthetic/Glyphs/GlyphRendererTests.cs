using System.Numerics;
using Graft.Data.Synthetic.Glyphs;
using Graft.Tensors.Random;

namespace Graft.Tests.Data.Synthetic.Glyphs;

public sealed class GlyphRendererTests
{
    private static readonly GlyphLook Plain = new(0, 0, 0, 0, 0, 0.08, 0.08, 0, 0, 0, 0, 0);

    [Theory, InlineData(8), InlineData(16), InlineData(28), InlineData(33)]
    public void Every_pixel_is_covered_by_its_distance_to_the_nearest_stroke(int size)
    {
        var renderer = new GlyphRenderer(size, Plain, invert: false);
        foreach (char character in GlyphStrokes.Digits + GlyphStrokes.Letters)
        {
            byte[] pixels = renderer.Draw(GlyphStrokes.Of(character), RandomStream.For(1, "glyph"));

            // A character is 0.7 of the picture high and stands in its middle; a pixel is covered from radius - 1/2 to radius + 1/2.
            for (int i = 0; i < pixels.Length; i++)
            {
                var p = new Vector2(i % size, i / size);
                double distance = GlyphStrokes.Of(character).Min(stroke => Enumerable.Range(1, stroke.Length - 1)
                    .Min(k => Distance(p, (stroke[k - 1] * 0.7f * size) + new Vector2((size - 1) / 2f), (stroke[k] * 0.7f * size) + new Vector2((size - 1) / 2f))));
                Assert.Equal(255 * Math.Clamp((0.04 * size) + 0.5 - distance, 0, 1), pixels[i], tolerance: 0.6);
            }
        }
    }

    [Fact]
    public void Every_character_is_one_high_and_stands_in_the_middle() =>
        Assert.All(GlyphStrokes.Digits + GlyphStrokes.Letters, character =>
        {
            Vector2[] points = [.. GlyphStrokes.Of(character).SelectMany(s => s)];

            Assert.InRange(points.Max(p => p.Y), 0.48f, 0.57f);
            Assert.InRange(points.Min(p => p.Y), -0.51f, -0.48f);
            Assert.InRange(points.Max(p => p.X) + points.Min(p => p.X), -0.13f, 0.13f);
        });

    [Fact]
    public void Noise_has_the_deviation_that_was_asked_for()
    {
        RandomStream stream = RandomStream.For(1, "noise");
        float[] half = [.. Enumerable.Repeat(0.5f, 128 * 128)];

        byte[] grey = new GlyphRenderer(128, Plain with { Noise = 0.1 }, invert: false).Finish(half, ref stream);
        double mean = grey.Average(p => p / 255.0), deviation = Math.Sqrt(grey.Average(p => Math.Pow((p / 255.0) - mean, 2)));

        Assert.Equal(0.5, mean, tolerance: 0.005);
        Assert.Equal(0.1, deviation, tolerance: 0.003);    // five standard errors of 0.1 / sqrt(2 n)
    }

    [Fact]
    public void Blur_keeps_the_light_and_spreads_it()
    {
        RandomStream stream = RandomStream.For(1, "blur");
        byte[] sharp = new GlyphRenderer(32, Plain, invert: false).Draw(GlyphStrokes.Of('O'), stream);
        byte[] soft = new GlyphRenderer(32, Plain with { Blur = 0.33 }, invert: false).Draw(GlyphStrokes.Of('O'), stream);

        Assert.Equal(sharp.Sum(p => p), soft.Sum(p => p), tolerance: 500);
        Assert.True(soft.Count(p => p > 0) > sharp.Count(p => p > 0));
    }

    private static double Distance(Vector2 p, Vector2 a, Vector2 b)
    {
        float t = Math.Clamp(Vector2.Dot(p - a, b - a) / Math.Max((b - a).LengthSquared(), 1e-12f), 0, 1);
        return Vector2.Distance(p, a + (t * (b - a)));
    }
}
