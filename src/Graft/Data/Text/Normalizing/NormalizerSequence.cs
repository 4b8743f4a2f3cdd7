namespace Graft.Data.Text.Normalizing;

/// <summary>One after the other.</summary>
internal sealed class NormalizerSequence(IReadOnlyList<Normalizer> normalizers) : Normalizer
{
    public override AlignedText Apply(AlignedText text) => normalizers.Aggregate(text, (t, n) => n.Apply(t));
}
