namespace Graft.Data.Splits;

/// <summary>Whole numbers in proportion to weights, by largest remainder, within bounds.</summary>
internal static class Apportion
{
    /// <summary>Parts that sum to <paramref name="total"/>, each at most its bound; null where the bounds leave no room.</summary>
    /// <param name="total">At least 0.</param>
    /// <param name="weights">At least one, each greater than 0.</param>
    /// <param name="most">Largest value of each part.</param>
    /// <param name="least">Smallest value of each part, where its bound allows it.</param>
    public static int[]? Spread(int total, double[] weights, int[] most, int least)
    {
        double sum = weights.Sum();
        double[] ideal = [.. weights.Select(w => total * w / sum)];
        int[] parts = [.. ideal.Select((x, i) => Math.Min(most[i], Math.Max(least, (int)x)))];
        for (int missing = total - parts.Sum(); missing != 0; missing -= Math.Sign(missing))
        {
            int step = Math.Sign(missing), best = -1;
            for (int i = 0; i < parts.Length; i++)
            {
                bool open = step > 0 ? parts[i] < most[i] : parts[i] > Math.Min(least, most[i]);
                if (open && (best < 0 || step * (ideal[i] - parts[i]) > step * (ideal[best] - parts[best])))
                {
                    best = i;
                }
            }

            if (best < 0)
            {
                return null;
            }

            parts[best] += step;
        }

        return parts;
    }
}
