using Graft.Nn.Optimizers;
using Graft.Nn.Penalties;
using Graft.Tasks;
using Graft.Tensors;
using Graft.Tests.Tasks;
using Graft.Training;

namespace Graft.Tests.Training;

public sealed class ModelUpdateTests
{
    // The objective 3 Σ w has the gradient 3 in each of the 15 weights: a step of rate 0.5 takes 1.5; clipped values or lengths take less.
    [Theory]
    [InlineData(null, null, 1.5)]
    [InlineData(null, 2.0, 1.0)]
    [InlineData(5.809475, null, 0.75)]       // they are 3 √15 = 11.61895 long: half of that
    [InlineData(0.968246, 1.0, 0.125)]       // cut to 1 each, √15 = 3.872983 long: a quarter of that
    public void Gradients_are_cut_then_shortened_then_followed(double? norm, double? value, double expected)
    {
        TaskModel model = Toy.Model(3, new Graft.Models.LinearModel(), Toy.Classes());
        var update = new ModelUpdate(model, new GradientDescent(0.5f), clipNorm: norm, clipValue: value);
        Dictionary<string, float[]> before = Toy.Values(model);

        double objective = update.Apply(3 * (model.HeadOf(0).Weight!.Value.Sum() + model.HeadOf(0).Bias!.Value.Sum()), 1);

        Assert.Equal(3 * before.Values.Sum(v => v.Sum()), objective, 1e-5);
        Assert.All(Toy.Values(model), v => Assert.All(v.Value.Zip(before[v.Key]), p => Assert.Equal(expected, p.Second - p.First, 1e-5)));
    }

    [Fact]
    public void The_factor_of_the_schedule_scales_the_step()
    {
        TaskModel model = Toy.Model(Toy.Number());
        var update = new ModelUpdate(model, new GradientDescent(0.5f));
        Dictionary<string, float[]> before = Toy.Values(model);

        update.Apply(model.HeadOf(0).Bias!.Value.Sum(), 0.25f);

        Assert.Equal(before["heads.number.bias"][0] - 0.125f, Toy.Values(model)["heads.number.bias"][0], 1e-6f);
        Assert.Equal(0.5f, update.Rate);
    }

    [Fact]
    public void The_penalty_of_the_last_update_is_told_before_its_step()
    {
        TaskModel model = Toy.Model(Toy.Number());
        var update = new ModelUpdate(model, new GradientDescent(0.5f), [new L1(0.5f)]);
        double expected = 0.5 * model.Parameters().Where(p => p.Shape.Rank > 1).Sum(p => p.Value.ToArray().Sum(w => Math.Abs((double)w)));

        double objective = update.Apply(Tensor.Scalar(2), 1);

        Assert.True(update.HasPenalty);
        Assert.Equal(expected, update.Penalty, 1e-5);
        Assert.Equal(2 + expected, objective, 1e-5);
    }

    [Fact]
    public void Nothing_that_needs_a_gradient_leaves_everything_alone()
    {
        TaskModel model = Toy.Model(Toy.Number());
        model.Freeze();
        var update = new ModelUpdate(model, new AdamW(0.5f), [new L2(1)], clipNorm: 1);
        Dictionary<string, float[]> before = Toy.Values(model);

        Assert.Equal(2, update.Apply(model.HeadOf(0).Bias!.Value.Sum() + 2, 1));
        Assert.All(Toy.Values(model), v => Assert.Equal(before[v.Key], v.Value));
    }
}
