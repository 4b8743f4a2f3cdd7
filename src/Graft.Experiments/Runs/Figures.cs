using System.Globalization;

namespace Graft.Experiments.Runs;

/// <summary>Numbers as people read them, the same in every culture.</summary>
internal static class Figures
{
    /// <summary>Three significant digits without an exponent where that stays short; a dash for NaN.</summary>
    public static string Short(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "-" : value > 0 ? "infinite" : "-infinite";
        }

        double size = Math.Abs(value);
        string format = size switch
        {
            0 => "0",
            >= 1e7 or < 1e-4 => "0.##e+0",
            >= 100 => "#,##0",
            >= 10 => "0.0",
            >= 1 => "0.00",
            >= 0.1 => "0.000",
            _ => "0.####",
        };
        return value.ToString(format, CultureInfo.InvariantCulture);
    }

    /// <summary>A value of a metric: "87.3 %" where it is a fraction.</summary>
    public static string Of(MetricInfo? metric, double value) => metric?.IsFraction == true && double.IsFinite(value)
        ? (100 * value).ToString("0.0", CultureInfo.InvariantCulture) + " %"
        : Short(value);

    /// <summary>The size of a difference: "12.3 points" where the metric is a fraction.</summary>
    public static string Difference(MetricInfo metric, double difference)
    {
        string points = Points(metric, Math.Abs(difference));
        return !metric.IsFraction ? points : points == "1.0" ? "1.0 point" : points + " points";
    }

    /// <summary>A difference with its sign and without a unit.</summary>
    public static string Points(MetricInfo metric, double difference) => metric.IsFraction
        ? (100 * difference).ToString(Math.Abs(difference) < 0.0005 && difference != 0 ? "0.00" : "0.0", CultureInfo.InvariantCulture)
        : Short(difference);

    /// <summary>A difference with its sign, plus or minus.</summary>
    public static string Signed(MetricInfo metric, double difference) => (difference > 0 ? "+" : "") + Points(metric, difference);

    /// <summary>"87.3 % \u00b1 1.2" over the seeds, both with the same decimals; without the spread where fewer than two seeds have a value.</summary>
    public static string MeanAndSpread(MetricInfo metric, ComparisonRow row)
    {
        string mean = Of(metric, row.Mean);
        if (row.Seeds < 2)
        {
            return mean;
        }

        if (metric.IsFraction)
        {
            return $"{mean} \u00b1 {Points(metric, row.Std)}";
        }

        int point = mean.IndexOf('.');
        int needed = row.Std > 0 ? (int)Math.Clamp(Math.Ceiling(-Math.Log10(1.05 * row.Std)), 0, 4) : 0;
        if (mean.Contains('e') || row.Std >= 1e6)
        {
            return $"{mean} \u00b1 {Short(row.Std)}";
        }

        string format = "N" + Math.Max(needed, point < 0 ? 0 : mean.Length - point - 1).ToString(CultureInfo.InvariantCulture);
        return $"{row.Mean.ToString(format, CultureInfo.InvariantCulture)} \u00b1 {row.Std.ToString(format, CultureInfo.InvariantCulture)}";
    }

    /// <summary>A tick of an axis: as few digits as it has.</summary>
    public static string Axis(double value)
    {
        double size = Math.Abs(value);
        return size is >= 1e6 or (< 1e-4 and > 0)
            ? value.ToString("0.##e+0", CultureInfo.InvariantCulture)
            : value.ToString(size >= 10_000 ? "#,##0" : "0.######", CultureInfo.InvariantCulture);
    }

    /// <summary>A count in at most four characters: "950", "12k", "3M".</summary>
    public static string Brief(long value) => value switch
    {
        < 10_000 => value.ToString(CultureInfo.InvariantCulture),
        < 1_000_000 => (value / 1000).ToString(CultureInfo.InvariantCulture) + "k",
        _ => (value / 1_000_000).ToString(CultureInfo.InvariantCulture) + "M",
    };

    /// <summary>A large number in few characters: "9,876", "25.1 k", "3.42 M".</summary>
    public static string Large(double value) => value switch
    {
        < 10_000 => value.ToString("#,##0", CultureInfo.InvariantCulture),
        < 1e6 => (value / 1e3).ToString("0.0", CultureInfo.InvariantCulture) + " k",
        < 1e9 => (value / 1e6).ToString("0.00", CultureInfo.InvariantCulture) + " M",
        _ => (value / 1e9).ToString("0.00", CultureInfo.InvariantCulture) + " G",
    };

    /// <summary>A count with thousands apart.</summary>
    public static string Count(long value) => value.ToString("#,##0", CultureInfo.InvariantCulture);

    /// <summary>"1 seed", "3 seeds".</summary>
    public static string Count(long value, string one) => value == 1 ? $"1 {one}" : $"{Count(value)} {one}s";

    /// <summary>Seconds as "0.8 s", "42 s", "3 min 5 s", "2 h 10 min".</summary>
    public static string Duration(double seconds)
    {
        if (!double.IsFinite(seconds))
        {
            return "-";
        }

        long whole = (long)Math.Round(seconds);
        return seconds < 10 ? seconds.ToString("0.0", CultureInfo.InvariantCulture) + " s"
            : whole < 60 ? $"{whole} s"
            : whole < 3600 ? $"{whole / 60} min {whole % 60} s"
            : $"{whole / 3600} h {whole % 3600 / 60} min";
    }

    /// <summary>A share of a whole: "4.2 %"; a dash where the whole is 0.</summary>
    public static string Percent(double part, double whole) =>
        whole == 0 ? "-" : (100 * part / whole).ToString("0.0", CultureInfo.InvariantCulture) + " %";
}
