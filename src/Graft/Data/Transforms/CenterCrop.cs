using Graft.Data.Pictures;
using Graft.Tensors;
using Graft.Tensors.Random;

namespace Graft.Data.Transforms;

/// <summary>Cuts the middle out of pictures; what lies outside a smaller picture is black.</summary>
/// <param name="width">Pixels across; 1 to 65,535.</param>
/// <param name="height">Pixels down; 0 for as many as across.</param>
[Named("center-crop")]
public sealed class CenterCrop(int width, int height = 0) : PictureTransform
{
    private readonly int _width = Check.Within(1, PictureSize.MaxSide, width);
    private readonly int _height = Check.Within(0, PictureSize.MaxSide, height) is > 0 and int given ? given : width;

    /// <inheritdoc/>
    public override bool IsRandom => false;

    /// <inheritdoc/>
    public override Picture Apply(Picture picture, ref RandomStream random) =>
        PictureShape.Crop(picture, (picture.Width - _width) / 2, (picture.Height - _height) / 2, _width, _height);

    /// <inheritdoc/>
    public override string ToString() => $"center-crop({_width} x {_height})";
}
