using Graft.Experiments.Catalogue;
using Graft.Experiments.Spec;
using Graft.Models;

namespace Graft.Experiments.Tests.Catalogue;

public sealed class BackboneBindingTests
{
    [Theory]
    [InlineData("{ name: mlp, hidden: [64, 32], activation: tanh, dropout: 0.5 }", """{"name":"mlp","hidden":[64,32],"activation":"Tanh","dropout":0.5,"batchNorm":false}""")]
    [InlineData("{ name: mlp, hidden: 8, batch-norm: true }", """{"name":"mlp","hidden":[8],"activation":"Relu","dropout":0,"batchNorm":true}""")]
    [InlineData("{ name: cnn, channels: [8, 16], kernel: 5 }", """{"name":"cnn","channels":[8,16],"dense":128,"kernel":5,"dropout":0}""")]
    [InlineData("{ name: lstm, hidden: 32, bidirectional: true }", """{"name":"lstm","hidden":[32],"bidirectional":true,"dropout":0,"pooling":"Last"}""")]
    [InlineData("{ name: gru, pooling: mean }", """{"name":"gru","hidden":[64],"bidirectional":false,"dropout":0,"pooling":"Mean"}""")]
    [InlineData("linear", """{"name":"linear"}""")]
    public void Models_are_bound_by_the_keys_of_their_longest_constructor(string yaml, string configuration)
    {
        Backbone model = PartCatalogue.Default.Bind<Backbone>(SpecReader.Read("t.yaml", System.Text.Encoding.UTF8.GetBytes(yaml)));

        Assert.Equal(configuration, BackboneConfiguration.Write(model).ToJsonString());
    }

    [Fact]
    public void A_wrong_width_is_reported_at_its_key()
    {
        var e = Assert.Throws<GraftInputException>(() => PartCatalogue.Default.Bind<Backbone>(SpecReader.Read("t.yaml", "{ name: mlp, hidden: [0], droput: 1 }"u8)));

        Assert.Equal(
            [
                "t.yaml(1,22): hidden: expected 1 to 1000 widths, each at least 1, got [0]. A model without hidden layers is 'linear'.",
                "t.yaml(1,27): no key is named 'droput' here. Did you mean 'dropout'?",
            ],
            e.Findings.Select(f => f.ToString()));
    }
}
