using Graft.Data;
using Graft.Data.Encoders;

namespace Graft.Tests.Data.Encoders;

public sealed class PictureEncoderTests
{
    private static PictureColumn Column(params Picture?[] pictures) => new("p", pictures.Length, r => pictures[r]);

    private static float[] Encode(PictureEncoder encoder, Picture picture)
    {
        var destination = new float[encoder.Shape.Length];
        encoder.Encode(picture, destination);
        return destination;
    }

    [Fact]
    public void Channels_are_standardized_over_the_training_pictures()
    {
        var a = new Picture(1, 2, 3, [0, 10, 255, 100, 10, 0]);
        var b = new Picture(1, 2, 3, [200, 30, 255, 100, 30, 0]);

        var encoder = PictureEncoder.Fit(Column(a, null, b))!;

        // Channel 0: 0, 100, 200, 100 of 255: mean 100, deviation sqrt(5000). Channel 1: 10, 10, 30, 30: mean 20, deviation 10.
        float[] x = Encode(encoder, a);
        Assert.Equal("picture [2, 1, 3]", encoder.Shape.ToString());
        Assert.Equal(-100 / Math.Sqrt(5000), x[0], tolerance: 1e-5);
        Assert.Equal(-1, x[1], tolerance: 1e-5);
        Assert.Equal(1, x[2], tolerance: 1e-5);
        Assert.Equal(0, x[3], tolerance: 1e-5);
    }

    [Theory, InlineData(PixelScaling.Unit, 0.4f), InlineData(PixelScaling.None, 102f)]
    public void Pixels_can_be_left_in_a_fixed_range(PixelScaling scaling, float expected)
    {
        var picture = new Picture(1, 1, 1, [102]);

        Assert.Equal(expected, Encode(PictureEncoder.Fit(Column(picture), scaling)!, picture)[0], tolerance: 1e-5);
    }

    [Fact]
    public void Mean_and_deviation_of_a_pretrained_model_can_be_given()
    {
        var picture = new Picture(1, 1, 3, [255, 0, 51]);

        var encoder = PictureEncoder.Fit(Column(picture), mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.25, 0.5])!;

        Assert.Equal([1f, -2f, -0.6f], Encode(encoder, picture).Select(v => MathF.Round(v, 5)));
    }

    [Fact]
    public void Other_sizes_are_resampled_and_other_channels_converted()
    {
        var train = new Picture(4, 4, 1, [.. Enumerable.Repeat((byte)100, 16)]);
        var encoder = PictureEncoder.Fit(Column(train), PixelScaling.None)!;
        var ramp = new Picture(8, 8, 3, [.. Enumerable.Range(0, 64).SelectMany(i => Enumerable.Repeat((byte)(i % 8 * 10), 3))]);

        float[] x = Encode(encoder, ramp);

        // Every target pixel lies between two source pixels: 5, 25, 45, 65, where the filter is not cut off by the border.
        Assert.Equal(16, x.Length);
        Assert.Equal([25f, 45f], x[1..3]);
        Assert.Equal(x[..4], x[12..]);
        Assert.All(Encode(encoder, new Picture(3, 5, 1, [.. Enumerable.Repeat((byte)77, 15)])), v => Assert.Equal(77, v, tolerance: 1e-4));
        Assert.All(Encode(encoder, new Picture(3, 5, 3, [.. Enumerable.Repeat((byte)77, 45)])), v => Assert.Equal(77, v, tolerance: 1e-4));
    }

    // 12 x 4 pixels, the right half white. In proportion they become 6 x 2, or stay as they are with half of each side cut off: the middle is where black meets white.
    [Fact]
    public void A_crop_keeps_the_middle_in_proportion()
    {
        var picture = new Picture(12, 4, 1, [.. Enumerable.Range(0, 48).Select(i => (byte)(i % 12 < 6 ? 0 : 255))]);

        float[] middle = new float[4], whole = new float[4], smaller = new float[4];
        Encoder(1).Encode(picture, middle);
        Encoder(0).Encode(picture, whole);
        Encoder(0.5).Encode(picture, smaller);

        Assert.True(middle[0] is > 0.05f and < 0.3f && middle[1] is > 0.7f and < 0.95f, $"{middle[0]} {middle[1]}");
        Assert.True(whole[0] < 0.2f && whole[1] > 0.8f);
        Assert.Equal([0, 1, 0, 1], smaller.Select(m => MathF.Round(m)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Encoder(1.5));

        static PictureEncoder Encoder(double crop) => PictureEncoder.Given("p", new InputOptions(Pixels: PixelScaling.Unit, Height: 2, Width: 2, Channels: 1, Crop: crop));
    }
}
