namespace Graft.Data.Text.Finishing;

/// <summary>Makes one part of all.</summary>
internal sealed class FuseDecoder : Decoder
{
    public override List<string> Apply(List<string> tokens) => [string.Concat(tokens)];
}
