namespace Graft.Data.Text.Normalizing;

/// <summary>Marks go; to take accents from letters, text must be taken apart before.</summary>
internal sealed class StripAccents : Normalizer
{
    public override AlignedText Apply(AlignedText text) => Remove(text, CharKinds.IsMark);

    public static AlignedText Remove(AlignedText text, Func<int, bool> goes)
    {
        var result = new AlignedText(text.Length);
        for (int i = 0; i < text.Length;)
        {
            int code = CharKinds.At(text.Chars, i, out int length);
            if (!goes(code))
            {
                result.Append(text, i, length);
            }

            i += length;
        }

        return result;
    }
}
