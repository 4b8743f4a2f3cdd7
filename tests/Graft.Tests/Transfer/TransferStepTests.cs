using Graft.Models;
using Graft.MultiTask;
using Graft.Nn.Optimizers;
using Graft.Nn.Penalties;
using Graft.Tasks;
using Graft.Tests.Tasks;
using Graft.Training;
using Graft.Transfer;

namespace Graft.Tests.Transfer;

public sealed class TransferStepTests
{
    private static readonly TaskSpec New = Toy.Classes("new");
    private static readonly TaskSpec Known = Toy.Number("known");

    // The part 'task' holds z fixed: what it follows is no gradient for the trunk. It has a test of its own.
    [Theory]
    [InlineData("source")]
    [InlineData("target")]
    [InlineData("shared")]
    [InlineData("means")]
    public void Every_part_follows_its_own_gradient(string part) => Toy.CheckGradient(() =>
    {
        TaskModel model = Toy.Model(New, Known);
        return (model, Step(model, Toy.Descent(model, 1), Objective(part)));
    });

    [Fact]
    public void The_target_part_alone_is_plain_training()
    {
        TaskModel model = Toy.Model(New, Known), other = Toy.Model(New, Known);
        TransferStep step = Step(model, Toy.Descent(model), new TransferObjective(Target: new ObjectivePart(1)));
        var plain = new JointStep(other, [Target()], Toy.Descent(other));

        Assert.Equal(Toy.Run(plain, 6), Toy.Run(step, 6));
        Assert.All(Toy.Values(model), v => Assert.Equal(v.Value, Toy.Values(other)[v.Key]));
    }

    [Fact]
    public void The_source_part_alone_trains_on_the_source_rows_and_leaves_the_new_head_alone()
    {
        TaskModel model = Toy.Model(New, Known), other = Toy.Model(New, Known);
        TransferStep step = Step(model, Toy.Descent(model), new TransferObjective(Source: new ObjectivePart(1)));
        var plain = new JointStep(other, [Source()], Toy.Descent(other));

        Assert.Equal(Toy.Run(plain, 6), Toy.Run(step, 6));
        Assert.All(Toy.Values(model), v => Assert.Equal(v.Value, Toy.Values(other)[v.Key]));
        Assert.Equal(Toy.Values(Toy.Model(New, Known))["heads.new.weight"], Toy.Values(model)["heads.new.weight"]);
        Assert.Equal([false, true, true, false, false, false], step.Losses.ToArray().Select(l => !double.IsNaN(l)));
    }

    [Fact]
    public void The_task_part_alone_moves_the_new_head_as_the_target_part_does_and_the_trunk_not_at_all()
    {
        TaskModel model = Toy.Model(New, Known), other = Toy.Model(New, Known);
        Dictionary<string, float[]> before = Toy.Values(model);

        double objective = Step(model, Toy.Descent(model), new TransferObjective(Task: new ObjectivePart(1))).Run(1, 0);
        double target = Step(other, Toy.Descent(other), new TransferObjective(Target: new ObjectivePart(1))).Run(1, 0);

        Assert.Equal(target, objective);
        foreach ((string path, float[] values) in Toy.Values(model))
        {
            Assert.Equal(path.StartsWith("heads.new", StringComparison.Ordinal) ? Toy.Values(other)[path] : before[path], values);
        }

        Assert.NotEqual(before["trunk.hidden.0.weight"], Toy.Values(other)["trunk.hidden.0.weight"]);
    }

    [Fact]
    public void A_copy_of_the_source_model_has_no_distance_from_its_output()
    {
        TaskModel model = Toy.Model(New, Known);
        Dictionary<string, float[]> before = Toy.Values(model);
        TransferStep step = Step(model, Toy.Descent(model), Objective("shared"), sourceSeed: 3);

        double objective = step.Run(1, 0);

        Assert.Equal(0, objective);
        Assert.All(Toy.Values(model), v => Assert.Equal(before[v.Key], v.Value));
    }

