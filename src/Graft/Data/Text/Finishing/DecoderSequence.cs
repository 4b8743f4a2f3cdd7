namespace Graft.Data.Text.Finishing;

/// <summary>One after the other.</summary>
internal sealed class DecoderSequence(IReadOnlyList<Decoder> decoders) : Decoder
{
    public override List<string> Apply(List<string> tokens) => decoders.Aggregate(tokens, (t, d) => d.Apply(t));
}
