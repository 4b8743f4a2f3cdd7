namespace Graft.Tasks;

/// <summary>What a task asks of every row.</summary>
public enum TaskKind
{
    /// <summary>One of two classes; the model gives the probability of the positive one.</summary>
    Binary,

    /// <summary>One of several classes; the model gives a probability for each, and they sum to 1.</summary>
    MultiClass,

    /// <summary>Any of several labels; the model gives a probability for each.</summary>
    MultiLabel,

    /// <summary>One number or several.</summary>
    Regression,
}
