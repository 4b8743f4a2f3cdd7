namespace Graft.Data.Text.Finishing;

/// <summary>Makes a space of what marks the end of a word, and nothing of the last one.</summary>
internal sealed class SuffixDecoder(string suffix) : Decoder
{
    public override List<string> Apply(List<string> tokens) =>
        suffix.Length == 0 ? tokens : [.. tokens.Select((t, i) => t.Replace(suffix, i == tokens.Count - 1 ? "" : " ", StringComparison.Ordinal))];
}
