using Graft.Data.Text.Splitting;

namespace Graft.Data.Text;

/// <summary>Reads the pre-tokenizer of a tokenizer.json.</summary>
internal static class PreTokenizerReader
{
    private const int BytesOfCharacter = 4;

    public static PreTokenizer Read(JsonFields fields, StepBudget budget)
    {
        if (fields.Type == "Sequence")
        {
            return new PreTokenizerSequence([.. fields.Objects("pretokenizers", NormalizerReader.MostSteps).Select(f => Read(f, budget))]);
        }

        budget.Take(fields, fields.Type == "ByteLevel" ? BytesOfCharacter : 1);
        return fields.Type switch
        {
            "BertPreTokenizer" => new BertSplitter(),
            "Whitespace" => new WordSplitter(),
            "WhitespaceSplit" => new SpaceSplitter(),
            "ByteLevel" => new ByteLevel(fields.Flag("add_prefix_space", true), fields.Flag("use_regex", true)),
            "Metaspace" => Metaspace(fields),
            "Split" => new PatternSplitter(PatternReader.Read(fields, "pattern"), Behavior(fields, null), fields.Flag("invert", false)),
            "Punctuation" => new PatternSplitter(new RunPattern(CharKinds.IsPunctuation, most: 1), Behavior(fields, "Isolated"), false),
            "Digits" => new PatternSplitter(new RunPattern(CharKinds.IsNumber, most: 1), fields.Flag("individual_digits", false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous, false),
            "CharDelimiterSplit" => new PatternSplitter(new LiteralPattern(Sign(fields, "delimiter", " ")), SplitBehavior.Removed, false),
            _ => throw fields.Unknown("BertPreTokenizer, Whitespace, WhitespaceSplit, ByteLevel, Metaspace, Split, Punctuation, Digits, CharDelimiterSplit or Sequence"),
        };
    }

    private static SplitBehavior Behavior(JsonFields fields, string? fallback)
    {
        string name = fallback is null ? fields.Text("behavior") : fields.Text("behavior", fallback);
        return Enum.GetValues<SplitBehavior>().Where(b => b.ToString().Equals(name, StringComparison.OrdinalIgnoreCase)).Cast<SplitBehavior?>().FirstOrDefault()
            ?? throw fields.Refuse("behavior", string.Join(", ", Enum.GetNames<SplitBehavior>()), $"'{JsonFields.Short(name)}'");
    }

    // Files of old say add_prefix_space, later ones prepend_scheme.
    private static Metaspace Metaspace(JsonFields fields)
    {
        string scheme = fields.Text("prepend_scheme", fields.Flag("add_prefix_space", true) ? "always" : "never");
        return scheme is "always" or "first" or "never"
            ? new Metaspace(Sign(fields, "replacement", "\u2581")[0], scheme == "always", scheme == "first", fields.Flag("split", true))
            : throw fields.Refuse("prepend_scheme", "always, first or never", $"'{JsonFields.Short(scheme)}'");
    }

    private static string Sign(JsonFields fields, string name, string fallback) => fields.Text(name, fallback) is { Length: 1 } sign && !char.IsSurrogate(sign[0])
        ? sign
        : throw fields.Refuse(name, "one character", $"'{JsonFields.Short(fields.Text(name, fallback))}'");
}
