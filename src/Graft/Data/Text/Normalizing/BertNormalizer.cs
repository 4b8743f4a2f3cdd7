namespace Graft.Data.Text.Normalizing;

/// <summary>What BERT does to a text: control characters go, signs of Chinese stand alone, accents and capitals go.</summary>
internal sealed class BertNormalizer(bool cleans, bool spacesIdeographs, bool stripsAccents, bool lowers) : Normalizer
{
    private static readonly UnicodeNormalizer Apart = new(composes: false, isCompatible: false);
    private static readonly Lowercase Lower = new();

    public override AlignedText Apply(AlignedText text)
    {
        AlignedText result = Clean(text);
        if (stripsAccents && result.Chars.IndexOfAnyInRange('\u00C0', '\uFFFF') >= 0)
        {
            result = StripAccents.Remove(Apart.Apply(result), CharKinds.IsAccent);
        }

        return lowers ? Lower.Apply(result) : result;
    }

    private AlignedText Clean(AlignedText text)
    {
        var result = new AlignedText(text.Length + 8);
        for (int i = 0; i < text.Length;)
        {
            int code = CharKinds.At(text.Chars, i, out int length);
            TextPlace place = text.Place(i);
            i += length;
            if (cleans && (code is 0 or 0xFFFD || CharKinds.IsControl(code)))
            {
                continue;
            }

            if (spacesIdeographs && CharKinds.IsIdeograph(code))
            {
                result.Append(' ', place);
                result.Append(code, place);
                result.Append(' ', place);
            }
            else
            {
                result.Append(cleans && CharKinds.IsSpace(code) ? ' ' : code, place);
            }
        }

        return result;
    }
}
