using Graft.Data;
using Graft.Data.Pictures;

namespace Graft.Tests.Data.Pictures;

public sealed class PictureScalingTests
{
    public static TheoryData<int, int> Sizes => new() { { 16, 16 }, { 37, 11 }, { 64, 48 }, { 5, 29 }, { 1, 1 }, { 224, 224 }, { 36, 28 } };

    [Theory, MemberData(nameof(Sizes))]
    public void Scaling_gives_the_pixels_that_pillow_gives(int width, int height)
    {
        Picture color = GoldenPictures.Decode("color8.png");
        Picture grey = color with { Channels = 1, Pixels = [.. color.Pixels.Where((_, i) => i % 3 == 0)] };

        GoldenPictures.IsAsNoted($"resize-bilinear-{width}x{height}", PictureScaling.Bilinear(color, width, height));
        GoldenPictures.IsAsNoted($"resize-nearest-{width}x{height}", PictureScaling.Nearest(color, width, height));
        GoldenPictures.IsAsNoted($"resize-grey-bilinear-{width}x{height}", PictureScaling.Bilinear(grey, width, height));
        GoldenPictures.IsAsNoted($"resize-grey-nearest-{width}x{height}", PictureScaling.Nearest(grey, width, height));
    }

    [Fact]
    public void Grey_has_the_weights_that_pillow_has() =>
        GoldenPictures.IsAsNoted("grey-of-color", PictureShape.Grey(GoldenPictures.Decode("color8.png")));

    // A picture of 2 x 2: 1 2 / 3 4.
    [Fact]
    public void Cutting_beyond_the_edge_gives_black_and_mirroring_swaps_left_and_right()
    {
        var picture = new Picture(2, 2, 1, [1, 2, 3, 4]);

        Assert.Equal([0, 0, 0, 0, 1, 2, 0, 3, 4], PictureShape.Crop(picture, -1, -1, 3, 3).Pixels);
        Assert.Equal([4, 0], PictureShape.Crop(picture, 1, 1, 2, 1).Pixels);
        Assert.Equal([0], PictureShape.Crop(picture, 5, 5, 1, 1).Pixels);
        Assert.Equal([2, 1, 4, 3], PictureShape.Mirror(picture).Pixels);
        Assert.Equal([1, 1, 1, 2, 2, 2], PictureShape.Color(picture).Pixels[..6]);
    }

    [Fact]
    public void A_side_of_zero_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => PictureScaling.Bilinear(new Picture(1, 1, 1, [0]), 0, 1));
}
