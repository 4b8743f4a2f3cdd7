using Graft.Data.Pictures;
using Graft.Tensors;
using Graft.Tensors.Random;

namespace Graft.Data.Transforms;

/// <summary>Swaps left and right of some pictures.</summary>
/// <param name="probability">How often; 0 to 1.</param>
[Named("horizontal-flip")]
public sealed class HorizontalFlip(float probability = 0.5f) : PictureTransform
{
    private readonly float _probability = Check.Within(0, 1, probability);

    /// <inheritdoc/>
    public override bool IsRandom => _probability is > 0 and < 1;

    /// <inheritdoc/>
    public override Picture Apply(Picture picture, ref RandomStream random) =>
        random.NextFloat() < _probability ? PictureShape.Mirror(picture) : picture;

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"horizontal-flip({_probability})");
}
