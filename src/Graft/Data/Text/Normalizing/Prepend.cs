namespace Graft.Data.Text.Normalizing;

/// <summary>Puts a text before the beginning; nothing before an empty text.</summary>
internal sealed class Prepend(string before) : Normalizer
{
    public override AlignedText Apply(AlignedText text)
    {
        if (text.Length == 0)
        {
            return text;
        }

        var result = new AlignedText(text.Length + before.Length);
        result.Append(before, new TextPlace(text.Place(0).Start, text.Place(0).Start));
        result.Append(text, 0, text.Length);
        return result;
    }
}
