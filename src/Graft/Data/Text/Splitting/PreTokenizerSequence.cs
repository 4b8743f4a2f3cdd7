namespace Graft.Data.Text.Splitting;

/// <summary>One after the other.</summary>
internal sealed class PreTokenizerSequence(IReadOnlyList<PreTokenizer> preTokenizers) : PreTokenizer
{
    public override Pieces Apply(Pieces pieces) => preTokenizers.Aggregate(pieces, (p, t) => t.Apply(p));
}
