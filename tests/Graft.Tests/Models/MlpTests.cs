using Graft.Data.Encoders;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Tests.Models;

public sealed class MlpTests : BackboneConformance
{
    protected override InputShape Input => new(InputKind.Table, [5]);

    protected override int Features => 3;

    protected override string[] StateNames =>
        ["hidden.0.weight [4, 5]", "hidden.0.bias [4]", "hidden.1.weight [3, 4]", "hidden.1.bias [3]"];

    protected override string[] Layers => ["hidden.0", "hidden.1"];

    protected override Backbone Create() => new Mlp([4, 3], ActivationKind.Tanh);

    // Weights of one: h = relu(1 + 2) = 3 in both units, and then relu(3 + 3) = 6; negative rows give 0.
    [Fact]
    public void Two_layers_of_ones_add_up()
    {
        var trunk = new Mlp(2, 1);
        trunk.Build(new InputShape(InputKind.Table, [2]));
        trunk.Initialize(1);
        foreach (string layer in new[] { "hidden.0.weight", "hidden.1.weight" })
        {
            Tensor weight = trunk.StateDictionary()[layer];
            weight.Assign([.. Enumerable.Repeat(1f, weight.Count)]);
        }

        float[] y = trunk.Forward(Tensor.From([1f, 2, -1, -2], [2, 2])).ToArray();

        Assert.Equal([6, 0], y);
    }

    [Fact]
    public void Pictures_and_sequences_are_flattened()
    {
        var trunk = new Mlp(2);
        trunk.Build(new InputShape(InputKind.Picture, [4, 5, 3]));
        trunk.Initialize(1);

        Assert.Equal([2, 2], trunk.Forward(Tensor.Ones([2, 3, 4, 5])).Shape.Sizes.ToArray());
    }

    [Fact]
    public void Dropout_acts_while_it_learns_only()
    {
        var trunk = new Mlp([50], dropout: 0.5f);
        trunk.Build(new InputShape(InputKind.Table, [3]));
        trunk.Initialize(1);
        Tensor x = Tensor.From([1f, 2, 3], [1, 3]);

        int zeros = trunk.Forward(x).ToArray().Count(y => y == 0);
        trunk.Train(false);
        int zerosInUse = trunk.Forward(x).ToArray().Count(y => y == 0);

        Assert.True(zeros > zerosInUse + 5, $"{zeros} and {zerosInUse}");
        Assert.Equal(trunk.Forward(x).ToArray(), trunk.Forward(x).ToArray());
    }

    [Fact]
    public void Batch_normalization_has_statistics_of_its_own_that_a_frozen_trunk_keeps()
    {
        var trunk = new Mlp([4], batchNorm: true);
        trunk.Build(Input);
        trunk.Initialize(1);
        float[] Mean() => trunk.StateDictionary()["hidden.0.norm.running_mean"].ToArray();

        trunk.Forward(Rows(8));
        float[] learned = Mean();
        trunk.Freeze();
        trunk.Forward(Rows(8, seed: 2));

        Assert.Equal(
            ["hidden.0.weight [4, 5]", "hidden.0.bias [4]", "hidden.0.norm.weight [4]", "hidden.0.norm.bias [4]", "hidden.0.norm.running_mean [4]", "hidden.0.norm.running_var [4]"],
            trunk.StateDictionary().Select(e => $"{e.Key} {e.Value.Shape}"));
        Assert.NotEqual(new float[4], learned);
        Assert.Equal(learned, Mean());
    }

    [Fact]
    public void A_model_without_layers_or_with_an_empty_one_is_refused()
    {
        var none = Assert.Throws<ArgumentOutOfRangeException>(() => new Mlp([]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Mlp(3, 0));

        Assert.StartsWith("hidden: expected 1 to 1000 widths, each at least 1, got []. A model without hidden layers is 'linear'.", none.Message, StringComparison.Ordinal);
    }
}
