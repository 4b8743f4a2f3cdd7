namespace Graft.Data.Text.Finishing;

/// <summary>Makes spaces of the signs that stand for them; the one at the beginning goes where it was put there.</summary>
internal sealed class MetaspaceDecoder(char sign, bool addsSpace) : Decoder
{
    public override List<string> Apply(List<string> tokens)
    {
        List<string> parts = [.. tokens.Select(t => t.Replace(sign, ' '))];
        if (addsSpace && parts.Count > 0 && parts[0].StartsWith(' '))
        {
            parts[0] = parts[0][1..];
        }

        return parts;
    }
}