    [Fact]
    public void The_source_output_draws_the_trunk_near_and_leaves_heads_and_source_model_alone()
    {
        TaskModel model = Toy.Model(New, Known), source = Toy.Model(77, new Mlp([5], ActivationKind.Tanh), Known);
        Dictionary<string, float[]> before = Toy.Values(source), start = Toy.Values(model);
        var step = new TransferStep(model, Target(), null, source, Objective("shared"), new ModelUpdate(model, new Adam(0.02f)));

        double[] objectives = Toy.Run(step, 100);

        Assert.True(objectives[^1] < objectives[0] / 4, $"{objectives[0]} to {objectives[^1]}");
        Assert.All(Toy.Values(source), v => Assert.Equal(before[v.Key], v.Value));
        Assert.All(Toy.Values(model).Where(v => v.Key.StartsWith("heads", StringComparison.Ordinal)), v => Assert.Equal(start[v.Key], v.Value));
    }

    [Fact]
    public void Equal_rows_have_equal_means_and_other_rows_come_near()
    {
        TaskModel model = Toy.Model(New, Known), shifted = Toy.Model(New, Known);
        var same = new TransferStep(model, Target(), Toy.Stream(Toy.Rows(20, [Known]), [1]), null, Objective("means"), Toy.Descent(model));
        var other = new TransferStep(shifted, Target(), Source(), null, Objective("means"), new ModelUpdate(shifted, new Adam(0.02f)));

        double[] objectives = Toy.Run(other, 60);

        Assert.Equal(0, same.Run(1, 0));
        Assert.True(objectives[50..].Average() < objectives[..10].Average(), string.Join(", ", objectives));
    }

    // Weights 0.5, 2, 3 and 1, times curves: t, 1 - t, none and 2 at t = 0.25.
    [Fact]
    public void The_objective_is_the_sum_of_its_parts_by_weight_and_curve()
    {
        TaskModel model = Toy.Model(New, Known);
        var objective = new TransferObjective(
            Source: new ObjectivePart(0.5, t => t), Target: new ObjectivePart(2, t => 1 - t), Shared: new ObjectivePart(3), Task: new ObjectivePart(1, _ => 2));
        TransferStep step = Step(model, Toy.Descent(model, penalties: [new L2(0.1f)]), objective, sourceSeed: 9);

        double value = step.Run(1, 0.25);

        Assert.Equal(["new", "known", "source", "target", "shared", "task", "penalty"], step.LossNames);
        double[] losses = step.Losses.ToArray();
        Assert.Equal((0.125 * losses[2]) + (1.5 * losses[3]) + (3 * losses[4]) + (2 * losses[5]) + losses[6], value, 1e-5);
        Assert.All(losses, l => Assert.True(l > 0));
        Assert.Equal([losses[3], losses[2]], [losses[0], losses[1]]);
        Assert.Equal(losses[3], losses[5]);
    }

    [Fact]
    public void A_part_whose_curve_is_0_counts_nothing()
    {
        TaskModel model = Toy.Model(New, Known), other = Toy.Model(New, Known);
        TransferStep step = Step(model, Toy.Descent(model), new TransferObjective(Target: new ObjectivePart(1), Shared: new ObjectivePart(5, t => t < 0.5 ? 0 : 1)), sourceSeed: 9);
        TransferStep plain = Step(other, Toy.Descent(other), new TransferObjective(Target: new ObjectivePart(1)));

        Assert.Equal(plain.Run(1, 0.4), step.Run(1, 0.4));
        Assert.All(Toy.Values(model), v => Assert.Equal(v.Value, Toy.Values(other)[v.Key]));
        Assert.NotEqual(plain.Run(1, 0.6), step.Run(1, 0.6));
    }

    [Fact]
    public void A_frozen_trunk_keeps_every_bit()
    {
        TaskModel model = Toy.Model(New, Known);
        model.Trunk.Freeze();
        Dictionary<string, float[]> before = Toy.Values(model);
        TransferStep step = Step(model, new ModelUpdate(model, new AdamW(0.01f, weightDecay: 0.1f), [new L2(0.1f)]), Objective("all"), sourceSeed: 9);

        Toy.Run(step, 8);

        Assert.All(
            Toy.Values(model), v => Assert.Equal(v.Key.StartsWith("trunk.", StringComparison.Ordinal), v.Value.SequenceEqual(before[v.Key])));
    }

