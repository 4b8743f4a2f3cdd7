using Graft.Tensors;
using Graft.Tensors.Random;

namespace Graft.Data.Transforms;

/// <summary>Makes a random square of pictures black, so that a model learns to look at more than one part.</summary>
/// <remarks>The square's middle is anywhere in the picture, so that it may stick out (section 3.2 of the paper).</remarks>
/// <param name="size">Side of the square in pixels; 1 to 65,535. Paper: 16 for CIFAR-10, 8 for CIFAR-100.</param>
/// <param name="count">Number of squares; 1 to 100. Paper: 1.</param>
[Named("cutout")]
[Paper("DeVries & Taylor, Improved Regularization of Convolutional Neural Networks with Cutout, 2017", "https://arxiv.org/abs/1708.04552")]
public sealed class Cutout(int size = 16, int count = 1) : PictureTransform
{
    private readonly int _size = Check.Within(1, 65_535, size);
    private readonly int _count = Check.Within(1, 100, count);

    /// <inheritdoc/>
    public override bool IsRandom => true;

    /// <inheritdoc/>
    public override Picture Apply(Picture picture, ref RandomStream random)
    {
        byte[] pixels = [.. picture.Pixels];
        for (int i = 0; i < _count; i++)
        {
            int left = random.NextInt(picture.Width) - (_size / 2);
            int top = random.NextInt(picture.Height) - (_size / 2);
            int first = Math.Max(left, 0);
            int end = Math.Min(left + _size, picture.Width);
            for (int y = Math.Max(top, 0); y < Math.Min(top + _size, picture.Height) && first < end; y++)
            {
                pixels.AsSpan(((y * picture.Width) + first) * picture.Channels, (end - first) * picture.Channels).Clear();
            }
        }

        return picture with { Pixels = pixels };
    }

    /// <inheritdoc/>
    public override string ToString() => $"cutout({_size}, {_count})";
}
