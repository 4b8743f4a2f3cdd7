using Graft.Data.Samplers;
using Graft.Data.Sources;
using Graft.Tensors;
using Graft.Tensors.Random;

namespace Graft.Data.Synthetic.Glyphs;

/// <summary>Draws letters and digits as grey pictures: strokes under random turn, size, slant, place, thickness, bend, blur and noise. Needs no download.</summary>
/// <remarks>
/// Each row depends on the seed and its own number alone; every run of as many rows as there are classes holds each once. Pictures are drawn when they are first
/// read, and kept where all of them fit into 256 MB. The shift dials another domain of the same classes: at 1 characters are slanted by 24 degrees, 1.8 times as thick,
/// of weaker contrast, noisier, and stand before bright stripes. Columns: "picture" (size x size, grey, white on black) and "label".
/// </remarks>
/// <param name="kind">What is drawn.</param>
/// <param name="characters">The characters to draw, such as "ABC123"; null for all of the kind.</param>
/// <param name="rows">Number of pictures; at least 1.</param>
/// <param name="size">Pixels down and across, 8..128.</param>
/// <param name="shift">How far another domain is, 0..1.</param>
/// <param name="invert">Whether the picture is black on white.</param>
/// <param name="rotation">Largest turn either way, in degrees, 0..180.</param>
/// <param name="scale">Largest change of size either way, as a share, 0..0.9.</param>
/// <param name="shear">Largest slant either way, 0..2: sideways steps for a step down.</param>
/// <param name="move">Largest move either way, as a share of the picture, 0..0.5.</param>
/// <param name="minThickness">Thinnest stroke, as a share of the picture, 0..0.5.</param>
/// <param name="maxThickness">Thickest stroke, as a share of the picture, up to 0.5.</param>
/// <param name="jitter">How far strokes are bent and moved, as a share of the character's height, 0..0.5.</param>
/// <param name="noise">Standard deviation of the noise of single pixels, 0..1; 1 is white.</param>
/// <param name="blur">Strongest blur, as the share of a pixel that goes to its neighbors on either side, 0..1/3.</param>
/// <param name="permutePixels">Whether the pixels of all pictures change places, in one fixed random way: nothing is left of strokes.</param>
/// <param name="labels">Whether labels say what was drawn, or nothing.</param>
/// <param name="seed">Added to the seed of the experiment: another number gives other data.</param>
[Named("glyphs")]
public sealed class GlyphSource(
    GlyphKind kind = GlyphKind.Letters, string? characters = null, int rows = 2000, int size = 28, double shift = 0, bool invert = false, double rotation = 20,
    double scale = 0.2, double shear = 0.3, double move = 0.09, double minThickness = 0.05, double maxThickness = 0.11, double jitter = 0.05, double noise = 0.1,
    double blur = 0.3, bool permutePixels = false, GlyphLabels labels = GlyphLabels.Character, int seed = 0) : DataSource
{
    private const long MostKept = 256 << 20;
    private readonly string _characters = CheckCharacters(characters, kind);
    private readonly int _rows = Check.Within(1, SyntheticTable.MostRows, rows);
    private readonly int _size = Check.Within(8, 128, size);

    private readonly GlyphLook _look = new GlyphLook(
        Check.Within(0.0, 180.0, rotation), Check.Within(0.0, 0.9, scale), Check.Within(0.0, 2.0, shear), 0, Check.Within(0.0, 0.5, move),
        Check.Within(0.0, 0.5, minThickness), Check.Within(minThickness, 0.5, maxThickness), Check.Within(0.0, 0.5, jitter), Check.Within(0.0, 1.0, noise),
        Check.Within(0.0, 1 / 3.0, blur), 0.15, 0).Shifted(Check.Within(0.0, 1.0, shift));

    /// <inheritdoc/>
    public override Dataset Read(DataContext context)
    {
        string path = FormattableString.Invariant($"glyphs/{kind}/{_characters}/{seed}");
        string[] names = kind == GlyphKind.Textures ? [.. GlyphTextures.Names] : [.. _characters.Select(c => c.ToString())];
        var cycle = new ShuffledCycle(SyntheticTable.Identity(names.Length), RandomStream.For(context.Seed, path + "/classes"));
        int[] drawn = [.. Enumerable.Range(0, _rows).Select(r => cycle[r])];
        int[] said = drawn;
        if (labels == GlyphLabels.Random)
        {
            RandomStream random = RandomStream.For(context.Seed, path + "/labels");
            said = [.. drawn.Select(_ => random.NextInt(names.Length))];
        }

        Func<int, Picture> read = Reader(drawn, RandomStream.For(context.Seed, path));
        return new Dataset("glyphs", [new PictureColumn("picture", _rows, read), new CategoryColumn("label", said, names)]);
    }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"glyphs({_rows} {kind.ToString().ToLowerInvariant()}, {_size} x {_size}, shift {shift})");

    private Func<int, Picture> Reader(int[] drawn, RandomStream random)
    {
        var renderer = new GlyphRenderer(_size, _look, invert);
        int[]? places = null;
        if (permutePixels)
        {
            RandomStream own = RandomStream.For(random.State.Key, "pixels");
            places = own.Permutation(_size * _size);
        }

        Picture Draw(int row)
        {
            byte[] pixels = Pixels(renderer, drawn[row], random.At((ulong)row));
            return new Picture(_size, _size, 1, places is null ? pixels : [.. places.Select(p => pixels[p])]);
        }

        // Two threads may draw one row at the same time: both draw the same picture.
        Picture?[]? kept = (long)_rows * _size * _size <= MostKept ? new Picture?[_rows] : null;
        return kept is null ? Draw : row => kept[row] ??= Draw(row);
    }

    private byte[] Pixels(GlyphRenderer renderer, int drawn, RandomStream random)
    {
        if (kind != GlyphKind.Textures)
        {
            return renderer.Draw(GlyphStrokes.Of(_characters[drawn]), random);
        }

        Span<float> ink = stackalloc float[_size * renderer.Stride];
        GlyphTextures.Fill(drawn, _size, renderer.Stride, ink, ref random);
        return renderer.Finish(ink, ref random);
    }

    private static string CheckCharacters(string? characters, GlyphKind kind)
    {
        string known = GlyphStrokes.Digits + GlyphStrokes.Letters;
        string drawn = new([.. (characters ?? kind switch
        {
            GlyphKind.Letters => GlyphStrokes.Letters,
            GlyphKind.Digits => GlyphStrokes.Digits,
            _ => known,
        }).Distinct()]);
        int unknown = drawn.AsSpan().IndexOfAnyExcept(known);
        return unknown < 0 && drawn.Length > 0 ? drawn
            : throw new ArgumentException($"characters: expected characters of {known}, got {(drawn.Length == 0 ? "none" : $"'{drawn[unknown]}'")}.", nameof(characters));
    }
}
