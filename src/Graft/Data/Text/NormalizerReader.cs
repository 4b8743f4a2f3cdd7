using System.Text.Json;
using Graft.Data.Text.Normalizing;
using Graft.Data.Text.Splitting;

namespace Graft.Data.Text;

/// <summary>Reads the normalizer of a tokenizer.json.</summary>
internal static class NormalizerReader
{
    public const int MostSteps = 64;

    private const int MostContent = 64;

    public static Normalizer Read(JsonFields fields, StepBudget budget)
    {
        switch (fields.Type)
        {
            case "BertNormalizer":
                bool lowers = fields.Flag("lowercase", true);
                budget.Take(fields);
                return new BertNormalizer(fields.Flag("clean_text", true), fields.Flag("handle_chinese_chars", true), fields.Flag("strip_accents", lowers), lowers);
            case "Lowercase":
                budget.Take(fields);
                return new Lowercase();
            case "StripAccents":
                budget.Take(fields);
                return new StripAccents();
            case "NFC" or "NFD" or "NFKC" or "NFKD":
                budget.Take(fields);
                return new UnicodeNormalizer(fields.Type.EndsWith('C'), fields.Type.Contains('K', StringComparison.Ordinal));
            case "Strip":
                budget.Take(fields);
                return new Strip(fields.Flag("strip_left", true), fields.Flag("strip_right", true));
            case "Prepend":
                budget.Take(fields);
                return new Prepend(Content(fields, "prepend"));
            case "Replace":
                string content = Content(fields, "content");
                budget.Take(fields, content.Length);
                return new Replace(PatternReader.Read(fields, "pattern"), content);
            case "Precompiled":
                budget.Take(fields, Precompiled.MostReplacement);
                return Table(fields);
            case "Sequence":
                return new NormalizerSequence([.. fields.Objects("normalizers", MostSteps).Select(f => Read(f, budget))]);
            default:
                throw fields.Unknown("BertNormalizer, NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Strip, Prepend, Replace, Precompiled or Sequence");
        }
    }

    private static string Content(JsonFields fields, string name) => fields.Text(name) is { Length: <= MostContent } content
        ? content
        : throw fields.Refuse(name, $"at most {MostContent} characters", $"{fields.Text(name).Length}");

    private static Precompiled Table(JsonFields fields)
    {
        try
        {
            JsonElement table = fields.Value("precompiled_charsmap");
            return new Precompiled(table.ValueKind == JsonValueKind.String && table.TryGetBytesFromBase64(out byte[]? bytes) ? bytes : []);
        }
        catch (ArgumentException e)
        {
            throw fields.Refuse("precompiled_charsmap", "a table in base 64 with a tree of bytes", e.Message.Split("got ")[^1]);
        }
    }
}
