using Graft.Data.Text.Normalizing;

namespace Graft.Data.Text;

/// <summary>Reads the normalizer of a tokenizer.json.</summary>
internal static class NormalizerReader
{
    public const int MostSteps = 100;

    public static Normalizer Read(JsonFields fields) => fields.Type switch
    {
        "Lowercase" => new Lowercase(),
        "Sequence" => new NormalizerSequence([.. fields.Objects("normalizers", MostSteps).Select(Read)]),
        _ => throw fields.Unknown("Lowercase or Sequence"),
    };
}
