using Graft.Data;
using Graft.Data.Transforms;
using Graft.Tensors.Random;

namespace Graft.Tests.Data.Transforms;

/// <summary>What every picture transform promises, whatever it does.</summary>
public abstract class PictureTransformConformance
{
    public static TheoryData<int, int, int> Sizes => new() { { 1, 1, 1 }, { 7, 5, 1 }, { 5, 7, 3 }, { 1, 9, 3 } };

    protected abstract PictureTransform Create();

    /// <summary>A picture whose bytes are all different where there are few enough.</summary>
    protected static Picture Numbered(int width, int height, int channels) =>
        new(width, height, channels, [.. Enumerable.Range(1, width * height * channels).Select(i => (byte)(i * 7))]);

    protected static Picture Apply(PictureTransform transform, Picture picture, ulong index = 0)
    {
        RandomStream random = RandomStream.For(1, "tests", index);
        return transform.Apply(picture, ref random);
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Pictures_stay_pictures_and_the_given_one_stays_as_it_is(int width, int height, int channels)
    {
        Picture picture = Numbered(width, height, channels);

        for (ulong index = 0; index < 20; index++)
        {
            Picture changed = Apply(Create(), picture, index);

            Assert.Equal(changed.Width * changed.Height * changed.Channels, changed.Pixels.Length);
            Assert.True(changed.Channels is 1 or 3);
        }

        Assert.Equal(Numbered(width, height, channels).Pixels, picture.Pixels);
    }

    [Fact]
    public void The_same_stream_gives_the_same_picture_and_another_one_only_where_it_says_so()
    {
        Picture picture = Numbered(12, 10, 3);
        PictureTransform transform = Create();

        string[] results = [.. Enumerable.Range(0, 30).Select(i => Convert.ToHexString(Apply(transform, picture, (ulong)i).Pixels))];
        string[] again = [.. Enumerable.Range(0, 30).Select(i => Convert.ToHexString(Apply(Create(), picture, (ulong)i).Pixels))];

        Assert.Equal(results, again);
        Assert.Equal(transform.IsRandom, results.Distinct().Count() > 1);
    }

    [Fact]
    public void It_says_what_it_is() => Assert.DoesNotContain("Graft.", Create().ToString(), StringComparison.Ordinal);
}
