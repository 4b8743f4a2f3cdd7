using System.Numerics;
using Graft.Tensors.Random;

namespace Graft.Data.Synthetic.Glyphs;

/// <summary>Draws characters as grey pictures: white on black, smooth edges.</summary>
/// <remarks>Every pixel's distance to the nearest stroke segment is found inside the segment's box, a vector of pixels at a time; what lies nearer than half the
/// thickness is covered. Adds and multiplies only, so all vector widths give the same bits.</remarks>
internal sealed class GlyphRenderer(int size, GlyphLook look, bool invert)
{
    private const float Height = 0.7f;              // of the picture, before the scale is changed
    private const float Far = 1e9f;

    private static readonly Vector<float> Lanes = new([.. Enumerable.Range(0, Vector<float>.Count).Select(i => (float)i)]);

    private readonly int _stride = (size + Vector<float>.Count - 1) / Vector<float>.Count * Vector<float>.Count;

    /// <summary>Draws a character.</summary>
    /// <param name="strokes">Its strokes.</param>
    /// <param name="random">Where every chance comes from: the stream of the row.</param>
    /// <returns>size x size bytes.</returns>
    public byte[] Draw(Vector2[][] strokes, RandomStream random)
    {
        Span<float> ink = stackalloc float[size * _stride];      // squared distances first
        ink.Fill(Far);
        float radius = DrawStrokes(strokes, ref random, ink);
        for (int i = 0; i < ink.Length; i += Vector<float>.Count)
        {
            Span<float> some = ink.Slice(i, Vector<float>.Count);
            Vector<float> inside = new Vector<float>(radius + 0.5f) - Vector.SquareRoot(new Vector<float>(some));
            Vector.Min(Vector.Max(inside, Vector<float>.Zero), Vector<float>.One).CopyTo(some);
        }

        Blur(ink, (float)(look.Blur * random.NextFloat()));
        return Finish(ink, ref random);
    }

    /// <summary>Mixes ink and background, adds noise, and rounds to bytes.</summary>
    /// <param name="ink">Rows of <see cref="Stride"/> numbers, 0..1.</param>
    /// <param name="random">The stream of the row.</param>
    public byte[] Finish(ReadOnlySpan<float> ink, ref RandomStream random)
    {
        float white = 1 - (float)(look.Fade * random.NextFloat());
        float texture = (float)look.Texture * random.NextFloat(0.5f, 1);
        float angle = random.NextFloat(0, MathF.PI), wave = 2 * MathF.PI / (size * random.NextFloat(0.15f, 0.5f)), phase = random.NextFloat(0, 2 * MathF.PI);
        (float down, float across) = MathF.SinCos(angle);
        // The sum of four random bytes is normal enough for a pixel: mean 510, variance 4 * (256^2 - 1) / 12.
        float noise = (float)look.Noise / 147.8f;
        Span<uint> words = stackalloc uint[look.Noise > 0 ? size * size : 0];
        random.Fill(words);
        var pixels = new byte[size * size];
        for (int y = 0; y < size; y++)
        {
            for (int x = 0; x < size; x++)
            {
                int i = (y * size) + x;
                float behind = texture > 0 ? texture * (0.5f + (0.5f * MathF.Sin((wave * ((across * x) + (down * y))) + phase))) : 0;
                float value = behind + ((white - behind) * ink[(y * _stride) + x]);
                if (words.Length > 0)
                {
                    uint word = words[i];
                    value += noise * ((int)((word & 255) + ((word >> 8) & 255) + ((word >> 16) & 255) + (word >> 24)) - 510);
                }

                pixels[i] = (byte)(255 * Math.Clamp(invert ? 1 - value : value, 0, 1) + 0.5f);
            }
        }

        return pixels;
    }

    /// <summary>Numbers in a row of ink: the size, filled up to whole vectors.</summary>
    public int Stride => _stride;

    /// <summary>Puts squared distances to the strokes into <paramref name="distance"/>.</summary>
    /// <returns>Half the thickness, in pixels.</returns>
    private float DrawStrokes(Vector2[][] strokes, ref RandomStream random, Span<float> distance)
    {
        Matrix3x2 place = Place(ref random);
        float radius = size * random.NextFloat((float)look.MinThickness, (float)look.MaxThickness) / 2;
        float jitter = (float)look.Jitter;
        // One smooth bend of the whole character: a wave of random direction, length and phase for each axis.
        Vector2 waveX = Wave(ref random), waveY = Wave(ref random);
        float phaseX = random.NextFloat(0, 2 * MathF.PI), phaseY = random.NextFloat(0, 2 * MathF.PI);
        foreach (Vector2[] stroke in strokes)
        {
            var offset = new Vector2(random.NextFloat(-jitter, jitter), random.NextFloat(-jitter, jitter)) * 0.7f;
            Vector2 last = default;
            for (int i = 0; i < stroke.Length; i++)
            {
                Vector2 p = stroke[i];
                float bendX = MathF.Sin((waveX.X * p.X) + (waveX.Y * p.Y) + phaseX), bendY = MathF.Sin((waveY.X * p.X) + (waveY.Y * p.Y) + phaseY);
                float px = p.X + offset.X + (jitter * bendX), py = p.Y + offset.Y + (jitter * bendY);
                p = new Vector2((px * place.M11) + (py * place.M21) + place.M31, (px * place.M12) + (py * place.M22) + place.M32);
                if (i > 0)
                {
                    Segment(last, p, radius + 1, distance);
                }

                last = p;
            }
        }

        return radius;
    }

