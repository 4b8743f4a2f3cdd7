using System.Text.Json.Serialization;

namespace Graft.Data.Encoders;

/// <summary>How encoders are written as JSON; generated, so that it works in a trimmed build.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(InputEncoder))]
internal sealed partial class EncoderJson : JsonSerializerContext;
