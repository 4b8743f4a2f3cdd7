namespace Graft.Data.Encoders;

/// <summary>How numbers are brought to a common scale: x becomes (x - center) / scale, both learned on the training rows.</summary>
public enum NumberScaling
{
    /// <summary>Center is the mean, scale the standard deviation (divided by n).</summary>
    Standard,

    /// <summary>Center is the least value, scale the range: training values lie in [0, 1].</summary>
    Minmax,

    /// <summary>Center is the median, scale the distance of the quartiles: outliers have little say.</summary>
    Robust,

    /// <summary>Numbers are left as they are.</summary>
    None,
}
