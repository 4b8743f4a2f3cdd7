namespace Graft.Data.Encoders;

/// <summary>What a text becomes: a feature for every word, holding a number, or its tokens one after the other.</summary>
public enum TextWeighting
{
    /// <summary>How often the word occurs in the text.</summary>
    Tf,

    /// <summary>The same times ln((1 + n) / (1 + texts with the word)) + 1, rows scaled to length 1.</summary>
    TfIdf,

    /// <summary>No features but the numbers of the tokens in their order.</summary>
    Tokens,
}
