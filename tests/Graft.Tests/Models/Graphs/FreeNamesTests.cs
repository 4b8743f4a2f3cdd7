using Graft.Models.Graphs;

namespace Graft.Tests.Models.Graphs;

public sealed class FreeNamesTests
{
    [Fact]
    public void A_name_that_is_taken_gets_the_next_number()
    {
        var names = new FreeNames(["a", "a:3"], ':');

        Assert.Equal(["b", "a:2", "a:4", "b:2", "a:5", "a:2:2"], ((string[])["b", "a", "a", "b", "a", "a:2"]).Select(names.Take));
    }

    // Looking through all of them for each would be 20,000,000,000 names.
    [Fact]
    public void Many_namesakes_take_no_longer_than_many_names()
    {
        var names = new FreeNames([], '_');

        string[] all = [.. Enumerable.Range(0, 200_000).Select(_ => names.Take("a"))];

        Assert.Equal("a_200000", all[^1]);
    }
}
