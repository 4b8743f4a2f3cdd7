using Graft.Tensors.Random;

namespace Graft.Data.Transforms;

/// <summary>Changes pictures on their way into a batch: always the same way, or at random so that a model sees more pictures than there are.</summary>
/// <remarks>Stateless: all randomness comes from the stream that is handed in, so that the order of rows and threads never matters.</remarks>
[Family("picture-transforms")]
public abstract class PictureTransform
{
    /// <summary>Whether the result depends on the random stream.</summary>
    public abstract bool IsRandom { get; }

    /// <summary>The changed picture; the given one is left as it is, and may be returned itself.</summary>
    /// <param name="picture">Grey or color, any size.</param>
    /// <param name="random">The stream of this row in this epoch.</param>
    public abstract Picture Apply(Picture picture, ref RandomStream random);

    /// <summary>One transform that applies several, one after the other.</summary>
    /// <param name="transforms">In their order; none leaves pictures as they are.</param>
    public static PictureTransform Chain(IReadOnlyList<PictureTransform> transforms) => new Chained([.. transforms]);

    private sealed class Chained(PictureTransform[] transforms) : PictureTransform
    {
        public override bool IsRandom => Array.Exists(transforms, t => t.IsRandom);

        public override Picture Apply(Picture picture, ref RandomStream random)
        {
            foreach (PictureTransform transform in transforms)
            {
                picture = transform.Apply(picture, ref random);
            }

            return picture;
        }

        public override string ToString() => string.Join(" -> ", (object[])transforms);
    }
}
