namespace Graft.Experiments.Reports.Charts;

/// <summary>Places values on a line of pixels, with ticks at round numbers.</summary>
internal sealed class Scale
{
    private readonly double _low;

    private readonly double _high;

    private readonly double _from;

    private readonly double _to;

    private Scale(double low, double high, double from, double to, bool isLog, IReadOnlyList<double> ticks)
    {
        (_low, _high, _from, _to) = (low, high, from, to);
        IsLog = isLog;
        Ticks = ticks;
    }

    /// <summary>Whether equal distances are equal factors.</summary>
    public bool IsLog { get; }

    /// <summary>The round numbers to mark.</summary>
    public IReadOnlyList<double> Ticks { get; }

    /// <summary>Equal distances are equal differences; the ends are moved out to round numbers where asked.</summary>
    /// <param name="values">What must fit; those that are not numbers are passed over.</param>
    /// <param name="from">Pixel of the low end.</param>
    /// <param name="to">Pixel of the high end.</param>
    /// <param name="count">About how many ticks.</param>
    /// <param name="snap">Whether the ends are ticks.</param>
    /// <param name="most">What no value can exceed, such as 1 for shares: where all values are equal, the room around them ends there.</param>
    /// <param name="least">The room on each side of values that are all 0.</param>
    public static Scale Linear(IEnumerable<double> values, double from, double to, int count = 5, bool snap = true, double most = double.PositiveInfinity, double least = 1)
    {
        (double low, double high) = Range(values);
        if (high - low <= Math.Max(Math.Abs(low), Math.Abs(high)) * 1e-9)
        {
            double room = low == 0 ? least : Math.Abs(low) * 0.1;
            (low, high) = (low - room, Math.Max(high, Math.Min(high + room, most)));
        }

        double step = Step((high - low) / count);
        (double first, double last) = (Math.Floor((low / step) + 1e-9), Math.Ceiling((high / step) - 1e-9));
        double[] ticks = [.. Enumerable.Range(0, (int)Math.Min(last - first, 50) + 1).Select(i => (first + i) * step)];
        return snap
            ? new Scale(ticks[0], ticks[^1], from, to, false, ticks)
            : new Scale(low, high, from, to, false, [.. ticks.Where(t => t >= low - (1e-9 * step) && t <= high + (1e-9 * step))]);
    }

    /// <summary>Equal distances are equal factors where the values are positive and span a factor of 20 or more; else linear.</summary>
    public static Scale LogIfWide(IEnumerable<double> values, double from, double to)
    {
        double[] all = [.. values.Where(double.IsFinite)];
        if (all.Length == 0 || all.Min() <= 1e-300 || all.Max() < 20 * all.Min())
        {
            return Linear(all, from, to);
        }

        double low = Math.Log10(all.Min());
        double high = Math.Log10(all.Max());
        int every = Math.Max(1, (int)Math.Ceiling((high - low) / 6));
        double[] factors = high - low < 2.5 ? [1, 2, 5] : [1];
        double[] ticks =
        [
            .. from power in Enumerable.Range((int)Math.Floor(low), (int)(Math.Ceiling(high) - Math.Floor(low)) + 1)
               where power % every == 0
               from factor in factors
               let log = power + Math.Log10(factor)
               where log >= low - 0.02 && log <= high + 0.02
               select Math.Pow(10, power) * factor,
        ];
        return new Scale(low, high, from, to, true, ticks);
    }

    /// <summary>The pixel of a value; NaN where it has none.</summary>
    public double At(double value)
    {
        double v = IsLog ? Math.Log10(value) : value;
        return _from + ((v - _low) / (_high - _low) * (_to - _from));
    }

    private static (double Low, double High) Range(IEnumerable<double> values)
    {
        (double low, double high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (double v in values.Where(double.IsFinite))
        {
            (low, high) = (Math.Min(low, v), Math.Max(high, v));
        }

        return low > high ? (0, 1) : (Math.Clamp(low, -1e300, 1e300), Math.Clamp(high, -1e300, 1e300));
    }

    private static double Step(double rough)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double factor = rough / power;
        return power * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10);
    }
}
