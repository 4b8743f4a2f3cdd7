using Graft.Data.Pictures;
using Graft.Tensors;
using Graft.Tensors.Random;

namespace Graft.Data.Transforms;

/// <summary>Scales pictures to one size, or to one length of their shorter side.</summary>
/// <remarks>Triangle filter with 22 bits behind the point, the pixels that Pillow's BILINEAR gives.</remarks>
/// <param name="width">Pixels across; 1 to 65,535.</param>
/// <param name="height">Pixels down; 0 for as many as across.</param>
/// <param name="keepShape">Whether <paramref name="width"/> is the length of the shorter side and the longer one follows; <paramref name="height"/> must be 0 then.</param>
[Named("resize")]
public sealed class Resize(int width, int height = 0, bool keepShape = false) : PictureTransform
{
    private readonly int _width = Check.Within(1, PictureSize.MaxSide, width);
    private readonly int _height = Check.Within(0, keepShape ? 0 : PictureSize.MaxSide, height);

    /// <inheritdoc/>
    public override bool IsRandom => false;

    /// <inheritdoc/>
    public override Picture Apply(Picture picture, ref RandomStream random)
    {
        if (!keepShape)
        {
            return PictureScaling.Bilinear(picture, _width, _height == 0 ? _width : _height);
        }

        int shorter = Math.Min(picture.Width, picture.Height);
        return PictureScaling.Bilinear(picture, Scaled(picture.Width, shorter), Scaled(picture.Height, shorter));
    }

    /// <inheritdoc/>
    public override string ToString() => keepShape ? $"resize(shorter side {_width})" : $"resize({_width} x {(_height == 0 ? _width : _height)})";

    private int Scaled(int side, int shorter) => (int)Math.Clamp((((long)side * _width) + (shorter / 2)) / shorter, 1, PictureSize.MaxSide);
}
