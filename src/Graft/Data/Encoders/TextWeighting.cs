namespace Graft.Data.Encoders;

/// <summary>What the feature of a word holds.</summary>
public enum TextWeighting
{
    /// <summary>How often the word occurs in the text.</summary>
    Tf,

    /// <summary>The same times ln((1 + n) / (1 + texts with the word)) + 1, rows scaled to length 1.</summary>
    TfIdf,
}
