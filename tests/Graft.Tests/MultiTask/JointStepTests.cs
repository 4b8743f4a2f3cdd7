using Graft.Models;
using Graft.MultiTask;
using Graft.Nn.Optimizers;
using Graft.Nn.Penalties;
using Graft.Tasks;
using Graft.Tests.Tasks;
using Graft.Training;

namespace Graft.Tests.MultiTask;

public sealed class JointStepTests
{
    private static readonly TaskSpec[] Two = [Toy.Classes(), Toy.Number()];

    [Fact]
    public void The_gradient_is_that_of_the_weighted_sum_of_all_tasks()
    {
        TaskSpec[] tasks = [Toy.Classes(), Toy.Yes(), Toy.Labels(), Toy.Number()];

        Toy.CheckGradient(() =>
        {
            TaskModel model = Toy.Model(tasks);
            TaskStream stream = Toy.Stream(Toy.Rows(8, tasks, missing: (r, t) => t == 1 ? r > 1 : t == 3 && r == 5), [0, 1, 2, 3], [1, 2, 0.5f, 0.25f]);
            return (model, new JointStep(model, [stream], Toy.Descent(model, 1)));
        });
    }

    [Fact]
    public void The_objective_is_the_weighted_sum_of_what_is_reported()
    {
        TaskModel model = Toy.Model(Two);
        var step = new JointStep(model, [Toy.Stream(Toy.Rows(8, Two), [0, 1], [2, 0.5f])], Toy.Descent(model));

        double objective = step.Run(1, 0);

        Assert.Equal(["classes", "number"], step.LossNames);
        Assert.Equal((2 * step.Losses[0]) + (0.5 * step.Losses[1]), objective, 1e-6);
    }

    [Fact]
    public void A_task_of_weight_0_changes_nothing_for_the_others()
    {
        TaskModel both = Toy.Model(Two), alone = Toy.Model(Two[0]);
        var first = new JointStep(both, [Toy.Stream(Toy.Rows(20, Two), [0, 1], [1, 0])], new ModelUpdate(both, new Adam(0.01f), clipNorm: 1));
        var second = new JointStep(alone, [Toy.Stream(Toy.Rows(20, [Two[0]]), [0])], new ModelUpdate(alone, new Adam(0.01f), clipNorm: 1));

        Assert.Equal(Toy.Run(second, 10), Toy.Run(first, 10));

        Dictionary<string, float[]> values = Toy.Values(both);
        Assert.All(Toy.Values(alone), v => Assert.Equal(v.Value, values[v.Key]));
        Assert.Equal(Toy.Values(Toy.Model(Two))["heads.number.weight"], values["heads.number.weight"]);
        Assert.True(double.IsFinite(first.Losses[1]));
    }

    [Fact]
    public void A_frozen_trunk_keeps_every_bit_while_heads_learn()
    {
        TaskModel model = Toy.Model(Two);
        model.Trunk.Freeze();
        Dictionary<string, float[]> before = Toy.Values(model);
        var step = new JointStep(model, [Toy.Stream(Toy.Rows(20, Two), [0, 1])], new ModelUpdate(model, new AdamW(0.01f, weightDecay: 0.1f), [new L2(0.1f)], clipNorm: 0.5));

        Toy.Run(step, 10);

        foreach ((string path, float[] values) in Toy.Values(model))
        {
            Assert.Equal(path.StartsWith("trunk.", StringComparison.Ordinal), values.SequenceEqual(before[path]));
        }
    }

    [Fact]
    public void Data_sets_of_their_own_add_up_and_the_longest_one_is_an_epoch()
    {
        TaskModel model = Toy.Model(Two), first = Toy.Model(Two), second = Toy.Model(Two);
        TaskStream A(float weight) => Toy.Stream(Toy.Rows(20, [Two[0]]), [0], [weight], batch: 4, path: "a");
        TaskStream B(float weight) => Toy.Stream(Toy.Rows(6, [Two[1]], seed: 9), [1], [weight], batch: 4, path: "b");
        var step = new JointStep(model, [A(1), B(1)], Toy.Descent(model));
        var one = new JointStep(first, [A(1), B(0)], Toy.Descent(first));
        var other = new JointStep(second, [A(0), B(1)], Toy.Descent(second));

        double[] objectives = [step.Run(1, 0), one.Run(1, 0), other.Run(1, 0)];

        Assert.Equal(5, step.StepsPerEpoch);
        Assert.Equal(objectives[0], objectives[1] + objectives[2], 1e-6);
        Dictionary<string, float[]> start = Toy.Values(Toy.Model(Two)), a = Toy.Values(first), b = Toy.Values(second);
        foreach ((string path, float[] values) in Toy.Values(model))
        {
            // The step of the sum is the sum of the steps.
            float[] expected = [.. values.Select((_, i) => a[path][i] + b[path][i] - start[path][i])];
            Assert.Equal(expected, values, (x, y) => MathF.Abs(x - y) < 1e-6f);
        }
    }

