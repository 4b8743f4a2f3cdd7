using Graft.Data.Text.Splitting;

namespace Graft.Data.Text;

/// <summary>Reads the pre-tokenizer of a tokenizer.json.</summary>
internal static class PreTokenizerReader
{
    public static PreTokenizer Read(JsonFields fields) => fields.Type switch
    {
        "Whitespace" => new WordSplitter(),
        "WhitespaceSplit" => new SpaceSplitter(),
        "Sequence" => new PreTokenizerSequence([.. fields.Objects("pretokenizers", NormalizerReader.MostSteps).Select(Read)]),
        _ => throw fields.Unknown("Whitespace, WhitespaceSplit or Sequence"),
    };
}
