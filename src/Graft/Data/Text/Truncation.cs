namespace Graft.Data.Text;

/// <summary>Which of two texts is made shorter where both together are too long.</summary>
public enum TruncationStrategy
{
    /// <summary>The longer one, until both are of a length, and then both in turn.</summary>
    LongestFirst,

    /// <summary>The first one alone.</summary>
    OnlyFirst,

    /// <summary>The second one alone.</summary>
    OnlySecond,
}

/// <summary>How many tokens a text may have.</summary>
/// <param name="MaxTokens">Most tokens, with those that are put at the ends; at least 1.</param>
/// <param name="Strategy">Which of two texts is made shorter.</param>
/// <param name="FromStart">Whether texts lose their beginning instead of their end.</param>
public sealed record Truncation(int MaxTokens, TruncationStrategy Strategy = TruncationStrategy.LongestFirst, bool FromStart = false)
{
    /// <summary>Most tokens, with those that are put at the ends.</summary>
    public int MaxTokens { get; } = Tensors.Check.AtLeast(1, MaxTokens);
}
