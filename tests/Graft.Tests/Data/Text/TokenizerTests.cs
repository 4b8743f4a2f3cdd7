using System.Text;
using System.Text.Json.Nodes;
using Graft.Data.Text;
using Graft.Tensors.Random;
using Graft.Tests.Data.Sources;

namespace Graft.Tests.Data.Text;

public sealed class TokenizerTests
{
    private static readonly Tokenizer Bert = Read("wordpiece-uncased.json");

    // The accent goes, the capital becomes small, the ideographs stand alone; places are those of the text as it was.
    [Fact]
    public void Every_token_knows_where_it_stands_in_the_text_as_it_was()
    {
        const string Text = "Cre\u0300me BRÛLÉE \u0007 中文!";

        TokenizedText tokens = Bert.Encode(Text);

        // How words are cut depends on the small vocabulary; the places of their parts join to the words.
        string[] parts = [.. tokens.Places.Select(p => Text[p.Start..p.End])];
        Assert.Equal(("", ""), (parts[0], parts[^1]));
        Assert.Equal(["中", "文", "!"], parts[^4..^1]);
        Assert.Equal("Cre\u0300meBRÛLÉE中文!", string.Concat(parts));
        Assert.Equal([true, .. Enumerable.Repeat(false, parts.Length - 2), true], tokens.IsSpecial);
    }

    [Fact]
    public void A_pair_has_two_types_and_places_in_two_texts()
    {
        TokenizedText pair = Bert.Encode("the fox", "the dog");

        Assert.Equal("[CLS] the fox [SEP] the dog [SEP]", string.Join(' ', pair.Tokens));
        Assert.Equal([0, 0, 0, 0, 1, 1, 1], pair.TypeIds);
        Assert.Equal([-1, 0, 0, -1, 1, 1, -1], pair.Texts);
        Assert.Equal(new TextPlace(4, 7), pair.Places[5]);
        Assert.Equal("the fox the dog", Bert.Decode(pair.Ids));
    }

    // 5 and 3 tokens and three around them: to 9 the longer one gives 2; to 6 one and two are left of the 3 there is room for; from the start the ends are kept.
    [Theory]
    [InlineData(11, TruncationStrategy.LongestFirst, false, "the fox the dog the | the lazy dog")]
    [InlineData(9, TruncationStrategy.LongestFirst, false, "the fox the | the lazy dog")]
    [InlineData(6, TruncationStrategy.LongestFirst, false, "the fox | the")]
    [InlineData(6, TruncationStrategy.LongestFirst, true, "dog the | dog")]
    [InlineData(8, TruncationStrategy.OnlyFirst, false, "the fox | the lazy dog")]
    [InlineData(10, TruncationStrategy.OnlySecond, false, "the fox the dog the | the lazy")]
    public void What_is_too_long_is_cut_as_asked(int most, TruncationStrategy strategy, bool fromStart, string expected)
    {
        TokenizedText pair = Bert.Encode("the fox the dog the", "the lazy dog", truncation: new Truncation(most, strategy, fromStart));

        string[] texts = [.. Enumerable.Range(0, 2).Select(t => string.Join(' ', pair.Tokens.Where((_, i) => pair.Texts[i] == t)))];
        Assert.Equal(expected, string.Join(" | ", texts));
        Assert.Equal(most < 11, pair.IsCut);
        Assert.InRange(pair.Ids.Count, 1, most);
    }

