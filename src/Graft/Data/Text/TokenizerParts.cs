using Graft.Data.Text.Finishing;
using Graft.Data.Text.Normalizing;
using Graft.Data.Text.Splitting;

namespace Graft.Data.Text;

/// <summary>All of a tokenizer but its model.</summary>
/// <param name="Vocabulary">Tokens and their numbers.</param>
/// <param name="Definition">The tokenizer.json it was read from.</param>
internal sealed record TokenizerParts(Vocabulary Vocabulary, byte[] Definition)
{
    public Normalizer? Normalizer { get; init; }

    public PreTokenizer? PreTokenizer { get; init; }

    /// <summary>Tokens that are found before the text is normalized.</summary>
    public AddedTokens Raw { get; init; } = new();

    /// <summary>Tokens that are found after it.</summary>
    public AddedTokens Normalized { get; init; } = new();

    /// <summary>Numbers of tokens that stand for no text.</summary>
    public IReadOnlySet<int> Special { get; init; } = new HashSet<int>();

    public Template Template { get; init; } = Template.None;

    public Decoder? Decoder { get; init; }

    /// <summary>What marks the end of a word in tokens; empty for nothing.</summary>
    public string WordEnd { get; init; } = "";

    public Truncation? Truncation { get; init; }

    public Padding? Padding { get; init; }
}
