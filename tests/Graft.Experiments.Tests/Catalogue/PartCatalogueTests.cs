using Graft.Experiments.Catalogue;

namespace Graft.Experiments.Tests.Catalogue;

public sealed class PartCatalogueTests
{
    [Fact]
    public void Families_hold_their_parts_by_name()
    {
        Family engines = Garage.Catalogue.Families.Single(f => f.Name == "engines");

        Assert.Equal(["diesel", "hybrid", "steam"], engines.Parts.Select(p => p.Name));
        Assert.Equal(("engine", "name"), (engines.Noun, engines.Key));
    }

    [Fact]
    public void A_part_tells_its_keys_its_paper_and_its_other_name()
    {
        PartInfo diesel = Garage.Catalogue.Find("oil").Single();
        PartInfo steam = Garage.Catalogue.Find("steam").Single();

        Assert.Equal(["rate", "fuel", "piston-sizes"], diesel.Keys.Select(k => k.Name));
        Assert.Equal(["", "heavy-oil", "[]"], diesel.Keys.Select(k => k.DefaultText));
        Assert.Equal([true, false, false], diesel.Keys.Select(k => k.IsRequired));
        Assert.Equal("a list of integers", diesel.Keys[2].Expected);
        Assert.Equal("Watt, Steam engine, 1769", steam.Paper!.Citation);
    }

    [Fact]
    public void Every_part_of_graft_can_be_bound_and_says_what_it_does()
    {
        foreach (PartInfo part in PartCatalogue.Default.Families.SelectMany(f => f.Parts))
        {
            Assert.True(part.Summary.Length > 0, $"{part.Family}/{part.Name}: expected a summary, got none.");
            Assert.All(part.Keys, k => Assert.True(k.Summary.Length > 0, $"{part.Family}/{part.Name}/{k.Name}: expected a documented parameter, got none."));
            Assert.DoesNotContain(part.Keys, k => k.Name == part.Family.Key);
        }
    }

    [Fact]
    public void Comments_are_read_as_plain_text()
    {
        Family sources = PartCatalogue.Default.Families.Single(f => f.Name == "sources");

        Assert.Equal("source", sources.Key);
        Assert.StartsWith("Somewhere that rows come from: a file format or a generator,", sources.Summary, StringComparison.Ordinal);
    }
}
