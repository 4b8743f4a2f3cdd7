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
            "WordPiece" => WordPiece(model, vocabulary),
            "BPE" => BytePairs(model, vocabulary),
            "Unigram" => Unigram(model, vocabulary),
            _ => throw model.Unknown("WordLevel, WordPiece, BPE or Unigram"),
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

    private static Func<TokenizerParts, WordPieceTokenizer> WordPiece(JsonFields model, Vocabulary vocabulary)
    {
        Fill(model, vocabulary);
        int unknown = vocabulary.Need(model.Text("unk_token", "[UNK]"), $"{model.Path}.unk_token");
        string prefix = model.Text("continuing_subword_prefix", "##");
        int most = model.Whole("max_input_chars_per_word", 100);
        return parts => new WordPieceTokenizer(parts, prefix, unknown, most);
    }

    private static Func<TokenizerParts, BytePairTokenizer> BytePairs(JsonFields model, Vocabulary vocabulary)
    {
        Fill(model, vocabulary);
        if (model.Has("dropout") && !(model.Value("dropout") is { ValueKind: JsonValueKind.Number } dropout && dropout.TryGetDouble(out double share) && share == 0))
        {
            throw model.Refuse("dropout", "none, so that a text has always the same tokens", JsonFields.Name(model.Value("dropout")));
        }

        var bytePairs = new BytePairModel(vocabulary, Merges(model), model);
        return parts => new BytePairTokenizer(parts with { WordEnd = bytePairs.Suffix }, bytePairs);
    }

    // Files of old have texts with a space between the two.
    private static List<(string, string)> Merges(JsonFields model)
    {
        var merges = new List<(string, string)>();
        foreach (JsonElement merge in model.List("merges", Vocabulary.Most))
        {
            string[] parts = merge.ValueKind switch
            {
                JsonValueKind.String => merge.GetString()!.Split(' '),
                JsonValueKind.Array when merge.GetArrayLength() == 2 => [.. merge.EnumerateArray().Select(p => p.ValueKind == JsonValueKind.String ? p.GetString()! : "")],
                _ => [],
            };
            merges.Add(parts is [{ Length: > 0 } left, { Length: > 0 } right]
                ? (left, right)
                : throw model.Refuse($"merges[{merges.Count}]", "two tokens", JsonFields.Name(merge)));
        }

        return merges;
    }

    private static Func<TokenizerParts, UnigramTokenizer> Unigram(JsonFields model, Vocabulary vocabulary)
    {
        JsonElement.ArrayEnumerator all = model.List("vocab", Vocabulary.Most);
        int count = model.Value("vocab").GetArrayLength();
        var scores = new double[count];
        foreach (JsonElement token in all)
        {
            int id = vocabulary.Size;
            bool isPair = token.ValueKind == JsonValueKind.Array && token.GetArrayLength() == 2 && token[0].ValueKind == JsonValueKind.String && token[1].ValueKind == JsonValueKind.Number;
            scores[id] = isPair && token[1].TryGetDouble(out double score) && double.IsFinite(score)
                ? score
                : throw model.Refuse($"vocab[{id}]", "a token and its score", JsonFields.Name(token));
            vocabulary.Add(token[0].GetString()!, id, count);
        }

        int unknown = model.Has("unk_id") ? model.Whole("unk_id") : -1;
        if (unknown >= count)
        {
            throw model.Refuse("unk_id", $"a token of the vocabulary of {count}", $"{unknown}");
        }

        bool hasBytes = model.Flag("byte_fallback", false);
        return parts => new UnigramTokenizer(parts, scores, unknown, hasBytes ? new ByteTokens(vocabulary) : null);
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
