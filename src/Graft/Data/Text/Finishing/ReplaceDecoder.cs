using System.Text;
using Graft.Data.Text.Splitting;

namespace Graft.Data.Text.Finishing;

/// <summary>Puts a text in the place of everything that a pattern finds in a part.</summary>
internal sealed class ReplaceDecoder(TextPattern pattern, string content) : Decoder
{
    public override List<string> Apply(List<string> tokens) => [.. tokens.Select(Change)];

    private string Change(string token)
    {
        var text = new StringBuilder();
        int done = 0;
        while (pattern.Find(token, done, out int start, out int length))
        {
            _ = text.Append(token, done, start - done).Append(content);
            done = start + length;
        }

        return text.Append(token, done, token.Length - done).ToString();
    }
}
