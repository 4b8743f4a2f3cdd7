namespace Graft.Data.Text.Normalizing;

/// <summary>A normalization form of Unicode: characters taken apart (D), put together again (C), with look-alikes made the same (K).</summary>
internal sealed class UnicodeNormalizer(bool composes, bool isCompatible) : Normalizer
{
    private const int SyllableBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7;
    private const int Leads = 19, Vowels = 21, Tails = 28;

    private readonly char _firstChanged = isCompatible ? '\u00A0' : composes ? '\u0300' : '\u00C0';

    private readonly record struct Mark(int Code, int Class, TextPlace Place);

    public override AlignedText Apply(AlignedText text)
    {
        if (text.Chars.IndexOfAnyInRange(_firstChanged, '\uFFFF') < 0)
        {
            return text;
        }

        List<Mark> marks = Decompose(text);
        Order(marks);
        var result = new AlignedText(marks.Count);
        foreach (Mark mark in composes ? Compose(marks) : marks)
        {
            result.Append(mark.Code, mark.Place);
        }

        return result;
    }

    private List<Mark> Decompose(AlignedText text)
    {
        var marks = new List<Mark>(text.Length + 8);
        for (int i = 0; i < text.Length;)
        {
            int code = CharKinds.At(text.Chars, i, out int length);
            TextPlace place = text.Place(i);
            i += length;
            if (code is >= SyllableBase and < SyllableBase + (Leads * Vowels * Tails))
            {
                int syllable = code - SyllableBase;
                marks.Add(new Mark(LeadBase + (syllable / (Vowels * Tails)), 0, place));
                marks.Add(new Mark(VowelBase + (syllable / Tails % Vowels), 0, place));
                if (syllable % Tails > 0)
                {
                    marks.Add(new Mark(TailBase + (syllable % Tails), 0, place));
                }
            }
            else if (code >= 0xA0 && UnicodeTables.Decomposition(code, isCompatible) is { } parts)
            {
                foreach (int part in parts)
                {
                    marks.Add(new Mark(part, UnicodeTables.Class(part), place));
                }
            }
            else
            {
                marks.Add(new Mark(code, UnicodeTables.Class(code), place));
            }
        }

        return marks;
    }

    // Marks on one character stand by class; those of one class keep their order.
    private static void Order(List<Mark> marks)
    {
        for (int start = 0; start < marks.Count; start++)
        {
            int end = start;
            bool isOrdered = true;
            for (; end < marks.Count && marks[end].Class > 0; end++)
            {
                isOrdered &= end == start || marks[end - 1].Class <= marks[end].Class;
            }

            if (!isOrdered)
            {
                Mark[] ordered = [.. marks[start..end].OrderBy(m => m.Class)];
                for (int i = 0; i < ordered.Length; i++)
                {
                    marks[start + i] = ordered[i];
                }
            }

            start = end;
        }
    }

    private static List<Mark> Compose(List<Mark> marks)
    {
        var all = new List<Mark>(marks.Count);
        int starter = -1, before = 0;           // the last starter, and the class of what was kept last behind it
        foreach (Mark mark in marks)
        {
            bool isReachable = starter >= 0 && (starter == all.Count - 1 || (before < mark.Class && before > 0));
            int together = isReachable ? Together(all[starter].Code, mark.Code) : -1;
            if (together >= 0)
            {
                all[starter] = new Mark(together, 0, all[starter].Place.Joined(mark.Place));
                continue;
            }

            all.Add(mark);
            before = mark.Class;
            starter = mark.Class == 0 ? all.Count - 1 : starter;
        }

        return all;
    }

    private static int Together(int first, int second)
    {
        if (first is >= LeadBase and < LeadBase + Leads && second is >= VowelBase and < VowelBase + Vowels)
        {
            return SyllableBase + ((((first - LeadBase) * Vowels) + second - VowelBase) * Tails);
        }

        return first is >= SyllableBase and < SyllableBase + (Leads * Vowels * Tails) && (first - SyllableBase) % Tails == 0 && second is > TailBase and < TailBase + Tails
            ? first + second - TailBase
            : UnicodeTables.Composition(first, second);
    }
}