    [Fact]
    public void An_epoch_is_a_pass_over_the_targets_rows_alone()
    {
        TaskModel model = Toy.Model(New, Known);
        var step = new TransferStep(
            model, Toy.Stream(Toy.Rows(20, [New]), [0], batch: 4), Toy.Stream(Toy.Rows(300, [Known]), [1], batch: 4, path: "source"), null, Objective("source"), Toy.Descent(model));

        Assert.Equal(5, step.StepsPerEpoch);
    }

    [Fact]
    public void Saved_and_loaded_it_goes_on_with_the_same_bits()
    {
        (TaskModel whole, TransferStep step) = Make();
        (TaskModel half, TransferStep begun) = Make();
        (TaskModel other, TransferStep resumed) = Make();
        double[] objectives = Toy.Run(step, 9, 0.3);
        Toy.Run(begun, 4, 0.3);
        (State model, State training) = (new State(), new State());
        half.Save(model);
        begun.Save(training);

        other.Load(model);
        resumed.Load(training);

        Assert.Equal(objectives[4..], Toy.Run(resumed, 5, 0.3));
        Assert.All(Toy.Values(whole), v => Assert.Equal(v.Value, Toy.Values(other)[v.Key]));

        static (TaskModel, TransferStep) Make()
        {
            TaskModel model = Toy.Model(3, new Mlp([5], dropout: 0.3f), New, Known);
            return (model, Step(model, new ModelUpdate(model, new Adam(0.01f)), Objective("all"), sourceSeed: 9));
        }
    }

    [Fact]
    public void A_part_that_lacks_what_it_needs_is_refused()
    {
        TaskModel model = Toy.Model(New, Known), narrow = Toy.Model(1, new Mlp(2), Known);
        string Refused(TransferObjective objective, TaskModel? source) =>
            Assert.Throws<ArgumentException>(() => new TransferStep(model, Target(), null, source, objective, Toy.Descent(model))).Message;

        Assert.StartsWith("TransferStep: expected rows of the source for the parts 'source' and 'shared' (domain mean), got none.", Refused(Objective("source"), model), StringComparison.Ordinal);
        Assert.StartsWith("TransferStep: expected rows of the source for the parts 'source' and 'shared' (domain mean), got none.", Refused(Objective("means"), model), StringComparison.Ordinal);
        Assert.StartsWith("TransferStep: expected the source model for the part 'shared' (source output), got none.", Refused(Objective("shared"), null), StringComparison.Ordinal);
        Assert.StartsWith("TransferStep: expected a source model of 5 features for the part 'shared', got 2.", Refused(Objective("shared"), narrow), StringComparison.Ordinal);
        Assert.StartsWith("TransferStep: expected an objective of at least one part, got none.", Refused(new TransferObjective(), null), StringComparison.Ordinal);
        Assert.StartsWith("Weight: expected a number >= 0, got -1.", Assert.Throws<ArgumentOutOfRangeException>(() => new ObjectivePart(-1)).Message, StringComparison.Ordinal);
    }

    private static TaskStream Target() => Toy.Stream(Toy.Rows(20, [New]), [0]);

    private static TaskStream Source() => Toy.Stream(Toy.Rows(30, [Known], seed: 2), [1], path: "source");

    private static TransferStep Step(TaskModel model, ModelUpdate update, TransferObjective objective, ulong sourceSeed = 77) =>
        new(model, Target(), Source(), Toy.Model(sourceSeed, new Mlp([5], ActivationKind.Tanh), Known), objective, update);

    private static TransferObjective Objective(string part) => part switch
    {
        "source" => new TransferObjective(Source: new ObjectivePart(0.7)),
        "target" => new TransferObjective(Target: new ObjectivePart(0.7)),
        "shared" => new TransferObjective(Shared: new ObjectivePart(2)),
        "means" => new TransferObjective(Shared: new ObjectivePart(2), Reference: SharedReference.DomainMean),
        "task" => new TransferObjective(Task: new ObjectivePart(0.7)),
        _ => new TransferObjective(new ObjectivePart(0.5), new ObjectivePart(1), new ObjectivePart(2, t => t), new ObjectivePart(0.3)),
    };
}
