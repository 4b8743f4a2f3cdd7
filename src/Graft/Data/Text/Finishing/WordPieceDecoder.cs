namespace Graft.Data.Text.Finishing;

/// <summary>Puts a space before every token but those inside words, and takes it away before punctuation.</summary>
internal sealed class WordPieceDecoder(string prefix, bool cleans) : Decoder
{
    private static readonly (string, string)[] Closer =
    [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ];

    public override List<string> Apply(List<string> tokens)
    {
        var parts = new List<string>(tokens.Count);
        foreach (string token in tokens)
        {
            string part = parts.Count == 0 ? token
                : prefix.Length > 0 && token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..] : " " + token;
            foreach ((string from, string to) in cleans ? Closer : [])
            {
                part = part.Replace(from, to, StringComparison.Ordinal);
            }

            parts.Add(part);
        }

        return parts;
    }
}
