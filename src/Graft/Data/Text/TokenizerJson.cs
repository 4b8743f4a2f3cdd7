using System.Text.Json;
using System.Text.Json.Serialization;

namespace Graft.Data.Text;

/// <summary>How definitions of tokenizers are written; generated, so that it works in a trimmed build.</summary>
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class TokenizerJson : JsonSerializerContext;
