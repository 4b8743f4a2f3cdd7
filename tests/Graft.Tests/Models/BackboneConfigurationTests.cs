using System.Reflection;
using System.Text.Json.Nodes;
using Graft.Models;
using Graft.Models.Graphs;
using Graft.Tasks;

namespace Graft.Tests.Models;

public sealed class BackboneConfigurationTests
{
    public static TheoryData<string> Names => new(Named().Select(t => t.GetCustomAttribute<NamedAttribute>()!.Name));

    // The suite tests what its heirs create: each named backbone has one, whose class is called like it.
    [Fact]
    public void Every_named_backbone_has_a_test_that_derives_the_suite()
    {
        Type[] suites = [.. typeof(BackboneConformance).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(BackboneConformance)))];

        Assert.All(Named(), backbone => Assert.Contains(suites, s => s.Name.StartsWith(backbone.Name, StringComparison.Ordinal)));
    }

    [Theory, MemberData(nameof(Names))]
    public void Defaults_are_filled_in_and_written(string name)
    {
        var json = new JsonObject { ["name"] = name };
        switch (name)
        {
            case "mlp" or "embedding-mlp":
                json["hidden"] = new JsonArray(8, 4);
                break;
            case "stack":
                json["lines"] = new JsonArray("linear 4", "relu");
                break;
            case "graph":
                GraphBackbone graph = GraphBackbone.From(new Graph(
                    "g", [new GraphValue("x", [-1, 3])], [new GraphValue("y", null)], [new GraphNode("MatMul", ["x", "w"], "y")],
                    new Dictionary<string, GraphTensor>(StringComparer.Ordinal) { ["w"] = new([3, 2], [1, 2, 3, 4, 5, 6f]) }));
                json["file"] = "g.onnx";
                json["structure"] = graph.Structure;
                break;
            default:
                break;
        }

        JsonObject written = BackboneConfiguration.Write(BackboneConfiguration.Read(json, "m"));

        Assert.Equal(written.ToJsonString(), BackboneConfiguration.Write(BackboneConfiguration.Read(written, "m")).ToJsonString());
    }

    [Theory]
    [InlineData("""{ "name": "resnet-9000" }""", "model: expected a backbone of this version of Graft, got 'resnet-9000'.")]
    [InlineData("""{ "name": 3 }""", "model: expected a backbone of this version of Graft, got ''.")]
    [InlineData("""{ "name": "mlp" }""", "model: expected values that fit the backbone 'mlp', got: no value for 'hidden'.")]
    [InlineData("""{ "name": "mlp", "hidden": [3], "activation": "Sin" }""", "model: expected values that fit the backbone 'mlp', got: 'Sin' for ActivationKind.")]
    [InlineData("""{ "name": "mlp", "hidden": null }""", "model: expected values that fit the backbone 'mlp', got: null for 'hidden'.")]
    [InlineData("""{ "name": "mlp", "hidden": [null] }""", "model: expected values that fit the backbone 'mlp', got: null in a list.")]
    public void What_no_backbone_has_written_is_refused(string json, string message)
    {
        var e = Assert.Throws<GraftInputException>(() => BackboneConfiguration.Read(JsonNode.Parse(json)!.AsObject(), "m.graft"));

        Assert.Equal("m.graft: " + message, e.Message);
    }

    private static IEnumerable<Type> Named() =>
        typeof(Backbone).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(Backbone)) && !t.IsSubclassOf(typeof(Sharing)) && t.IsDefined(typeof(NamedAttribute)));
}
