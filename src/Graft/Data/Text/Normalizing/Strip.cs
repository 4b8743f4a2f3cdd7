namespace Graft.Data.Text.Normalizing;

/// <summary>Spaces at the ends go.</summary>
internal sealed class Strip(bool left, bool right) : Normalizer
{
    public override AlignedText Apply(AlignedText text)
    {
        int start = 0, end = text.Length;
        while (left && start < end && CharKinds.IsSpace(text.Chars[start]))
        {
            start++;
        }

        while (right && end > start && CharKinds.IsSpace(text.Chars[end - 1]))
        {
            end--;
        }

        var result = new AlignedText(end - start);
        result.Append(text, start, end - start);
        return result;
    }
}
