using System.Text.Json;

namespace Graft.Data.Text;

/// <summary>Reads the model of a tokenizer.json.</summary>
internal static class ModelReader
{
    /// <summary>Fills the vocabulary, and says how to make the tokenizer once the rest of it is read.</summary>
    public static Func<TokenizerParts, Tokenizer> Read(JsonFields model, Vocabulary vocabulary)
    {
        Func<TokenizerParts, Tokenizer> make = Kind(model) switch
        {
            "WordLevel" => WordLevel(model, vocabulary),
            _ => throw model.Unknown("WordLevel"),
        };
        return vocabulary.Count > 0 ? make : throw model.Refuse("vocab", "at least one token", "none");
    }

    // Files of old say nothing of their type.
    private static string Kind(JsonFields model) => model.Has("type") ? model.Type
        : model.Has("merges") ? "BPE"
        : model.Value("vocab").ValueKind == JsonValueKind.Array ? "Unigram"
        : model.Has("max_input_chars_per_word") ? "WordPiece" : "WordLevel";

    private static Func<TokenizerParts, WordTokenizer> WordLevel(JsonFields model, Vocabulary vocabulary)
    {
        Fill(model, vocabulary);
        int unknown = vocabulary.Find(model.Text("unk_token", "")) ?? -1;
        return parts => new WordTokenizer(parts, unknown);
    }

    private static void Fill(JsonFields model, Vocabulary vocabulary)
    {
        JsonElement all = model.Value("vocab");
        if (all.ValueKind != JsonValueKind.Object)
        {
            throw model.Refuse("vocab", "an object", JsonFields.Name(all));
        }

        int count = all.GetPropertyCount();
        foreach (JsonProperty token in all.EnumerateObject())
        {
            vocabulary.Add(
                token.Name,
                token.Value.ValueKind == JsonValueKind.Number && token.Value.TryGetInt32(out int id) ? id : throw model.Refuse($"vocab.{JsonFields.Short(token.Name)}", "a number", JsonFields.Name(token.Value)),
                count);
        }
    }
}
