namespace Graft.Tests;

public sealed class GraftInputExceptionTests
{
    [Fact]
    public void Every_finding_is_one_line_with_its_place()
    {
        var e = new GraftInputException([new Finding("a.yaml", 14, 5, "x."), new Finding("a.yaml", 0, 0, "y.")]);

        Assert.Equal("a.yaml(14,5): x.\na.yaml: y.", e.Message);
    }
}
