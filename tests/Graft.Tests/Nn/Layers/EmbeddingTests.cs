using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Tests.Nn.Layers;

public sealed class EmbeddingTests : LayerConformance
{
    protected override Shape InputShape => [2, 3];

    protected override Shape OutputShape => [2, 3, 4];

    protected override string[] StateNames => ["weight [6, 4]"];

    [Fact]
    public void Numbers_that_are_no_integers_are_refused()
    {
        var e = Assert.Throws<ShapeException>(() => Ready().Forward(Tensor.From([0f, 1f], [2])));

        Assert.Equal("Embedding(6 x 4): expected integers from 0 to 5, got floating point numbers [2]. ToInt() makes integers of them.", e.Message);
    }

    [Fact]
    public void A_row_is_the_row_of_the_table()
    {
        var layer = (Embedding)Ready();

        float[] row = layer.Forward(Tensor.From([5], [1])).ToArray();

        Assert.Equal(layer.Weight.Value.ToArray()[20..], row);
    }

    protected override Module Create() => new Embedding(6, 4);

    protected override Tensor Input(Shape shape) => Tensor.From([.. Enumerable.Range(0, shape.Count).Select(i => i % 6)], shape);
}
