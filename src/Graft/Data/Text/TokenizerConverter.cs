using System.Text.Json;
using System.Text.Json.Serialization;

namespace Graft.Data.Text;

/// <summary>Tokenizers stand in model files as they stand in a tokenizer.json.</summary>
internal sealed class TokenizerConverter : JsonConverter<Tokenizer>
{
    /// <inheritdoc/>
    public override Tokenizer Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var json = JsonDocument.ParseValue(ref reader);
        try
        {
            return TokenizerFile.Parse(json.RootElement, "");
        }
        catch (GraftInputException e)
        {
            throw new JsonException($"tokenizer: {e.Findings[0].Message}", e);
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Tokenizer value, JsonSerializerOptions options) => writer.WriteRawValue(value.ToJson());
}
