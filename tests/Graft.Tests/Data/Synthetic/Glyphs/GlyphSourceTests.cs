using Graft.Data;
using Graft.Data.Sources;
using Graft.Data.Synthetic.Glyphs;

namespace Graft.Tests.Data.Synthetic.Glyphs;

public sealed class GlyphSourceTests : SyntheticSourceConformance
{
    protected override DataSource Create(int seed) => new GlyphSource(rows: 40, size: 16, seed: seed);

    private static byte[] Pixels(Dataset rows, int row) => ((PictureColumn)rows["picture"]).Read(row)!.Pixels;

    private static int[] Labels(Dataset rows) => ((CategoryColumn)rows["label"]).Codes.ToArray();

    private static Dataset With(double shift = 0, bool invert = false, bool permute = false, GlyphLabels labels = GlyphLabels.Character, int rows = 200) =>
        Read(new GlyphSource(GlyphKind.Digits, rows: rows, shift: shift, invert: invert, permutePixels: permute, labels: labels));

    /// <summary>The share of rows of one set whose nearest picture in another set has the same label.</summary>
    private static double NearestNeighbor(Dataset train, Dataset test)
    {
        byte[][] known = [.. Enumerable.Range(0, train.Count).Select(r => Pixels(train, r))];
        (int[] from, int[] to) = (Labels(train), Labels(test));
        return Enumerable.Range(0, test.Count).Average(r =>
        {
            byte[] own = Pixels(test, r);
            return from[Enumerable.Range(0, known.Length).MinBy(k => Distance(known[k], own))] == to[r] ? 1.0 : 0.0;
        });
    }

    private static long Distance(byte[] a, byte[] b)
    {
        long sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        }

        return sum;
    }

    [Theory, InlineData(GlyphKind.Letters, 26), InlineData(GlyphKind.Digits, 10), InlineData(GlyphKind.Both, 36), InlineData(GlyphKind.Textures, 8)]
    public void Every_kind_has_its_classes_equally_often(GlyphKind kind, int classes)
    {
        Dataset rows = Read(new GlyphSource(kind, rows: 3 * classes));

        Assert.Equal(classes, ((CategoryColumn)rows["label"]).Levels.Count);
        Assert.All(Labels(rows).CountBy(l => l), count => Assert.Equal(3, count.Value));
    }

    [Fact]
    public void Characters_can_be_chosen()
    {
        Dataset rows = Read(new GlyphSource(characters: "7XA7", rows: 6));

        Assert.Equal(["7", "X", "A"], ((CategoryColumn)rows["label"]).Levels);
    }

    [Fact]
    public void Drawings_can_be_told_apart_and_a_shift_makes_another_domain()
    {
        Dataset train = With(rows: 400), near = Read(new GlyphSource(GlyphKind.Digits, rows: 100, seed: 1)), far = Read(new GlyphSource(GlyphKind.Digits, rows: 100, shift: 1, seed: 1));

        double here = NearestNeighbor(train, near), there = NearestNeighbor(train, far);

        Assert.InRange(here, 0.6, 1);
        Assert.InRange(there, 0.1, here - 0.2);
    }

    [Fact]
    public void A_row_depends_on_its_number_alone_however_it_is_read()
    {
        Dataset few = With(rows: 20), many = With(rows: 100);
        var pictures = (PictureColumn)many["picture"];
        var parallel = new byte[100][];

        Parallel.For(0, 400, i => parallel[i % 100] = pictures.Read(i % 100)!.Pixels);

        Assert.Equal(Pixels(few, 13), parallel[13]);
        Assert.Equal(Labels(few), Labels(many)[..20]);
        Dataset again = With(rows: 100);
        Assert.All(parallel, (p, row) => Assert.Equal(Pixels(again, row), p));
    }

    [Fact]
    public void An_inverted_picture_is_the_negative()
    {
        Dataset plain = With(), negative = With(invert: true);

        Assert.All(Enumerable.Range(0, 20), row => Assert.All(Pixels(plain, row).Zip(Pixels(negative, row)), p => Assert.InRange(p.First + p.Second, 254, 256)));
    }

    [Fact]
    public void Permuted_pixels_are_the_same_ones_in_one_fixed_order()
    {
        Dataset plain = With(), permuted = With(permute: true);

        Assert.All(Enumerable.Range(0, 20), row => Assert.Equal(Pixels(plain, row).Order(), Pixels(permuted, row).Order()));
        Assert.NotEqual(Pixels(plain, 0), Pixels(permuted, 0));
        Assert.Equal(Labels(plain), Labels(permuted));

        // Distances do not look at places: the nearest neighbor stays the nearest.
        Assert.Equal(NearestNeighbor(With(rows: 60), With(rows: 90)), NearestNeighbor(With(rows: 60, permute: true), With(rows: 90, permute: true)));
    }

    [Fact]
    public void Random_labels_say_nothing_of_the_same_pictures()
    {
        Dataset real = With(rows: 3000), random = With(rows: 3000, labels: GlyphLabels.Random);

        Assert.Equal(Pixels(real, 7), Pixels(random, 7));
        Assert.Equal(0.1, Labels(real).Zip(Labels(random)).Average(p => p.First == p.Second ? 1.0 : 0.0), tolerance: 0.0274);   // five deviations
    }

    [Fact]
    public void A_character_that_has_no_strokes_is_refused_by_name()
    {
        var e = Assert.Throws<ArgumentException>(() => new GlyphSource(characters: "ABa"));

        Assert.StartsWith("characters: expected characters of 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ, got 'a'.", e.Message, StringComparison.Ordinal);
    }
}
