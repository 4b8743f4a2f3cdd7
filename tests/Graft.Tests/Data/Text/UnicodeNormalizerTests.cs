using System.Security.Cryptography;
using System.Text;
using Graft.Data.Text;
using Graft.Data.Text.Normalizing;

namespace Graft.Tests.Data.Text;

public sealed class UnicodeNormalizerTests
{
    // From the examples of Unicode's annex 15 and of its conformance test: marks are ordered by class, exclusions stay apart, Hangul follows its formula.
    [Theory]
    [InlineData("\u1E0A", "\u1E0A", "D\u0307", "\u1E0A", "D\u0307")]
    [InlineData("\u1E0A\u0323", "\u1E0C\u0307", "D\u0323\u0307", "\u1E0C\u0307", "D\u0323\u0307")]
    [InlineData("\u212B", "\u00C5", "A\u030A", "\u00C5", "A\u030A")]
    [InlineData("\u0958", "\u0915\u093C", "\u0915\u093C", "\u0915\u093C", "\u0915\u093C")]
    [InlineData("\uFB01\u2460", "\uFB01\u2460", "\uFB01\u2460", "fi1", "fi1")]
    [InlineData("\uD55C", "\uD55C", "\u1112\u1161\u11AB", "\uD55C", "\u1112\u1161\u11AB")]
    [InlineData("\u1E9B\u0323", "\u1E9B\u0323", "\u017F\u0323\u0307", "\u1E69", "s\u0323\u0307")]
    [InlineData("\uFF76\uFF9E", "\uFF76\uFF9E", "\uFF76\uFF9E", "\u30AC", "\u30AB\u3099")]
    [InlineData("\U0001D15E", "\U0001D157\U0001D165", "\U0001D157\U0001D165", "\U0001D157\U0001D165", "\U0001D157\U0001D165")]
    [InlineData("a\u0315\u0300\u05AE\u0300b", "\u00E0\u05AE\u0300\u0315b", "a\u05AE\u0300\u0300\u0315b", "\u00E0\u05AE\u0300\u0315b", "a\u05AE\u0300\u0300\u0315b")]
    [InlineData("plain", "plain", "plain", "plain", "plain")]
    public void Texts_have_the_four_forms_of_the_standard(string text, string c, string d, string kc, string kd)
    {
        Assert.Equal(c, Apply(text, composes: true, isCompatible: false));
        Assert.Equal(d, Apply(text, composes: false, isCompatible: false));
        Assert.Equal(kc, Apply(text, composes: true, isCompatible: true));
        Assert.Equal(kd, Apply(text, composes: false, isCompatible: true));
    }

    [Theory]
    [InlineData("NFC")]
    [InlineData("NFD")]
    [InlineData("NFKC")]
    [InlineData("NFKD")]
    public void All_characters_have_the_form_that_another_implementation_gives_them(string form)
    {
        var all = new StringBuilder();
        for (int c = 0x80; c <= 0x10FFFF; c++)
        {
            if (Rune.IsValid(c))
            {
                all.Append(new Rune(c).ToString()).Append(c % 3 == 0 ? "\u0301\u0323" : "");
            }
        }

        string result = Apply(all.ToString(), form.EndsWith('C'), form.Contains('K', StringComparison.Ordinal));

        Assert.Equal(Golden.Read("unicode_forms.json")[form]!.ToString(), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(result))));
    }

    [Fact]
    public void What_was_composed_stands_where_its_parts_stood()
    {
        AlignedText text = new UnicodeNormalizer(composes: true, isCompatible: false).Apply(AlignedText.Of("xe\u0301y", 0, 4));

        Assert.Equal("xéy", text.Chars.ToString());
        Assert.Equal([new TextPlace(0, 1), new TextPlace(1, 3), new TextPlace(3, 4)], Enumerable.Range(0, 3).Select(i => text.Place(i)));
    }

    [Fact]
    public void A_long_run_of_marks_takes_no_square_of_its_length()
    {
        string marks = string.Concat(Enumerable.Repeat("\u0301\u0316", 100_000));

        string result = Apply("a" + marks, composes: true, isCompatible: false);

        Assert.Equal(200_000, result.Length);       // the first acute went into the letter
        Assert.Equal('\u00E1', result[0]);
    }

    private static string Apply(string text, bool composes, bool isCompatible) =>
        new UnicodeNormalizer(composes, isCompatible).Apply(AlignedText.Of(text, 0, text.Length)).Chars.ToString();
}
