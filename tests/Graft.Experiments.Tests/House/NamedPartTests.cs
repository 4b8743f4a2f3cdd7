using System.Text.RegularExpressions;
using Graft.Experiments.Catalogue;

namespace Graft.Experiments.Tests.House;

/// <summary>What a class promises that carries a name.</summary>
public sealed partial class NamedPartTests
{
    private static IEnumerable<PartInfo> Parts => PartCatalogue.Default.Families.SelectMany(f => f.Parts);

    [Fact]
    public void Every_family_says_what_its_members_are_for() => Assert.Empty(PartCatalogue.Default.Families.Where(f => !IsSentence(f.Summary)).Select(f => f.Name));

    [Fact]
    public void Every_part_has_a_summary_of_a_sentence() => Assert.Empty(Parts.Where(p => !IsSentence(p.Summary)).Select(p => $"{p.Type.Name}: {p.Summary}"));

    [Fact]
    public void Every_key_of_a_part_is_documented() =>
        Assert.Empty(Parts.SelectMany(p => p.Keys.Where(k => !IsSentence(k.Summary)).Select(k => $"{p.Type.Name}.{k.Name}: {k.Summary}")));

    [Fact]
    public void Names_are_lower_kebab_and_unique_in_their_family()
    {
        Assert.DoesNotContain(Parts.SelectMany(p => new[] { p.Name, p.Alias }).OfType<string>(), n => !Kebab().IsMatch(n));
        Assert.All(PartCatalogue.Default.Families, f => Assert.Distinct(f.Parts.SelectMany(p => new[] { p.Name, p.Alias }).OfType<string>()));
    }

    [Fact]
    public void Papers_have_a_citation_with_a_year_and_a_link() =>
        Assert.All(Parts.Select(p => p.Paper).OfType<PaperAttribute>(), p =>
        {
            Assert.Matches(@"\b(19|20)\d\d\b", p.Citation);
            Assert.StartsWith("https://", p.Link);
        });

    [Fact]
    public void Every_part_says_what_it_is_when_it_is_printed() =>
        Assert.Empty(Parts.Where(p => p.Type.GetMethod(nameof(ToString), Type.EmptyTypes)!.DeclaringType == typeof(object)).Select(p => p.Type.Name));

    private static bool IsSentence(string text) => text.Length > 3 && text[^1] is '.' or ')';

    [GeneratedRegex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
    private static partial Regex Kebab();
}
