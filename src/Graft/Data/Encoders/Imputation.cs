namespace Graft.Data.Encoders;

/// <summary>What stands in for a missing number; learned on the training rows.</summary>
public enum Imputation
{
    /// <summary>The mean of the training values.</summary>
    Mean,

    /// <summary>The median of the training values.</summary>
    Median,
}
