
namespace Graft.Tests;

public sealed class SpellingTests
{
    [Theory]
    [InlineData("maxNorm", "max-norm")]
    [InlineData("L2SP", "l2-sp")]
    [InlineData("MultiClass", "multi-class")]
    [InlineData("beta1", "beta1")]
    [InlineData("already-kebab", "already-kebab")]
    [InlineData("timeUTC", "time-utc")]
    public void A_csharp_name_becomes_lower_kebab(string name, string expected) => Assert.Equal(expected, Spelling.Kebab(name));

    [Theory]
    [InlineData("max-norm", true)]
    [InlineData("maxNorm", true)]
    [InlineData("MaxNorm", false)]
    [InlineData("maxnorm", false)]
    public void A_key_may_be_kebab_or_camel(string written, bool expected) => Assert.Equal(expected, Spelling.IsSame(written, "max-norm"));

    [Theory]
    [InlineData("cagard", "cagrad")]
    [InlineData("epoch", "epochs")]
    [InlineData("opt", "optimizer")]
    [InlineData("zzz", null)]
    [InlineData("", null)]
    public void The_nearest_name_is_found_where_one_is_near(string written, string? expected) =>
        Assert.Equal(expected, Spelling.Nearest(written, ["cagrad", "epochs", "optimizer", "batch"]));
}
