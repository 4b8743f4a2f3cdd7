using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Tests.Nn.Layers;

public sealed class DropoutTests : LayerConformance
{
    protected override Shape InputShape => [40, 50];

    protected override Shape OutputShape => [40, 50];

    // 2000 elements, 30 % of them 0: 600 with a standard deviation of 20; 100 is five of them.
    [Fact]
    public void The_asked_share_becomes_0_and_the_rest_is_scaled()
    {
        float[] y = Ready().Forward(Tensor.Ones([40, 50])).ToArray();

        Assert.InRange(y.Count(v => v == 0), 500, 700);
        Assert.All(y.Where(v => v != 0), v => Assert.Equal(1 / 0.7f, v, 1e-6f));
    }

    [Fact]
    public void Each_call_draws_a_new_mask()
    {
        Module layer = Ready();
        Tensor x = Tensor.Ones([40, 50]).Keep();

        Assert.NotEqual(layer.Forward(x).ToArray(), layer.Forward(x).ToArray());
    }

    [Fact]
    public void Initialized_again_it_draws_the_same_masks_again()
    {
        Module layer = Ready();
        Tensor x = Tensor.Ones([40, 50]).Keep();
        float[] first = layer.Forward(x).ToArray();

        layer.Initialize(layer.Seed);

        Assert.Equal(first, layer.Forward(x).ToArray());
    }

    [Fact]
    public void Two_layers_of_one_model_draw_different_masks()
    {
        Dropout a = new(0.5f), b = new(0.5f);
        Sequential both = [a, b];
        both.Initialize(1);
        Tensor x = Tensor.Ones([40, 50]).Keep();

        Assert.NotEqual(a.Forward(x).ToArray(), b.Forward(x).ToArray());
    }

    [Fact]
    public void A_probability_of_1_is_refused() =>
        Assert.StartsWith("p: expected a number in [0, 1), got 1.", Assert.Throws<ArgumentOutOfRangeException>(() => new Dropout(1)).Message);

    protected override Module Create() => new Dropout(0.3f);
}
