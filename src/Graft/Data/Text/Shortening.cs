namespace Graft.Data.Text;

/// <summary>Which tokens of one text or two are kept.</summary>
internal static class Shortening
{
    public static (Range[] Kept, bool IsCut) Ranges(TokenList[] texts, Truncation? truncation, int added)
    {
        int[] lengths = [.. texts.Select(t => t.Count)];
        int total = lengths.Sum(), most = Math.Max(0, (truncation?.MaxTokens ?? int.MaxValue) - added);
        if (truncation is null || total <= most)
        {
            return ([.. lengths.Select(l => ..l)], false);
        }

        int[] kept = Lengths(lengths, truncation, most, total - most);
        return ([.. kept.Zip(lengths, (k, l) => truncation.FromStart ? (l - k)..l : ..k)], true);
    }

    private static int[] Lengths(int[] lengths, Truncation truncation, int most, int surplus)
    {
        if (truncation.Strategy == TruncationStrategy.LongestFirst)
        {
            if (lengths.Length == 1)
            {
                return [most];
            }

            int shorter = Math.Min(lengths[0], lengths[1]);
            int small = Math.Min(shorter, most / 2);
            return lengths[0] <= lengths[1] ? [small, most - small] : [most - small, small];
        }

        int target = truncation.Strategy == TruncationStrategy.OnlyFirst ? 0 : 1;
        if (target >= lengths.Length || lengths[target] < surplus)
        {
            throw new ArgumentException($"truncation: expected a {(target == 0 ? "first" : "second")} text of at least {surplus} tokens to leave out, got {(target >= lengths.Length ? "none" : $"{lengths[target]}")}. Use LongestFirst.", nameof(truncation));
        }

        lengths[target] -= surplus;
        return lengths;
    }
}
