namespace Graft.Experiments.Tests;

public sealed class FindingTests
{
    [Fact]
    public void The_finding_type_prints_its_file() => Assert.Equal("a: b.", new Finding("a", 0, 0, "b.").ToString());
}
