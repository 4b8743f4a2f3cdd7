using Graft.Models;
using Graft.MultiTask;
using Graft.Nn.Optimizers;
using Graft.Tasks;
using Graft.Tests.Tasks;
using Graft.Training;

namespace Graft.Tests.MultiTask;

public sealed class DistillStepTests
{
    private static readonly TaskSpec[] All = [Toy.Classes(), Toy.Yes(), Toy.Labels(), Toy.Number()];

    [Theory]
    [InlineData(0.5f, 2f)]
    [InlineData(1f, 3f)]
    public void The_gradient_is_that_of_labels_and_teachers_together(float alpha, float temperature) => Toy.CheckGradient(() =>
    {
        TaskModel model = Toy.Model(All);
        TaskStream stream = Toy.Stream(Toy.Rows(8, All, missing: (r, t) => t == 1 && r > 3), [0, 1, 2, 3], [1, 0.5f, 1, 1]);
        return (model, new DistillStep(model, Teachers(), [stream], Toy.Descent(model, 1), alpha, temperature));
    });

    [Fact]
    public void With_alpha_0_it_is_joint_training()
    {
        (TaskModel model, TaskModel other) = (Toy.Model(All), Toy.Model(All));
        var step = new DistillStep(model, Teachers(), [Stream()], Toy.Descent(model), alpha: 0);
        var joint = new JointStep(other, [Stream()], Toy.Descent(other));

        Assert.Equal(Toy.Run(joint, 6), Toy.Run(step, 6));
        Assert.All(Toy.Values(model), v => Assert.Equal(v.Value, Toy.Values(other)[v.Key]));
    }

    // With α = 1 labels do not count; for a regression the loss is the squared distance to the teacher, which is 0 for its copy.
    [Fact]
    public void A_student_that_is_its_teacher_has_nothing_to_learn_from_it()
    {
        TaskModel model = Toy.Model(Toy.Number()), teacher = Toy.Model(Toy.Number());
        Dictionary<string, float[]> before = Toy.Values(model);
        var step = new DistillStep(model, [teacher], [Toy.Stream(Toy.Rows(8, [Toy.Number()]), [0])], Toy.Descent(model), alpha: 1);

        double objective = step.Run(1, 0);

        Assert.Equal(0, objective);
        Assert.True(step.Losses[0] > 0.01);
        Assert.All(Toy.Values(model), v => Assert.Equal(before[v.Key], v.Value));
    }

    [Fact]
    public void Teachers_stay_as_they_are_and_students_come_near()
    {
        TaskModel[] teachers = Teachers();
        Dictionary<string, float[]>[] before = [.. teachers.Select(Toy.Values)];
        TaskModel model = Toy.Model(All);
        var step = new DistillStep(model, teachers, [Stream()], new ModelUpdate(model, new Adam(0.02f)), alpha: 1);

        double[] objectives = Toy.Run(step, 200);

        Assert.Equal(["classes", "yes", "labels", "number", "teacher"], step.LossNames);
        Assert.True(objectives[^1] < objectives[0] - 0.05, $"{objectives[0]} to {objectives[^1]}");
        for (int i = 0; i < teachers.Length; i++)
        {
            Assert.All(Toy.Values(teachers[i]), v => Assert.Equal(before[i][v.Key], v.Value));
        }
    }

    [Fact]
    public void Saved_and_loaded_it_goes_on_with_the_same_bits()
    {
        (TaskModel whole, DistillStep step) = Make();
        (TaskModel half, DistillStep begun) = Make();
        (TaskModel other, DistillStep resumed) = Make();
        double[] objectives = Toy.Run(step, 7);
        Toy.Run(begun, 3);
        (State model, State training) = (new State(), new State());
        half.Save(model);
        begun.Save(training);

        other.Load(model);
        resumed.Load(training);

        Assert.Equal(objectives[3..], Toy.Run(resumed, 4));
        Assert.All(Toy.Values(whole), v => Assert.Equal(v.Value, Toy.Values(other)[v.Key]));

        static (TaskModel, DistillStep) Make()
        {
            TaskModel model = Toy.Model(3, new Mlp([5], dropout: 0.3f), All);
            return (model, new DistillStep(model, Teachers(), [Stream()], new ModelUpdate(model, new Adam(0.01f))));
        }
    }

    [Fact]
    public void Teachers_of_other_tasks_are_refused()
    {
        TaskModel model = Toy.Model(Toy.Classes());
        TaskStream[] streams = [Toy.Stream(Toy.Rows(8, [Toy.Classes()]), [0])];

        var none = Assert.Throws<ArgumentException>(() => new DistillStep(model, [], streams, Toy.Descent(model)));
        var other = Assert.Throws<ArgumentException>(() => new DistillStep(model, [Toy.Model(Toy.Yes())], streams, Toy.Descent(model)));

        Assert.StartsWith("DistillStep: expected a teacher for each of 1 tasks, got 0.", none.Message, StringComparison.Ordinal);
        Assert.StartsWith("DistillStep: expected a teacher of classes (MultiClass, 3), got one of yes (Binary, 1).", other.Message, StringComparison.Ordinal);
    }

    private static TaskStream Stream() => Toy.Stream(Toy.Rows(20, All), [0, 1, 2, 3]);

    private static TaskModel[] Teachers() => [.. All.Select((t, i) => Toy.Model(100 + (ulong)i, new Mlp([4], ActivationKind.Tanh), t))];
}