    [Fact]
    public void A_batch_without_labels_for_a_task_reports_no_number_and_leaves_its_head_alone()
    {
        TaskModel model = Toy.Model(Two);
        float[] head = Toy.Values(model)["heads.number.weight"];
        var step = new JointStep(model, [Toy.Stream(Toy.Rows(8, Two, missing: (_, t) => t == 1), [0, 1])], Toy.Descent(model));

        double objective = step.Run(1, 0);

        Assert.Equal(step.Losses[0], objective, 1e-6);
        Assert.Equal(double.NaN, step.Losses[1]);
        Assert.Equal(head, Toy.Values(model)["heads.number.weight"]);
    }

    [Fact]
    public void A_batch_without_any_label_changes_nothing()
    {
        TaskModel model = Toy.Model(Two);
        Dictionary<string, float[]> before = Toy.Values(model);
        var step = new JointStep(model, [Toy.Stream(Toy.Rows(8, Two, missing: (_, _) => true), [0, 1])], Toy.Descent(model));

        Assert.Equal(0, step.Run(1, 0));
        Assert.All(Toy.Values(model), v => Assert.Equal(before[v.Key], v.Value));
    }

    // A task labeled in 3 of 8 rows: Σ L / 8, so that every labeled row of any task counts the same.
    [Fact]
    public void Rows_without_a_label_count_nothing_and_the_others_as_much_as_before()
    {
        TaskModel model = Toy.Model(Two[1]);
        var step = new JointStep(model, [Toy.Stream(Toy.Rows(8, [Two[1]], missing: (r, _) => r >= 3), [0])], Toy.Descent(model));

        double objective = step.Run(1, 0);

        Assert.Equal(step.Losses[0] * 3 / 8, objective, 1e-6);
    }

    [Fact]
    public void Penalties_are_added_and_reported()
    {
        TaskModel model = Toy.Model(Two), plain = Toy.Model(Two);
        var step = new JointStep(model, [Toy.Stream(Toy.Rows(8, Two), [0, 1])], Toy.Descent(model, penalties: [new L2(0.5f), new L1(0.25f, ["heads"])]));
        var without = new JointStep(plain, [Toy.Stream(Toy.Rows(8, Two), [0, 1])], Toy.Descent(plain));
        double expected = new L2(0.5f).Of(model.Parameters()).Item() + new L1(0.25f, ["heads"]).Of(model.Parameters()).Item();

        double objective = step.Run(1, 0);

        Assert.Equal(["classes", "number", "penalty"], step.LossNames);
        Assert.Equal(expected, step.Losses[2], 1e-6);
        Assert.Equal(without.Run(1, 0) + expected, objective, 1e-5);
    }

    [Fact]
    public void The_gradient_of_the_penalties_is_followed_too() => Toy.CheckGradient(() =>
    {
        TaskModel model = Toy.Model(Two);
        return (model, new JointStep(model, [Toy.Stream(Toy.Rows(8, Two), [0, 1])], Toy.Descent(model, 1, [new L2(0.5f, ["trunk"])])));
    });

    [Fact]
    public void Saved_and_loaded_it_goes_on_with_the_same_bits()
    {
        (TaskModel whole, JointStep step) = Make();
        (TaskModel half, JointStep begun) = Make();
        (TaskModel other, JointStep resumed) = Make();
        double[] objectives = Toy.Run(step, 9);
        Toy.Run(begun, 4);
        (State model, State training) = (new State(), new State());
        half.Save(model);
        begun.Save(training);

        other.Load(model);
        resumed.Load(training);

        Assert.Equal(objectives[4..], Toy.Run(resumed, 5));
        Assert.All(Toy.Values(whole), v => Assert.Equal(v.Value, Toy.Values(other)[v.Key]));

        static (TaskModel, JointStep) Make()
        {
            TaskModel model = Toy.Model(3, new Mlp([5], ActivationKind.Tanh, dropout: 0.3f), Two);
            TaskStream[] streams = [Toy.Stream(Toy.Rows(20, [Two[0]]), [0], path: "a"), Toy.Stream(Toy.Rows(6, [Two[1]]), [1], path: "b")];
            return (model, new JointStep(model, streams, new ModelUpdate(model, new Adam(0.01f))));
        }
    }

    [Fact]
    public void An_objective_that_is_no_number_changes_nothing()
    {
        TaskModel model = Toy.Model(Two);
        float[] weights = Toy.Values(model)["trunk.hidden.0.weight"];
        weights[3] = float.NaN;
        model.StateDictionary()["trunk.hidden.0.weight"].Assign(weights);
        var step = new JointStep(model, [Toy.Stream(Toy.Rows(8, Two), [0, 1])], Toy.Descent(model));
        Dictionary<string, float[]> before = Toy.Values(model);

        Assert.False(double.IsFinite(step.Run(1, 0)));
        Assert.All(Toy.Values(model), v => Assert.Equal(before[v.Key], v.Value));
    }

    [Fact]
    public void No_data_set_and_weights_that_do_not_fit_are_refused()
    {
        TaskModel model = Toy.Model(Two);

        var none = Assert.Throws<ArgumentException>(() => new JointStep(model, [], Toy.Descent(model)));
        var few = Assert.Throws<ArgumentException>(() => Toy.Stream(Toy.Rows(4, Two), [0]));

        Assert.StartsWith("JointStep: expected at least one data set, got none.", none.Message, StringComparison.Ordinal);
        Assert.StartsWith("TaskStream: expected a task and a weight for each of 2 targets, got 1 and 1.", few.Message, StringComparison.Ordinal);
    }
}
