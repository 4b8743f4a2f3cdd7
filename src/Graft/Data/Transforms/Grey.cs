using Graft.Data.Pictures;
using Graft.Tensors;
using Graft.Tensors.Random;

namespace Graft.Data.Transforms;

/// <summary>Takes the color out of pictures, of all or of some.</summary>
/// <remarks>0.299 red + 0.587 green + 0.114 blue. With a probability of 1 the result has one channel; with a smaller one, pictures keep their channels.</remarks>
/// <param name="probability">How often; 0 to 1.</param>
[Named("grey")]
public sealed class Grey(float probability = 1) : PictureTransform
{
    private readonly float _probability = Check.Within(0, 1, probability);

    /// <inheritdoc/>
    public override bool IsRandom => _probability is > 0 and < 1;

    /// <inheritdoc/>
    public override Picture Apply(Picture picture, ref RandomStream random)
    {
        if (_probability >= 1)
        {
            return PictureShape.Grey(picture);
        }

        return random.NextFloat() >= _probability ? picture
            : picture.Channels == 1 ? picture : PictureShape.Color(PictureShape.Grey(picture));
    }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"grey({_probability})");
}
