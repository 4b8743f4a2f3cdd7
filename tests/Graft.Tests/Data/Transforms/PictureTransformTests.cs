using Graft.Data;
using Graft.Data.Transforms;

namespace Graft.Tests.Data.Transforms;

public sealed class ResizeTests : PictureTransformConformance
{
    protected override PictureTransform Create() => new Resize(6, 4);

    [Fact]
    public void The_shorter_side_gets_the_length_and_the_longer_one_follows()
    {
        Picture wide = Apply(new Resize(4, keepShape: true), Numbered(20, 8, 3));
        Picture square = Apply(new Resize(6), Numbered(20, 8, 3));

        Assert.Equal((10, 4), (wide.Width, wide.Height));
        Assert.Equal((6, 6), (square.Width, square.Height));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Resize(4, 4, keepShape: true));
    }
}

public sealed class CenterCropTests : PictureTransformConformance
{
    protected override PictureTransform Create() => new CenterCrop(3, 2);

    // 4 x 3 with numbers 1 to 12: the middle 2 x 1 is 6, 7.
    [Fact]
    public void The_middle_is_cut_out()
    {
        var picture = new Picture(4, 3, 1, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);

        Assert.Equal([6, 7], Apply(new CenterCrop(2, 1), picture).Pixels);
    }
}

public sealed class RandomCropTests : PictureTransformConformance
{
    protected override PictureTransform Create() => new RandomCrop(pad: 2);

    [Fact]
    public void Every_place_is_taken_and_the_border_is_black()
    {
        var picture = new Picture(2, 2, 1, [1, 2, 3, 4]);

        string[] seen = [.. Enumerable.Range(0, 200).Select(i => string.Join(' ', Apply(new RandomCrop(pad: 1), picture, (ulong)i).Pixels)).Distinct().Order()];

        Assert.Equal(["0 0 0 1", "0 0 1 2", "0 0 2 0", "0 1 0 3", "0 3 0 0", "1 2 3 4", "2 0 4 0", "3 4 0 0", "4 0 0 0"], seen);
    }

    [Fact]
    public void A_part_larger_than_the_picture_holds_all_of_it()
    {
        var picture = new Picture(2, 1, 1, [8, 9]);

        for (ulong index = 0; index < 50; index++)
        {
            byte[] pixels = Apply(new RandomCrop(4, 3), picture, index).Pixels;
            Assert.Equal(12, pixels.Length);
            Assert.Equal(17, pixels.Sum(p => p));
        }
    }
}

public sealed class HorizontalFlipTests : PictureTransformConformance
{
    protected override PictureTransform Create() => new HorizontalFlip();

    [Fact]
    public void A_probability_of_one_always_swaps_and_of_zero_never()
    {
        var picture = new Picture(2, 1, 3, [1, 2, 3, 4, 5, 6]);

        Assert.Equal([4, 5, 6, 1, 2, 3], Apply(new HorizontalFlip(1), picture).Pixels);
        Assert.Same(picture, Apply(new HorizontalFlip(0), picture));
        Assert.Throws<ArgumentOutOfRangeException>(() => new HorizontalFlip(1.5f));
    }

    // 2,000 draws of 1/2: a standard deviation of 22, so 100 is beyond chance.
    [Fact]
    public void About_half_of_the_pictures_are_swapped()
    {
        var picture = new Picture(2, 1, 1, [1, 2]);

        int swapped = Enumerable.Range(0, 2000).Count(i => Apply(new HorizontalFlip(), picture, (ulong)i).Pixels[0] == 2);

        Assert.InRange(swapped, 900, 1100);
    }
}

public sealed class RotateTests : PictureTransformConformance
{
    protected override PictureTransform Create() => new Rotate(30);

    // 1 2 / 3 4 turned against the clock: 2 4 / 1 3.
    [Theory]
    [InlineData(0, new byte[] { 1, 2, 3, 4 })]
    [InlineData(90, new byte[] { 2, 4, 1, 3 })]
    [InlineData(180, new byte[] { 4, 3, 2, 1 })]
    [InlineData(-90, new byte[] { 3, 1, 4, 2 })]
    public void Quarter_turns_move_pixels(double angle, byte[] expected) =>
        Assert.Equal(expected, Rotate.By(new Picture(2, 2, 1, [1, 2, 3, 4]), angle).Pixels);

