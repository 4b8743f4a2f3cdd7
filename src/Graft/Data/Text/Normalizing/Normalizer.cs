namespace Graft.Data.Text.Normalizing;

/// <summary>Makes texts alike that mean the same. Immutable.</summary>
internal abstract class Normalizer
{
    public abstract AlignedText Apply(AlignedText text);
}
