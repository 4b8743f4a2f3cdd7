using Graft.Experiments.Spec;

namespace Graft.Experiments.Tests.Spec;

public sealed class SpecOverrideTests
{
    private const string Text = """
        epochs: 10
        earlyStopping: 3
        optimizer: adam
        data: { digits: { rows: 5 } }
        stages:
          - { name: known, epochs: 1 }
          - { name: new }

        """;

    [Theory]
    [InlineData("epochs=2", "epochs: 2")]
    [InlineData("seeds=[1, 2]", "seeds: [1, 2]")]
    [InlineData("seeds=[1,2]", "seeds: [1, 2]")]
    [InlineData("stages.0.epochs=7", "- name: known\n    epochs: 7")]
    [InlineData("stages.new.epochs=7", "- name: new\n    epochs: 7")]
    [InlineData("data.digits.rows=200", "rows: 200")]
    [InlineData("data.letters.rows=200", "letters:\n    rows: 200")]
    [InlineData("optimizer.rate=0.01", "optimizer:\n  name: adam\n  rate: 0.01")]
    [InlineData("optimizer={ name: sgd, rate: 1 }", "optimizer:\n  name: sgd\n  rate: 1")]
    [InlineData("early-stopping=5", "earlyStopping: 5")]
    [InlineData("note=a=b", "note: \"a=b\"")]
    [InlineData("epochs=", "epochs: ~")]
    public void A_value_is_set_or_added(string assignment, string expected)
    {
        SpecNode set = SpecOverride.Apply(SpecReader.Read("a.yaml", Text), [assignment]);

        Assert.Contains(expected, SpecWriter.Write(set), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("epochs", "command line: expected key=value, got 'epochs'. Such as epochs=2 or optimizer.rate=0.01.")]
    [InlineData("a..b=1", "command line: expected key=value, got 'a..b=1'. Such as epochs=2 or optimizer.rate=0.01.")]
    [InlineData("stages.2.epochs=1", "command line: stages.2.epochs: expected a position from 0 to 1 or the name of an item, got '2'.")]
    [InlineData("seeds=[1, 2", "command line(1,7): seeds: not valid YAML: ")]
    public void What_leads_nowhere_is_refused(string assignment, string expected)
    {
        var e = Assert.Throws<GraftInputException>(() => SpecOverride.Apply(SpecReader.Read("a.yaml", Text), [assignment]));

        Assert.StartsWith(expected.Replace("(1,7)", "", StringComparison.Ordinal), e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_assignments_are_judged_at_once()
    {
        var e = Assert.Throws<GraftInputException>(() => SpecOverride.Apply(SpecReader.Read("a.yaml", Text), ["x", "y"]));

        Assert.Equal(2, e.Findings.Count);
    }
}
