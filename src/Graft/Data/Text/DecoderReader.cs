using Graft.Data.Text.Finishing;

namespace Graft.Data.Text;

/// <summary>Reads the decoder of a tokenizer.json.</summary>
internal static class DecoderReader
{
    public static Decoder Read(JsonFields fields) => throw fields.Unknown("none");
}
