using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Graft.Data.Text;

/// <summary>Makes a tokenizer.json of BERT's vocab.txt: one token a line, its number is the line.</summary>
/// <remarks>The file does not say whether case counts. It does where a token has a capital letter of ASCII, but for those in brackets such as [CLS].</remarks>
internal static class VocabularyText
{
    private const int MostCharacters = 1000;

    private static readonly string[] Special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

    public static byte[] ToJson(byte[] text, string file)
    {
        List<string> tokens = Lines(text, file);
        foreach (string needed in Special[1..4])
        {
            if (!tokens.Contains(needed))
            {
                throw new GraftInputException(file, $"expected a vocabulary of BERT with a line {needed}, got {tokens.Count} lines without.");
            }
        }

        var buffer = new ArrayBufferWriter<byte>(1024 + (3 * text.Length));
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            Write(json, tokens);
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static List<string> Lines(byte[] text, string file)
    {
        try
        {
            using var reader = new StreamReader(new MemoryStream(text), new UTF8Encoding(false, throwOnInvalidBytes: true));
            var lines = new List<string>();
            while (reader.ReadLine() is { } line)
            {
                string token = line.TrimEnd('\r', ' ', '\t');
                if (token.Length is 0 or > MostCharacters)
                {
                    throw new GraftInputException(file, $"expected a token of 1 to {MostCharacters} characters, got {token.Length}.", lines.Count + 1);
                }

                lines.Add(token);
            }

            return lines;
        }
        catch (DecoderFallbackException e)
        {
            throw new GraftInputException(file, "expected text in UTF-8, got bytes that are none.", inner: e);
        }
    }

    private static void Write(Utf8JsonWriter json, List<string> tokens)
    {
        bool hasCase = tokens.Any(t => !(t.StartsWith('[') && t.EndsWith(']')) && t.Any(char.IsAsciiLetterUpper));
        json.WriteStartObject();
        json.WriteString("version", "1.0");
        json.WriteStartArray("added_tokens");
        foreach (string token in Special.Where(tokens.Contains))
        {
            json.WriteStartObject();
            json.WriteNumber("id", tokens.IndexOf(token));
            json.WriteString("content", token);
            json.WriteBoolean("normalized", false);
            json.WriteBoolean("special", true);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("normalizer");
        json.WriteString("type", "BertNormalizer");
        json.WriteBoolean("clean_text", true);
        json.WriteBoolean("handle_chinese_chars", true);
        json.WriteBoolean("lowercase", !hasCase);
        json.WriteEndObject();
        Typed(json, "pre_tokenizer", "BertPreTokenizer");
        json.WriteEndObject();
        json.WriteStartObject("post_processor");
        json.WriteString("type", "BertProcessing");
        foreach ((string name, string token) in new[] { ("sep", "[SEP]"), ("cls", "[CLS]") })
        {
            json.WriteStartArray(name);
            json.WriteStringValue(token);
            json.WriteNumberValue(tokens.IndexOf(token));
            json.WriteEndArray();
        }

        json.WriteEndObject();
        Typed(json, "decoder", "WordPiece");
        json.WriteString("prefix", "##");
        json.WriteBoolean("cleanup", true);
        json.WriteEndObject();
        Typed(json, "model", "WordPiece");
        json.WriteString("unk_token", "[UNK]");
        json.WriteString("continuing_subword_prefix", "##");
        json.WriteNumber("max_input_chars_per_word", 100);
        json.WriteStartObject("vocab");
        for (int i = 0; i < tokens.Count; i++)
        {
            json.WriteNumber(tokens[i], i);
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Typed(Utf8JsonWriter json, string name, string type)
    {
        json.WriteStartObject(name);
        json.WriteString("type", type);
    }
}
