using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Graft.Data.Text.Splitting;

namespace Graft.Data.Text;

/// <summary>Whole words: each is a token, or unknown.</summary>
/// <remarks>
/// A vocabulary that was learned has the padding at 0, the unknown word at 1, and then the words in the order of their frequency; words of one frequency in
/// ordinal order. Words of more than 100 characters are not learned. It is written as a tokenizer.json of the model WordLevel.
/// </remarks>
public sealed class WordTokenizer : Tokenizer
{
    /// <summary>What <see cref="Encoders.InputOptions.Tokenizer"/> says for runs of letters and digits and runs of other signs.</summary>
    public const string Words = "words";

    /// <summary>What it says for what stands between spaces.</summary>
    public const string Spaces = "spaces";

    /// <summary>Most words that are learned where nothing is said.</summary>
    public const int DefaultWords = 20_000;

    private const string PaddingToken = "[PAD]", UnknownToken = "[UNK]";
    private const int MostCharacters = 100;

    private readonly Vocabulary _vocabulary;
    private readonly int _unknown;

    internal WordTokenizer(TokenizerParts parts, int unknown)
        : base(parts)
    {
        _vocabulary = parts.Vocabulary;
        _unknown = unknown;
    }

    /// <summary>Learns a vocabulary.</summary>
    /// <param name="texts">The training rows, and no others; null has no words.</param>
    /// <param name="maxWords">Most words to keep, besides padding and unknown; at least 1.</param>
    /// <param name="minCount">How often a word must occur; at least 1.</param>
    /// <param name="lowercase">Whether upper and lower case are the same.</param>
    /// <param name="spaces">Whether words are what stands between spaces, as in texts that were divided before.</param>
    /// <returns>Null where no word is left.</returns>
    public static WordTokenizer? Learn(IEnumerable<string?> texts, int maxWords = DefaultWords, int minCount = 1, bool lowercase = true, bool spaces = false)
    {
        _ = Tensors.Check.AtLeast(1, maxWords);
        _ = Tensors.Check.AtLeast(1, minCount);
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        var normalizer = new Normalizing.Lowercase();
        PreTokenizer splitter = spaces ? new SpaceSplitter() : new WordSplitter();
        foreach (string? text in texts)
        {
            var whole = AlignedText.Of(text ?? "", 0, text?.Length ?? 0);
            whole = lowercase ? normalizer.Apply(whole) : whole;
            foreach (Piece piece in splitter.Apply(new Pieces(whole, [new Piece(0, whole.Length)])).All)
            {
                if (piece.Length <= MostCharacters)
                {
                    ReadOnlySpan<char> word = whole.Chars.Slice(piece.Start, piece.Length);
                    lookup[word] = (lookup.TryGetValue(word, out int count) ? count : 0) + 1;
                }
            }
        }

        string[] words = [.. counts.Where(w => w.Value >= minCount && w.Key is not (PaddingToken or UnknownToken))
            .OrderByDescending(w => w.Value).ThenBy(w => w.Key, StringComparer.Ordinal).Take(maxWords).Select(w => w.Key)];
        return words.Length == 0 ? null : (WordTokenizer)TokenizerFile.Parse(Define(words, lowercase, spaces), "", isOwn: true);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"WordTokenizer({VocabularySize} tokens)");

    private protected override void Tokenize(AlignedText text, Piece piece, TokenList into)
    {
        int id = _vocabulary.Find(text.Chars.Slice(piece.Start, piece.Length));
        if (id >= 0 || _unknown >= 0)
        {
            into.Add(id >= 0 ? id : _unknown, text.Place(piece.Start, piece.Length));
        }
    }

    private static byte[] Define(string[] words, bool lowercase, bool spaces)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("version", "1.0");
            json.WriteStartObject("padding");
            json.WriteString("strategy", "BatchLongest");
            json.WriteNumber("pad_id", 0);
            json.WriteString("pad_token", PaddingToken);
            json.WriteEndObject();
            json.WriteStartArray("added_tokens");
            json.WriteEndArray();
            if (lowercase)
            {
                json.WriteStartObject("normalizer");
                json.WriteString("type", "Lowercase");
                json.WriteEndObject();
            }
            else
            {
                json.WriteNull("normalizer");
            }

            json.WriteStartObject("pre_tokenizer");
            json.WriteString("type", spaces ? "WhitespaceSplit" : "Whitespace");
            json.WriteEndObject();
            json.WriteNull("post_processor");
            json.WriteNull("decoder");
            json.WriteStartObject("model");
            json.WriteString("type", "WordLevel");
            json.WriteString("unk_token", UnknownToken);
            json.WriteStartObject("vocab");
            json.WriteNumber(PaddingToken, 0);
            json.WriteNumber(UnknownToken, 1);
            for (int i = 0; i < words.Length; i++)
            {
                json.WriteNumber(words[i], i + 2);
            }

            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