    private static Vector2 Wave(ref RandomStream random)
    {
        (float sine, float cosine) = MathF.SinCos(random.NextFloat(0, 2 * MathF.PI));
        return random.NextFloat(3, 7) * new Vector2(cosine, sine);
    }

    /// <summary>From the character's own coordinates to pixels.</summary>
    private Matrix3x2 Place(ref RandomStream random)
    {
        float Around(ref RandomStream r, double most) => r.NextFloat((float)-most, (float)most);
        float turn = Around(ref random, look.Rotation) * MathF.PI / 180;
        float scale = 1 + Around(ref random, look.Scale), wide = 1 + Around(ref random, look.Scale / 2);
        float slant = (float)look.Slant + Around(ref random, look.Shear);
        var middle = new Vector2((size * (0.5f + Around(ref random, look.Move))) - 0.5f, (size * (0.5f + Around(ref random, look.Move))) - 0.5f);
        var shear = new Matrix3x2(1, 0, -slant, 1, 0, 0);        // what is above the middle goes to the right
        return Matrix3x2.CreateScale(scale * wide * Height * size, scale * Height * size) * shear * Matrix3x2.CreateRotation(turn) * Matrix3x2.CreateTranslation(middle);
    }

    /// <summary>Lowers the squared distance of every pixel in the box around a segment.</summary>
    private void Segment(Vector2 a, Vector2 b, float reach, Span<float> distance)
    {
        int top = Math.Max(0, (int)MathF.Floor(Math.Min(a.Y, b.Y) - reach)), bottom = Math.Min(size - 1, (int)MathF.Ceiling(Math.Max(a.Y, b.Y) + reach));
        int left = Math.Max(0, (int)MathF.Floor(Math.Min(a.X, b.X) - reach)), right = Math.Min(size - 1, (int)MathF.Ceiling(Math.Max(a.X, b.X) + reach));
        left -= left % Vector<float>.Count;
        Vector2 d = b - a;
        float length = Math.Max((d.X * d.X) + (d.Y * d.Y), 1e-12f);
        for (int y = top; y <= bottom; y++)
        {
            float dy = y - a.Y, along = dy * d.Y / length;
            for (int x = left; x <= right; x += Vector<float>.Count)
            {
                // t is where the pixel's foot stands on the segment, 0 at a and 1 at b.
                Vector<float> dx = (Lanes + new Vector<float>(x)) - new Vector<float>(a.X);
                Vector<float> t = Vector.Min(Vector.Max((dx * (d.X / length)) + new Vector<float>(along), Vector<float>.Zero), Vector<float>.One);
                Vector<float> ex = dx - (t * d.X), ey = new Vector<float>(dy) - (t * d.Y);
                Span<float> row = distance.Slice((y * _stride) + x, Vector<float>.Count);
                Vector.Min(new Vector<float>(row), (ex * ex) + (ey * ey)).CopyTo(row);
            }
        }
    }

    /// <summary>Three by three: each pixel gives a share to its neighbors on either side, along rows and then along columns.</summary>
    private void Blur(Span<float> ink, float share)
    {
        if (share <= 0)
        {
            return;
        }

        float own = 1 - (2 * share);
        Span<float> above = stackalloc float[size];
        above.Clear();
        for (int y = 0; y < size; y++)
        {
            Span<float> row = ink.Slice(y * _stride, size);
            float last = 0;
            for (int x = 0; x < size; x++)
            {
                float here = row[x];
                row[x] = (own * here) + (share * (last + (x + 1 < size ? row[x + 1] : 0)));
                last = here;
            }
        }

        for (int y = 0; y < size; y++)
        {
            Span<float> row = ink.Slice(y * _stride, size);
            ReadOnlySpan<float> below = y + 1 < size ? ink.Slice((y + 1) * _stride, size) : [];
            for (int x = 0; x < size; x++)
            {
                float here = row[x];
                row[x] = (own * here) + (share * (above[x] + (below.Length > 0 ? below[x] : 0)));
                above[x] = here;
            }
        }
    }
}
