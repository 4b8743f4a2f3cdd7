using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Graft.Data.Text;
using Graft.Tests.Data.Sources;

namespace Graft.Tests.Data.Text;

/// <summary>What Hugging Face's own JavaScript library makes of the same texts; Golden/make_tokenizers.mjs made the numbers.</summary>
public sealed class TokenizerGoldenTests
{
    public static TheoryData<string> Names => new("wordpiece-uncased", "wordpiece-cased", "bytes-gpt2", "bytes-roberta", "bytes-llama3", "bytes-clip", "characters-llama2", "unigram-t5", "unigram-nfd");

    public static TheoryData<string, int, int, string> RealFiles
    {
        get
        {
            var rows = new TheoryData<string, int, int, string>();
            foreach (string line in File.ReadLines(GoldenFile.PathOf("tokenizers_real.tsv")).Where((_, i) => i % 3 == 0))      // all agree; a third takes seconds
            {
                string[] parts = line.Split('\t');
                rows.Add(parts[0], int.Parse(parts[1], CultureInfo.InvariantCulture), int.Parse(parts[2], CultureInfo.InvariantCulture), parts[3]);
            }

            return rows;
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Every_text_has_the_tokens_of_the_other_library(string name)
    {
        var tokenizer = Tokenizer.Read(PathOf($"{name}.json"));
        var wrong = new List<string>();
        foreach (JsonElement row in Golden(name))
        {
            TokenizedText text = Encode(tokenizer, row);
            int[] ids = Numbers(row, "ids");
            if (!ids.SequenceEqual(text.Ids))
            {
                wrong.Add($"{row.GetProperty("text")}\n  {string.Join(' ', row.GetProperty("tokens").EnumerateArray())}\n  {string.Join(' ', text.Tokens)}");
            }

            // The library gives what is unknown to a Unigram model as the text it was.
            Assert.True(tokenizer is UnigramTokenizer || !ids.SequenceEqual(text.Ids) || row.GetProperty("tokens").EnumerateArray().Select(t => t.GetString()).SequenceEqual(text.Tokens));
            // RoBERTa has one type, which the library does not know.
            if (!name.StartsWith("bytes-", StringComparison.Ordinal) && row.TryGetProperty("types", out JsonElement types) && ids.SequenceEqual(text.Ids))
            {
                Assert.Equal(types.EnumerateArray().Select(t => t.GetInt32()), text.TypeIds);
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Theory, MemberData(nameof(Names))]
    public void Tokens_are_the_same_text_again(string name)
    {
        var tokenizer = Tokenizer.Read(PathOf($"{name}.json"));
        var wrong = new List<string>();
        foreach (JsonElement row in Golden(name))
        {
            string expected = row.GetProperty("decoded").GetString()!, actual = tokenizer.Decode(Numbers(row, "ids"));
            if (expected != actual)
            {
                wrong.Add($"{expected}\n  {actual}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Theory, MemberData(nameof(Names))]
    public void What_was_written_and_read_again_gives_the_same_tokens(string name)
    {
        var tokenizer = Tokenizer.Read(PathOf($"{name}.json"));

        var again = Tokenizer.FromJson(tokenizer.ToJson());

        Assert.Equal(tokenizer.ToString(), again.ToString());
        Assert.All(Golden(name), row => Assert.Equal(Encode(tokenizer, row).Ids, Encode(again, row).Ids));
    }

    // Places tile the text but for what was normalized away: they never go back, never leave the text and never cut a surrogate pair.
    [Theory, MemberData(nameof(Names))]
    public void Places_stay_within_the_text_and_in_order(string name)
    {
        var tokenizer = Tokenizer.Read(PathOf($"{name}.json"));

        Assert.All(Golden(name), row =>
        {
            string[] texts = [row.GetProperty("text").GetString()!, row.TryGetProperty("pair", out JsonElement pair) ? pair.GetString()! : ""];
            TokenizedText tokens = Encode(tokenizer, row);
            int[] reached = [0, 0];
            for (int i = 0; i < tokens.Ids.Count; i++)
            {
                if (tokens.IsSpecial[i])
                {
                    Assert.Equal((-1, default), (tokens.Texts[i], tokens.Places[i]));
                    continue;
                }

                string text = texts[tokens.Texts[i]];
                TextPlace place = tokens.Places[i];
                Assert.InRange(place.Start, 0, place.End);
                Assert.InRange(place.End, place.Start, text.Length);
                Assert.False(place.Start < text.Length && char.IsLowSurrogate(text[place.Start]));
                Assert.True(place.End >= reached[tokens.Texts[i]]);
                reached[tokens.Texts[i]] = place.Start;
            }
        });
    }

    [Theory, MemberData(nameof(RealFiles))]
    public void Real_sentences_have_the_tokens_of_the_other_library(string path, int lines, int tokens, string digest)
    {
        var tokenizer = Tokenizer.Read(RealData.PathOf("bert_vocab/tokenizer.json"));
        string[] all = File.ReadAllText(RealData.PathOf(path), Encoding.Latin1).Split('\n');
        var ids = new int[all.Length][];
        Parallel.For(0, all.Length, i => ids[i] = [.. tokenizer.Encode(all[i]).Ids]);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (int[] line in ids)
        {
            hash.AppendData(MemoryMarshal.AsBytes(line.AsSpan()));
        }

        Assert.Equal((lines, tokens), (all.Length, ids.Sum(i => i.Length)));
        Assert.Equal(digest, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private static string PathOf(string file) => GoldenFile.PathOf(Path.Combine("Text", file));

    private static JsonElement.ArrayEnumerator Golden(string name) => JsonDocument.Parse(GoldenFile.Read("tokenizers.json")).RootElement.GetProperty(name).EnumerateArray();

    private static int[] Numbers(JsonElement row, string name) => [.. row.GetProperty(name).EnumerateArray().Select(n => n.GetInt32())];

    private static TokenizedText Encode(Tokenizer tokenizer, JsonElement row) =>
        tokenizer.Encode(row.GetProperty("text").GetString()!, row.TryGetProperty("pair", out JsonElement pair) ? pair.GetString() : null);
}
