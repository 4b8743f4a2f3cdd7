namespace Graft.Data.Encoders;

/// <summary>A fitted scale: x becomes (x - center) / scale.</summary>
/// <param name="Kind">How it was fitted.</param>
/// <param name="Center">What becomes 0.</param>
/// <param name="Scale">What becomes the distance 1; greater than 0, and 1 where the training values do not differ.</param>
/// <param name="Fill">What stands in for a missing value, before scaling.</param>
public sealed record NumberScaler(NumberScaling Kind, double Center, double Scale, double Fill)
{
    /// <summary>What becomes 0.</summary>
    public double Center { get; } = Finite(Center, nameof(Center));

    /// <summary>What becomes the distance 1.</summary>
    public double Scale { get; } = Tensors.Check.Positive(Scale);

    /// <summary>What stands in for a missing value, before scaling.</summary>
    public double Fill { get; } = Finite(Fill, nameof(Fill));

    /// <summary>Learns a scale.</summary>
    /// <param name="values">The training values; NaN where they are missing.</param>
    /// <param name="kind">How to scale.</param>
    /// <param name="impute">What stands in for missing values.</param>
    /// <returns>Center 0, scale 1 and fill 0 where every value is missing.</returns>
    public static NumberScaler Fit(ReadOnlySpan<float> values, NumberScaling kind, Imputation impute = Imputation.Mean)
    {
        var present = new double[values.Length];
        int count = 0;
        foreach (float value in values)
        {
            if (!float.IsNaN(value))
            {
                present[count++] = value;
            }
        }

        if (count == 0)
        {
            return new NumberScaler(kind, 0, 1, 0);
        }

        ReadOnlySpan<double> all = present.AsSpan(0, count);
        double mean = Mean(all);
        if (kind is NumberScaling.Minmax or NumberScaling.Robust || impute == Imputation.Median)
        {
            Array.Sort(present, 0, count);
        }

        double fill = impute == Imputation.Median ? Quantile(all, 0.5) : mean;
        (double center, double scale) = kind switch
        {
            NumberScaling.Standard => (mean, Deviation(all, mean)),
            NumberScaling.Minmax => (all[0], all[^1] - all[0]),
            NumberScaling.Robust => (Quantile(all, 0.5), Quantile(all, 0.75) - Quantile(all, 0.25)),
            _ => (0, 1),
        };

        // A spread below the resolution of a 32-bit number is rounding, not information.
        return new NumberScaler(kind, center, scale > 1e-7 * Math.Abs(center) ? scale : 1, fill);
    }

    /// <summary>The scaled value; that of <see cref="Fill"/> where it is missing.</summary>
    public float Apply(float value) => (float)(((float.IsNaN(value) ? Fill : value) - Center) / Scale);

    /// <summary>The value that <see cref="Apply"/> made this of.</summary>
    public float Invert(float scaled) => (float)((scaled * Scale) + Center);

    /// <summary>The q-quantile of sorted values, linear between neighbours.</summary>
    internal static double Quantile(ReadOnlySpan<double> sorted, double q)
    {
        double at = q * (sorted.Length - 1);
        int low = (int)at;
        return low + 1 < sorted.Length ? sorted[low] + ((at - low) * (sorted[low + 1] - sorted[low])) : sorted[low];
    }

    private static double Mean(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (double value in values)
        {
            sum += value;
        }

        return sum / values.Length;
    }

    private static double Deviation(ReadOnlySpan<double> values, double mean)
    {
        double sum = 0;
        foreach (double value in values)
        {
            sum += (value - mean) * (value - mean);
        }

        return Math.Sqrt(sum / values.Length);
    }

    private static double Finite(double value, string name) =>
        double.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(name, value, $"{name}: expected a finite number, got {value}.");
}
