using System.Text.Json.Nodes;
using Graft.Experiments.Catalogue;
using Graft.Experiments.Spec;

namespace Graft.Experiments.Tests.Catalogue;

public sealed class SchemaWriterTests
{
    private static readonly JsonObject _schema = Garage.Catalogue.SchemaOf<Train>("A train");

    [Theory]
    [InlineData("{ name: a, engine: steam }")]
    [InlineData("{ name: 7, engine: { name: diesel, rate: 1e-3, fuel: heavy-oil, piston-sizes: 3 } }")]
    [InlineData("{ name: a, engine: { name: hybrid, first: { name: hybrid, first: steam } } }")]
    [InlineData("{ name: a, engine: steam, numbers: 3, brake: 1, wagons: { x: { load: coal, weight: 1, color: red } } }")]
    [InlineData("{ name: a, engine: steam, numbers: [1], brake: { delay: 3m }, helper: ~, note: [1] }")]
    public void What_binds_is_valid(string yaml)
    {
        _ = Garage.Bind(yaml);

        Assert.Null(new JsonSchemaChecker(_schema).Judge(SpecReader.Read("t", yaml)));
    }

    [Theory]
    [InlineData("{ engine: steam }")]
    [InlineData("{ name: a, engine: diesel }")]
    [InlineData("{ name: a, engine: stem }")]
    [InlineData("{ name: a, engine: { name: steam, rate: 1 } }")]
    [InlineData("{ name: a, engine: { name: diesel, rate: fast } }")]
    [InlineData("{ name: a, engine: { name: diesel, rate: 1, fuel: gas } }")]
    [InlineData("{ name: a, engine: steam, wheels: 8 }")]
    [InlineData("{ name: a, engine: steam, numbers: [-1] }")]
    [InlineData("{ name: a, engine: steam, brake: { delay: soon } }")]
    [InlineData("{ name: a, engine: steam, wagons: { x: { load: coal, weight: 1, colour: red } } }")]
    public void What_does_not_bind_is_not_valid(string yaml)
    {
        _ = Assert.Throws<GraftInputException>(() => Garage.Bind(yaml));

        Assert.NotNull(new JsonSchemaChecker(_schema).Judge(SpecReader.Read("t", yaml)));
    }

    [Fact]
    public void Keys_carry_their_meaning_and_default()
    {
        JsonObject schema = PartCatalogue.Default.SchemaOf<ExperimentSpec>("Graft experiment");

        JsonNode epochs = schema["$defs"]!["experiment-spec"]!["properties"]!["epochs"]!;
        JsonNode workers = schema["$defs"]!["experiment-spec"]!["properties"]!["workers"]!;
        Assert.Equal("Passes over the training rows, at least 1. Default: 10.", (string?)epochs["description"]);
        Assert.Equal("default 1", (string?)workers["$comment"]);
    }
}
