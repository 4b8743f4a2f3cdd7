using Graft.Data.Pictures;
using Graft.Tensors;
using Graft.Tensors.Random;

namespace Graft.Data.Transforms;

/// <summary>Cuts a part of one size out of pictures at a random place, after a black border was added.</summary>
/// <remarks>A picture that is smaller than the part even with its border lies at a random place in black.</remarks>
/// <param name="width">Pixels across; 0 for those of the picture.</param>
/// <param name="height">Pixels down; 0 for as many as across, or those of the picture where <paramref name="width"/> is 0.</param>
/// <param name="pad">Pixels of border on each side; 0 to 65,535. Usual for CIFAR-10: 4.</param>
[Named("random-crop")]
public sealed class RandomCrop(int width = 0, int height = 0, int pad = 0) : PictureTransform
{
    private readonly int _width = Check.Within(0, PictureSize.MaxSide, width);
    private readonly int _height = Check.Within(0, PictureSize.MaxSide, height) is > 0 and int given ? given : width;
    private readonly int _pad = Check.Within(0, PictureSize.MaxSide, pad);

    /// <inheritdoc/>
    public override bool IsRandom => true;

    /// <inheritdoc/>
    public override Picture Apply(Picture picture, ref RandomStream random)
    {
        int newWidth = _width == 0 ? picture.Width : _width;
        int newHeight = _height == 0 ? picture.Height : _height;
        int left = Place(picture.Width, newWidth, ref random);
        int top = Place(picture.Height, newHeight, ref random);
        return PictureShape.Crop(picture, left, top, newWidth, newHeight);
    }

    /// <inheritdoc/>
    public override string ToString() => _width == 0 ? $"random-crop(pad {_pad})" : $"random-crop({_width} x {_height}, pad {_pad})";

    // From the first place to the last one, both with the border; the other way round where the part is larger.
    private int Place(int length, int newLength, ref RandomStream random)
    {
        int spare = length + (2 * _pad) - newLength;
        int at = random.NextInt(Math.Abs(spare) + 1);
        return (spare >= 0 ? at : -at) - _pad;
    }
}