    [Fact]
    public void A_text_that_is_too_short_to_cut_is_an_error()
    {
        var e = Assert.Throws<ArgumentException>(() => Bert.Encode("the fox", "the lazy dog", truncation: new Truncation(5, TruncationStrategy.OnlyFirst)));

        Assert.StartsWith("truncation: expected a first text of at least 3 tokens to leave out, got 2. Use LongestFirst.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Texts_are_filled_up_to_one_length_on_either_side()
    {
        IReadOnlyList<TokenizedText> behind = Bert.EncodeAll(["the fox", "the lazy dog"]);
        IReadOnlyList<TokenizedText> before = Bert.EncodeAll(["the fox", "the lazy dog"], new Padding(Bert.PaddingId, Multiple: 8, AtStart: true));

        Assert.Equal("[CLS] the fox [SEP] [PAD]", string.Join(' ', behind[0].Tokens));
        Assert.Equal((0, 4), (behind[0].First, behind[0].Count));
        Assert.Equal("[PAD] [PAD] [PAD] [PAD] [CLS] the fox [SEP]", string.Join(' ', before[0].Tokens));
        Assert.Equal((4, 4), (before[0].First, before[0].Count));
        Assert.True(before[0].IsSpecial[0]);
    }

    [Fact]
    public void Truncation_and_padding_of_the_file_hold_where_nothing_else_is_said()
    {
        JsonNode json = JsonNode.Parse(Bert.ToJson())!;
        json["truncation"] = JsonNode.Parse("""{ "max_length": 4, "strategy": "LongestFirst", "stride": 0, "direction": "Left" }""");
        json["padding"] = JsonNode.Parse("""{ "strategy": { "Fixed": 6 }, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]" }""");

        TokenizedText text = Tokenizer.FromJson(json.ToJsonString()).EncodeAll(["the quick lazy fox"])[0];

        Assert.Equal("[CLS] lazy fox [SEP] [PAD] [PAD]", string.Join(' ', text.Tokens));
    }

    [Fact]
    public void Tokens_that_were_added_are_found_in_texts_with_the_spaces_they_take()
    {
        Tokenizer roberta = Read("bytes-roberta.json");
        const string Text = "the <mask> fox<mask>";

        TokenizedText tokens = roberta.Encode(Text, special: false);

        int mask = roberta.IdOf("<mask>")!.Value;
        Assert.Equal(["\u0120the", "<mask>", "\u0120fox", "<mask>"], tokens.Tokens);
        Assert.Equal(["<mask>", "<mask>"], tokens.Places.Where((_, i) => tokens.Ids[i] == mask).Select(p => Text[p.Start..p.End]));
        Assert.Equal("fox", Text[tokens.Places[2].Start..tokens.Places[2].End]);      // spaces are no part of places here
    }

    [Fact]
    public void A_vocabulary_of_lines_is_the_same_tokenizer()
    {
        Tokenizer lines = Read("vocab.txt");

        Assert.All((string[])["The quick brown fox!", "Crème brûlée", "unknown \U0001F600 [MASK] 中文"], t => Assert.Equal(Bert.Encode(t).Ids, lines.Encode(t).Ids));
        Assert.Equal(Bert.Encode("a", "b").TypeIds, lines.Encode("a", "b").TypeIds);
    }

    [Fact]
    public void Real_vocabularies_of_both_forms_agree()
    {
        var json = Tokenizer.Read(RealData.PathOf("bert_vocab/tokenizer.json"));
        var lines = Tokenizer.Read(RealData.PathOf("bert_vocab/vocab.txt"));

        string[] texts = File.ReadAllLines(RealData.PathOf("sentence_cls7/TREC.test.all"), Encoding.Latin1);
        Assert.All(texts, t => Assert.Equal(json.Encode(t).Ids, lines.Encode(t).Ids));
        Assert.Equal((30522, "WordPieceTokenizer(30522 tokens)"), (json.VocabularySize, lines.ToString()));
    }

    [Theory]
    [InlineData("bert_vocab/tokenizer.json")]
    [InlineData("bert_vocab/vocab.txt")]
    public void A_vocabulary_takes_little_memory(string path)
    {
        string file = RealData.PathOf(path);
        _ = Bert;
        long before = GC.GetAllocatedBytesForCurrentThread();

        _ = Tokenizer.Read(file);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (4 * new FileInfo(file).Length) + (16 << 20));
    }

    // Here the JavaScript library goes another way than the reference in Rust, whose vocabularies these are: a sigma at the end of a word stays as any other,
    // ideographs beyond the first plane stand alone, U+0085 is a space and U+FEFF none, runs of digits are those of all scripts.
    [Fact]
    public void Where_the_libraries_differ_the_reference_counts()
    {
        Tokenizer words = Words("Whitespace", "λόγος", "ab", "σ", "\uFEFFx", "\u0663\u0664");
        Tokenizer digits = Words("Digits", "ab", "\u0663\u0664");
        Tokenizer spaces = Words("WhitespaceSplit", "ab", "\uFEFFx");

        Assert.Equal("[UNK]", words.Encode("ΛΌΓΟΣ").Tokens[0]);       // with a final sigma it would be the word
        Assert.Equal(["ab", "ab"], words.Encode("ab\u0085ab").Tokens);
        Assert.Equal(["ab", "\u0663\u0664", "ab"], digits.Encode("ab\u0663\u0664ab").Tokens);
        Assert.Equal("\uFEFFx", spaces.Encode("\uFEFFx").Tokens[0]);
        Assert.Equal(3, Bert.Encode("a\U00020000b", special: false).Ids.Count);
    }

    // Merging as it is defined: again and again the pair that was learned first, the leftmost of several.
    [Fact]
    public void Long_and_short_words_are_merged_as_the_definition_says()
    {
        Tokenizer tokenizer = Read("bytes-gpt2.json");
        Dictionary<string, int> ranks = [];
        foreach (JsonNode? merge in JsonNode.Parse(tokenizer.ToJson())!["model"]!["merges"]!.AsArray())
        {
            ranks[merge!.ToString()] = ranks.Count;
        }

        var random = RandomStream.For(4, "merges");
        for (int round = 0; round < 300; round++)
        {
            string word = string.Concat(Enumerable.Range(0, 1 + random.NextInt(80)).Select(_ => "theandfoxquiclz"[random.NextInt(15)]));
            List<string> parts = [.. word.Select(c => c.ToString())];
            while (Enumerable.Range(0, parts.Count - 1).Where(i => ranks.ContainsKey($"{parts[i]} {parts[i + 1]}")).Select(i => (int?)i).MinBy(i => ranks[$"{parts[i!.Value]} {parts[i.Value + 1]}"]) is { } at)
            {
                parts[at] += parts[at + 1];
                parts.RemoveAt(at + 1);
            }

            Assert.Equal(parts, tokenizer.Encode(word).Tokens);
        }
    }

    [Fact]
    public void Bytes_and_broken_text_come_back()
    {
        Tokenizer tokenizer = Read("bytes-gpt2.json");

        Assert.Equal("any \u0000 text \U0001F600 中\uFFFD", tokenizer.Decode(tokenizer.Encode("any \u0000 text \U0001F600 中\ud800").Ids));
        Assert.Equal("", tokenizer.Decode([999_999, -1]));
    }

    [Theory]
    [InlineData("""{ "model": { "type": "WordPiece", "vocab": { "a": 0 } } }""", "model.unk_token: expected a token of the vocabulary, got '[UNK]'.")]
    [InlineData("""{ "model": { "type": "Neural", "vocab": {} } }""", "model.type: expected WordLevel, WordPiece, BPE or Unigram, got 'Neural'.")]
    [InlineData("""{ "model": { "type": "WordLevel", "vocab": { "a": 0, "b": 0 } } }""", "vocabulary: expected every token and every number once, got 'b' as 0 a second time.")]
    [InlineData("""{ "model": { "type": "WordLevel", "vocab": { "a": 90000 } } }""", "vocabulary: expected numbers of 1 tokens, got 90000 for 'a'.")]
    [InlineData("""{ "model": { "type": "WordLevel", "vocab": { } } }""", "model.vocab: expected at least one token, got none.")]
    [InlineData("""{ "model": { "type": "BPE", "vocab": { "a": 0 }, "merges": ["a b"] } }""", "model.merges[0]: expected a token of the vocabulary, got 'b'.")]
    [InlineData("""{ "model": { "type": "BPE", "vocab": { "a": 0 }, "merges": [], "dropout": 0.1 } }""", "model.dropout: expected none, so that a text has always the same tokens, got 0.1.")]
    [InlineData("""{ "model": { "type": "Unigram", "vocab": [["a", 1e999]] } }""", "model.vocab[0]: expected a token and its score, got a list.")]
    [InlineData("""{ "pre_tokenizer": { "type": "Split", "pattern": { "Regex": "(a+)+$" }, "behavior": "Isolated" }, "model": { } }""", "pre_tokenizer.pattern.Regex: expected a text or an expression that is known, such as those of GPT-2 and Llama 3, got '(a+)+$'.")]
    [InlineData("""{ "normalizer": { "type": "Sequence", "normalizers": [{ "type": "Nmt" }] }, "model": { } }""", "normalizer.normalizers[0].type: expected BertNormalizer, NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Strip, Prepend, Replace, Precompiled or Sequence, got 'Nmt'.")]
    [InlineData("""{ "padding": { "strategy": "BatchLongest", "pad_id": 7 }, "model": { "type": "WordLevel", "vocab": { "a": 0 } } }""", "padding.pad_id: expected a token of the vocabulary of 1, got 7.")]
    [InlineData("[]", "expected a tokenizer.json with an object in it, got a list.")]
    [InlineData("""{ "model": { "type": "WordLevel", "vocab": { "a": 0 } }, "post_processor": { "type": "BertProcessing", "sep": ["x", 1], "cls": ["a", 0] } }""", "post_processor.sep: expected a token of the vocabulary, got 'x'.")]
    public void What_cannot_be_read_is_said(string json, string message)
    {
        var e = Assert.Throws<GraftInputException>(() => Tokenizer.FromJson(json, "t.json"));

        Assert.Equal("t.json: " + message, e.Message);
    }

    [Fact]
    public void A_replacement_that_makes_texts_too_long_is_refused()
    {
        string replace = """{ "type": "Replace", "pattern": { "String": "a" }, "content": "aaaaaaaaaaaaaaaaaaaa" }""";

        var e = Assert.Throws<GraftInputException>(() => Tokenizer.FromJson($$"""{ "normalizer": { "type": "Sequence", "normalizers": [{{replace}}, {{replace}}, {{replace}}] }, "model": { } }"""));

        Assert.Equal("normalizer.normalizers[2]: expected at most 64 steps that make texts at most 4096 times longer, got more.", e.Message);
    }

    [Theory]
    [InlineData("wordpiece-uncased.json")]
    [InlineData("bytes-roberta.json")]
    [InlineData("bytes-clip.json")]
    [InlineData("characters-llama2.json")]
    [InlineData("unigram-nfd.json")]
    [InlineData("vocab.txt")]
    public void Damaged_files_give_one_error_and_nothing_else(string file)
    {
        byte[] valid = GoldenFile.Read(Path.Combine("Text", file));
        bool isLines = file == "vocab.txt";
        _ = Bert.Encode("é");       // reads the tables of Unicode

        Fuzz.Bytes(
            valid,
            damaged =>
            {
                Tokenizer tokenizer = TokenizerFile.Parse(isLines ? VocabularyText.ToJson(damaged, "damaged") : damaged, "damaged");
                _ = tokenizer.Decode(tokenizer.Encode("The fox's  1024 crème\u0300 \U0001F600 [MASK]中", "pair").Ids);
            },
            variants: isLines ? 2000 : 500);
    }

    private static Tokenizer Read(string file) => Tokenizer.Read(GoldenFile.PathOf(Path.Combine("Text", file)));

    private static Tokenizer Words(string preTokenizer, params string[] words) => Tokenizer.FromJson(new JsonObject
    {
        ["normalizer"] = new JsonObject { ["type"] = "Lowercase" },
        ["pre_tokenizer"] = new JsonObject { ["type"] = preTokenizer },
        ["model"] = new JsonObject
        {
            ["type"] = "WordLevel",
            ["unk_token"] = "[UNK]",
            ["vocab"] = new JsonObject([.. words.Prepend("[UNK]").Select((w, i) => KeyValuePair.Create(w, (JsonNode?)i))]),
        },
    }.ToJsonString());
}