    // Turned by half a quarter, a corner of 3 x 3 comes from a place 1.41 beside the middle: 0.41 of the way from the last white pixel to black.
    [Fact]
    public void What_comes_from_outside_is_black()
    {
        byte[] pixels = Rotate.By(new Picture(3, 3, 1, [.. Enumerable.Repeat((byte)255, 9)]), 45).Pixels;

        Assert.Equal(255, pixels[4]);
        Assert.InRange(pixels[0], 149, 151);
    }
}

public sealed class ColorJitterTests : PictureTransformConformance
{
    protected override PictureTransform Create() => new ColorJitter();

    [Fact]
    public void Ranges_of_zero_leave_pictures_as_they_are()
    {
        var none = new ColorJitter(0, 0, 0);

        Assert.False(none.IsRandom);
        Assert.Equal(Numbered(5, 4, 3).Pixels, Apply(none, Numbered(5, 4, 3)).Pixels);
    }

    // Only brightness: every byte is the same multiple of what it was, up to rounding and 255.
    [Fact]
    public void Brightness_multiplies()
    {
        var picture = new Picture(3, 1, 1, [10, 100, 200]);

        byte[][] results = [.. Enumerable.Range(0, 20).Select(i => Apply(new ColorJitter(0.5f, 0, 0), picture, (ulong)i).Pixels)];

        Assert.True(results.Select(p => p[1]).Distinct().Count() > 10);
        Assert.All(results, p =>
        {
            Assert.InRange(p[1], 50, 150);
            Assert.InRange(p[0], (p[1] / 10.0) - 0.6, (p[1] / 10.0) + 0.6);
            Assert.InRange(p[2], Math.Min(255, p[1] * 2.0) - 1.6, Math.Min(255, p[1] * 2.0) + 1.6);
        });
    }

    [Fact]
    public void A_picture_without_color_stays_without()
    {
        var picture = new Picture(2, 1, 3, [50, 50, 50, 200, 200, 200]);

        byte[] pixels = Apply(new ColorJitter(0, 0, 1), picture, 5).Pixels;

        Assert.Equal(picture.Pixels, pixels);
    }
}

public sealed class CutoutTests : PictureTransformConformance
{
    protected override PictureTransform Create() => new Cutout(4);

    [Fact]
    public void A_square_becomes_black_and_may_stick_out()
    {
        var white = new Picture(8, 8, 1, [.. Enumerable.Repeat((byte)255, 64)]);

        int[] areas = [.. Enumerable.Range(0, 300).Select(i => Apply(new Cutout(4), white, (ulong)i).Pixels.Count(p => p == 0))];

        Assert.Equal(16, areas.Max());
        Assert.Equal(4, areas.Min());
    }
}

public sealed class GreyTests : PictureTransformConformance
{
    protected override PictureTransform Create() => new Grey(0.5f);

    // 0.299 · 10 + 0.587 · 20 + 0.114 · 30 = 18.15.
    [Fact]
    public void Color_becomes_one_channel_or_three_equal_ones()
    {
        var picture = new Picture(1, 1, 3, [10, 20, 30]);

        Assert.Equal([18], Apply(new Grey(), picture).Pixels);
        Assert.Contains(Enumerable.Range(0, 20), i => Apply(new Grey(0.5f), picture, (ulong)i).Pixels is [18, 18, 18]);
    }
}

public sealed class ChainedTransformTests : PictureTransformConformance
{
    protected override PictureTransform Create() => PictureTransform.Chain([new RandomCrop(pad: 1), new HorizontalFlip(), new Resize(4)]);

    [Fact]
    public void Transforms_are_applied_in_their_order()
    {
        PictureTransform chain = PictureTransform.Chain([new CenterCrop(4), new Resize(2)]);

        Assert.Equal(2, Apply(chain, Numbered(9, 9, 1)).Width);
        Assert.False(chain.IsRandom);
        Assert.Equal("center-crop(4 x 4) -> resize(2 x 2)", chain.ToString());
    }
}
