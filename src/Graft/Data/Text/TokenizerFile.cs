using System.Text.Json;
using Graft.Data.Text.Finishing;
using Graft.Data.Text.Normalizing;
using Graft.Data.Text.Splitting;

namespace Graft.Data.Text;

/// <summary>Reads tokenizer.json and vocab.txt. Nothing in them is trusted: sizes, counts and depth are bounded, and patterns are known ones or refused.</summary>
internal static class TokenizerFile
{
    private const long MostBytes = 256L << 20;
    private const int MostDepth = 24;
    private const int MostAdded = 100_000;

    public static Tokenizer Read(string path)
    {
        byte[] bytes = Bytes(path);
        return Path.GetExtension(path).Equals(".txt", StringComparison.OrdinalIgnoreCase)
            ? Parse(VocabularyText.ToJson(bytes, path), path, isOwn: true)
            : Parse(bytes, path);
    }

    /// <param name="json">The text.</param>
    /// <param name="file">The file it stands in, for messages.</param>
    /// <param name="isOwn">Whether it was written here without spaces, and can be kept as it is.</param>
    public static Tokenizer Parse(byte[] json, string file, bool isOwn = false)
    {
        try
        {
            ReadOnlyMemory<byte> content = json.AsSpan().StartsWith("\uFEFF"u8) ? json.AsMemory(3) : json;
            using var document = JsonDocument.Parse(content, new JsonDocumentOptions { MaxDepth = MostDepth });
            return isOwn ? Make(new JsonFields(document.RootElement, "", file), json) : Parse(document.RootElement, file);
        }
        catch (JsonException e)
        {
            throw new GraftInputException(file, $"expected a tokenizer.json, got: {e.Message.ReplaceLineEndings(" ").TrimEnd('.')}.", inner: e);
        }
    }

    public static Tokenizer Parse(JsonElement root, string file)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new GraftInputException(file, $"expected a tokenizer.json with an object in it, got {JsonFields.Name(root)}.");
        }

        try
        {
            return Make(new JsonFields(root, "", file), JsonSerializer.SerializeToUtf8Bytes(root, TokenizerJson.Default.JsonElement));
        }
        catch (InvalidOperationException e)
        {
            throw new GraftInputException(file, $"expected a tokenizer.json, got: {e.Message.ReplaceLineEndings(" ").TrimEnd('.')}.", inner: e);
        }
    }

    private static Tokenizer Make(JsonFields root, byte[] definition)
    {
        JsonFields model = root.Object("model");
        var vocabulary = new Vocabulary(root.File);
        var parts = new TokenizerParts(vocabulary, definition)
        {
            Normalizer = root.Has("normalizer") ? NormalizerReader.Read(root.Object("normalizer"), new StepBudget()) : null,
            PreTokenizer = root.Has("pre_tokenizer") ? PreTokenizerReader.Read(root.Object("pre_tokenizer"), new StepBudget()) : null,
            Decoder = root.Has("decoder") ? DecoderReader.Read(root.Object("decoder"), new StepBudget()) : null,
            Truncation = root.Has("truncation") ? ReadTruncation(root.Object("truncation")) : null,
            Padding = root.Has("padding") ? ReadPadding(root.Object("padding")) : null,
        };
        Func<TokenizerParts, Tokenizer> make = ModelReader.Read(model, vocabulary);
        var special = new HashSet<int>();
        foreach (JsonFields token in root.Has("added_tokens") ? root.Objects("added_tokens", MostAdded) : [])
        {
            Add(token, parts, special);
        }

        if (parts.Padding is { } padding && padding.Id >= vocabulary.Size)
        {
            throw root.Refuse("padding.pad_id", $"a token of the vocabulary of {vocabulary.Size}", $"{padding.Id}");
        }

        return make(parts with
        {
            Special = special,
            Template = root.Has("post_processor") ? TemplateReader.Read(root.Object("post_processor"), vocabulary) : Template.None,
        });
    }

    private static void Add(JsonFields token, TokenizerParts parts, HashSet<int> special)
    {
        string content = token.Text("content");
        int? known = parts.Vocabulary.Find(content);
        int id = known ?? token.Whole("id");
        if (known is null)
        {
            parts.Vocabulary.Add(content, id, Math.Max(parts.Vocabulary.Size + 1, parts.Vocabulary.Count + 1));
        }

        bool isSpecial = token.Flag("special", false), isNormalized = token.Flag("normalized", !isSpecial);
        var added = new AddedToken(id, content, isSpecial, token.Flag("single_word", false), token.Flag("lstrip", false), token.Flag("rstrip", false));
        if (isSpecial)
        {
            special.Add(id);
        }

        if (isNormalized && parts.Normalizer is { } normalizer)
        {
            parts.Normalized.Add(added, normalizer.Apply(AlignedText.Of(content, 0, content.Length)).Chars);
        }
        else
        {
            parts.Raw.Add(added, content);
        }
    }

    private static Truncation ReadTruncation(JsonFields truncation)
    {
        int most = truncation.Whole("max_length");
        return new Truncation(
            most > 0 ? most : throw truncation.Refuse("max_length", "a whole number >= 1", "0"),
            truncation.Text("strategy", "LongestFirst") switch
            {
                "LongestFirst" => TruncationStrategy.LongestFirst,
                "OnlyFirst" => TruncationStrategy.OnlyFirst,
                "OnlySecond" => TruncationStrategy.OnlySecond,
                string other => throw truncation.Refuse("strategy", "LongestFirst, OnlyFirst or OnlySecond", $"'{JsonFields.Short(other)}'"),
            },
            truncation.Text("direction", "Right") == "Left");
    }

    private static Padding ReadPadding(JsonFields padding)
    {
        bool isFixed = padding.Value("strategy").ValueKind == JsonValueKind.Object;
        int multiple = padding.Whole("pad_to_multiple_of", 1), id = padding.Whole("pad_id"), length = isFixed ? padding.Object("strategy").Whole("Fixed") : 0;
        return id < Vocabulary.Most && length <= 1 << 20 && multiple is >= 1 and <= 1 << 20
            ? new Padding(id, padding.Text("pad_token", ""), padding.Whole("pad_type_id", 0), length, multiple, padding.Text("direction", "Right") == "Left")
            : throw padding.Refuse("", "lengths up to 2^20 and a token of the vocabulary", $"pad_id {id}, length {length}, pad_to_multiple_of {multiple}");
    }

    private static byte[] Bytes(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            if (stream.Length > MostBytes)
            {
                throw new GraftInputException(path, $"expected a tokenizer of at most {MostBytes} bytes, got {stream.Length}.");
            }

            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new GraftInputException(path, $"expected a readable tokenizer, got: {e.Message.ReplaceLineEndings(" ").TrimEnd('.')}.", inner: e);
        }
    }
}
