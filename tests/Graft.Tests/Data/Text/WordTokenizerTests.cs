using Graft.Data.Text;

namespace Graft.Tests.Data.Text;

public sealed class WordTokenizerTests
{
    // The 2, fox 2, then the others by their ordinals: ! ' dog s.
    [Fact]
    public void Words_are_numbered_by_how_often_they_occur()
    {
        WordTokenizer tokenizer = WordTokenizer.Learn(["The FOX!", "the fox's dog", null])!;

        Assert.Equal(["[PAD]", "[UNK]", "fox", "the", "!", "'", "dog", "s"], Enumerable.Range(0, tokenizer.VocabularySize).Select(tokenizer.TokenAt));
        Assert.Equal([3, 1, 2], tokenizer.Encode("THE cat, fox".Replace(",", "", StringComparison.Ordinal)).Ids);
        Assert.Equal((0, "WordTokenizer(8 tokens)"), (tokenizer.PaddingId, tokenizer.ToString()));
    }

    [Fact]
    public void Rare_words_and_those_beyond_the_most_are_unknown()
    {
        WordTokenizer tokenizer = WordTokenizer.Learn(["a a a b b c"], maxWords: 1, minCount: 2)!;

        Assert.Equal([2, 1, 1], tokenizer.Encode("a b c").Ids);
        Assert.Null(WordTokenizer.Learn(["a"], minCount: 2));
    }

    [Fact]
    public void Texts_that_were_divided_before_stay_so()
    {
        WordTokenizer tokenizer = WordTokenizer.Learn(["do n't STOP ... [PAD]"], lowercase: false, spaces: true)!;

        Assert.Equal(["do", "n't", "STOP", "..."], tokenizer.Encode("do n't STOP ...").Tokens);
        Assert.Equal(6, tokenizer.VocabularySize);
    }

    [Fact]
    public void Very_long_words_are_not_learned()
    {
        WordTokenizer tokenizer = WordTokenizer.Learn(["short " + new string('x', 101)])!;

        Assert.Equal([2, 1], tokenizer.Encode("short " + new string('x', 101)).Ids);
    }

    [Fact]
    public void Broken_text_is_learned_and_read_as_what_replaces_it()
    {
        WordTokenizer tokenizer = WordTokenizer.Learn(["a\ud800 \udc00\ud801 b"], spaces: true)!;

        Assert.Equal(["a\uFFFD", "\uFFFD\uFFFD", "b"], tokenizer.Encode("a\ud811 \udc01\ud802 b").Tokens);
    }
}
