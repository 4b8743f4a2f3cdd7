using Graft.Data.Text.Finishing;

namespace Graft.Data.Text;

/// <summary>Puts the tokens of texts and those around them one after the other.</summary>
internal static class TokenLayout
{
    public static TokenizedText Make(
        Tokenizer tokenizer, string[]? trimmed, TokenList[] texts, Range[] kept, IReadOnlyList<TemplateItem> items, bool special, bool isCut)
    {
        int count = 0;
        foreach (TemplateItem item in items)
        {
            count += item.Text >= 0 ? kept[item.Text].GetOffsetAndLength(texts[item.Text].Count).Length : special ? 1 : 0;
        }

        var ids = new int[count];
        var places = new TextPlace[count];
        var isSpecial = new bool[count];
        var types = new int[count];
        var sources = new int[count];
        int at = 0;
        foreach (TemplateItem item in items)
        {
            if (item.Text < 0)
            {
                if (special)
                {
                    (ids[at], isSpecial[at], types[at], sources[at]) = (item.Id, true, item.TypeId, -1);
                    at++;
                }

                continue;
            }

            TokenList list = texts[item.Text];
            (int start, int length) = kept[item.Text].GetOffsetAndLength(list.Count);
            for (int i = start; i < start + length; i++, at++)
            {
                (ids[at], types[at], sources[at]) = (list.Ids[i], item.TypeId, item.Text);
                places[at] = trimmed is null ? list.Places[i] : Trim(trimmed[item.Text], list.Places[i]);
            }
        }

        return new TokenizedText(tokenizer, ids, places, isSpecial, types, sources, isCut);
    }

    private static TextPlace Trim(string text, TextPlace place)
    {
        (int start, int end) = (place.Start, place.End);
        while (start < end && text[start] == ' ')
        {
            start++;
        }

        while (end > start && text[end - 1] == ' ')
        {
            end--;
        }

        return new TextPlace(start, end);
    }
}
