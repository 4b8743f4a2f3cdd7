using System.Text;

namespace Graft.Data.Text.Normalizing;

/// <summary>Every character in lower case, one by one: a sigma at the end of a word is as any other.</summary>
internal sealed class Lowercase : Normalizer
{
    public override AlignedText Apply(AlignedText text)
    {
        var result = new AlignedText(text.Length);
        for (int i = 0; i < text.Length;)
        {
            int code = CharKinds.At(text.Chars, i, out int length);
            Append(result, code, text.Place(i));
            i += length;
        }

        return result;
    }

    public static void Append(AlignedText result, int code, TextPlace place)
    {
        if (code < 128)
        {
            result.Append(char.ToLowerInvariant((char)code), place);
        }
        else if (code == 0x130)
        {
            result.Append("i\u0307", place);        // the only letter that becomes two
        }
        else
        {
            result.Append(Rune.ToLowerInvariant(new Rune(code)).Value, place);
        }
    }
}
