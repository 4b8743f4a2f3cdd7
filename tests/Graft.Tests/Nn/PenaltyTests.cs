using Graft.Nn;
using Graft.Nn.Initializers;
using Graft.Nn.Penalties;
using Graft.Tensors;

namespace Graft.Tests.Nn;

public sealed class PenaltyTests
{
    public static TheoryData<Penalty> All => [new L2(0.3f), new L1(0.3f), new ElasticNet(0.3f, 0.7f), new GroupLasso(0.3f), new GroupLasso(0.3f, WeightGroups.Outputs)];

    // W = [[3, 0], [4, 0]]: squares 25, magnitudes 7, column lengths 5 and 0, row lengths 3 and 4.
    [Fact]
    public void Worked_examples()
    {
        Weights model = Weights.Of([3, 0, 4, 0]);

        Assert.Equal(12.5f, new L2(1).Of(model.Parameters()).Item(), 1e-5f);
        Assert.Equal(7, new L1(1).Of(model.Parameters()).Item(), 1e-5f);
        Assert.Equal((0.25f * 7) + (0.375f * 25), new ElasticNet(1, 0.25f).Of(model.Parameters()).Item(), 1e-5f);
        Assert.Equal(MathF.Sqrt(2) * 5, new GroupLasso(1).Of(model.Parameters()).Item(), 1e-4f);
        Assert.Equal(MathF.Sqrt(2) * 7, new GroupLasso(1, WeightGroups.Outputs).Of(model.Parameters()).Item(), 1e-4f);
    }

    [Theory, MemberData(nameof(All))]
    public void Gradients_equal_finite_differences(Penalty penalty)
    {
        float[] values = [0.7f, -1.2f, 0.4f, 2.1f];
        Weights model = Weights.Of(values);
        penalty.Of(model.Parameters()).Backward();
        float[] gradient = model.Weight.Grad!.Value.ToArray();

        for (int i = 0; i < values.Length; i++)
        {
            const float Step = 1e-2f;
            float difference = (Value(i, Step) - Value(i, -Step)) / (2 * Step);
            Assert.Equal(difference, gradient[i], 2e-3f);
        }

        float Value(int i, float step)
        {
            float[] moved = [.. values];
            moved[i] += step;
            return penalty.Of(Weights.Of(moved).Parameters()).Item();
        }
    }

    [Theory, MemberData(nameof(All))]
    public void Biases_frozen_weights_and_other_layers_count_nothing(Penalty penalty)
    {
        Weights model = Weights.Of([3, 0, 4, 0]);
        model.Freeze();

        Assert.Equal(0, penalty.Of(model.Parameters()).Item());
        Assert.Equal(0, new L2(1, ["heads"]).Of(Weights.Of([1, 2, 3, 4]).Parameters()).Item());
    }

    private sealed class Weights : Module
    {
        public Parameter Weight { get; } = new([2, 2], Init.Zeros);

        public Parameter Bias { get; } = new([2], Init.Ones);

        public static Weights Of(float[] values)
        {
            var model = new Weights();
            model.Initialize(1);
            model.Weight.Value.Assign(values);
            return model;
        }

        public override Tensor Forward(Tensor x) => x;
    }
}
