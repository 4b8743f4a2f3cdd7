using Graft.Data.Text.Finishing;

namespace Graft.Data.Text;

/// <summary>Reads the decoder of a tokenizer.json.</summary>
internal static class DecoderReader
{
    private const int MostContent = 64;

    public static Decoder Read(JsonFields fields, StepBudget budget)
    {
        if (fields.Type == "Sequence")
        {
            return new DecoderSequence([.. fields.Objects("decoders", NormalizerReader.MostSteps).Select(f => Read(f, budget))]);
        }

        budget.Take(fields, fields.Type == "Replace" ? fields.Text("content").Length : 1);
        return fields.Type switch
        {
            "WordPiece" => new WordPieceDecoder(Short(fields, "prefix", "##"), fields.Flag("cleanup", true)),
            "ByteLevel" => new ByteLevelDecoder(),
            "Metaspace" => new MetaspaceDecoder(Sign(fields, "replacement", "\u2581"), fields.Text("prepend_scheme", fields.Flag("add_prefix_space", true) ? "always" : "never") != "never"),
            "BPEDecoder" => new SuffixDecoder(Short(fields, "suffix", "</w>")),
            "ByteFallback" => new ByteFallbackDecoder(),
            "Fuse" => new FuseDecoder(),
            "Strip" => new StripDecoder(Sign(fields, "content", " "), fields.Whole("start", 0), fields.Whole("stop", 0)),
            "Replace" => new ReplaceDecoder(PatternReader.Read(fields, "pattern"), Short(fields, "content", "")),
            _ => throw fields.Unknown("WordPiece, ByteLevel, Metaspace, BPEDecoder, ByteFallback, Fuse, Strip, Replace or Sequence"),
        };
    }

    private static string Short(JsonFields fields, string name, string fallback) => fields.Text(name, fallback) is { Length: <= MostContent } text
        ? text
        : throw fields.Refuse(name, $"at most {MostContent} characters", $"{fields.Text(name).Length}");

    private static char Sign(JsonFields fields, string name, string fallback) => fields.Text(name, fallback) is { Length: 1 } sign
        ? sign[0]
        : throw fields.Refuse(name, "one character", $"'{JsonFields.Short(fields.Text(name, fallback))}'");
}
