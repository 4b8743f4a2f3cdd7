using Graft.Data.Text.Splitting;

namespace Graft.Data.Text.Normalizing;

/// <summary>Puts a text in the place of everything that a pattern finds.</summary>
internal sealed class Replace(TextPattern pattern, string content) : Normalizer
{
    public override AlignedText Apply(AlignedText text)
    {
        var result = new AlignedText(text.Length);
        int done = 0;
        while (pattern.Find(text.Chars, done, out int start, out int length))
        {
            result.Append(text, done, start - done);
            result.Append(content, text.Place(start, length));
            done = start + length;
        }

        result.Append(text, done, text.Length - done);
        return result;
    }
}
