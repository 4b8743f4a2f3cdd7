using Graft.Data;
using Graft.Data.Encoders;
using Graft.Data.Loading;
using Graft.Models;
using Graft.Models.Graphs;
using Graft.MultiTask;
using Graft.Nn;
using Graft.Nn.Optimizers;
using Graft.Tasks;
using Graft.Tensors;
using Graft.Tensors.Random;
using Graft.Tests.Data.Sources;
using Graft.Tests.Models.Graphs;
using Graft.Tests.Tasks;
using Graft.Training;

namespace Graft.Tests.MultiTask.Architectures;

/// <summary>What every architecture promises, on a network for tables, one for pictures, the ResNet-20 of CIFAR, and one for sequences.</summary>
public abstract class SharingConformance
{
    private const int Rows = 6;

    public static TheoryData<string> Trunks => ["mlp", "cnn", "resnet", "lstm"];

    public static TheoryData<string> SmallTrunks => ["mlp", "cnn"];

    /// <summary>The architecture without tasks, with its defaults or small values.</summary>
    protected abstract Sharing Create();

    /// <summary>How many parameters it has around such a trunk, heads not counted.</summary>
    /// <param name="trunk">A built copy.</param>
    /// <param name="tasks">How many tasks.</param>
    protected abstract long Count(Backbone trunk, int tasks);

    /// <summary>The tasks that it is tried on; at least two.</summary>
    protected virtual TaskSpec[] Tasks => [Toy.Yes("first"), Toy.Yes("second")];

    /// <summary>Whether a gradient is the exact one of the objective: no straight-through estimates, no reversed gradients.</summary>
    protected virtual bool HasExactGradient => true;

    /// <summary>In how many steps at most, five an epoch, some gradient has reached every parameter.</summary>
    protected virtual int StepsToReachAll => 1;

    /// <summary>How far the training is in which it is tried: past any warm-up, before anything is fixed.</summary>
    protected virtual double Progress => 0.3;

    /// <summary>Most difference between the gradient and central differences of the objective.</summary>
    protected virtual double GradientTolerance => 5e-4;

    /// <summary>Whether it stands for one task as well.</summary>
    protected virtual bool TakesOneTask => true;

    /// <summary>Steps after which the loss is smaller than in the first.</summary>
    protected virtual int StepsToGetBetter => 20;

    [Theory, MemberData(nameof(Trunks))]
    public void Each_task_gets_the_features_that_are_promised(string trunk)
    {
        TaskModel model = Model(trunk);

        TaskFeatures features = model.Features(Input(trunk), Lengths(trunk));

        for (int t = 0; t < Tasks.Length; t++)
        {
            Assert.Equal([Rows, model.FeaturesOf(t)], features[t].Shape.Sizes.ToArray());
            Assert.Equal([Rows, 1], model.Output(t, features).Shape.Sizes.ToArray());
            Assert.All(features[t].ToArray(), v => Assert.True(float.IsFinite(v)));
        }
    }

    [Theory, MemberData(nameof(Trunks))]
    public void Its_parameters_are_as_many_as_the_formula_says(string trunk)
    {
        TaskModel model = Model(trunk);
        Backbone plain = Trunk(trunk);
        plain.Build(Shape(trunk));

        Assert.Equal(Count(plain, Tasks.Length), model.Trunk.ParameterCount);
    }

    [Theory, MemberData(nameof(Trunks))]
    public void Gradients_reach_every_parameter(string trunk)
    {
        TaskModel model = Model(trunk);
        HashSet<string> waiting = [.. model.Parameters().Select(p => p.Path)];

        for (int step = 0; step < StepsToReachAll && waiting.Count > 0; step++)
        {
            model.BeginStep(5, Progress);
            Objective(model, trunk).Backward();
            foreach (Parameter parameter in model.Parameters())
            {
                if (parameter.Grad is { } gradient && gradient.ToArray().Any(g => g != 0))
                {
                    waiting.Remove(parameter.Path);
                }
            }

            var optimizer = new GradientDescent(0);
            optimizer.Attach(model.Parameters());
            optimizer.Step();
            optimizer.ZeroGrad();
        }

        Assert.Empty(waiting);
    }

    [Theory, MemberData(nameof(Trunks))]
    public void In_use_the_same_rows_give_the_same_bits(string trunk)
    {
        TaskModel model = Model(trunk);
        model.BeginStep(5, Progress);
        _ = model.Features(Input(trunk), Lengths(trunk));
        model.Train(false);

        float[][] first = Outputs(model, trunk), second = Outputs(model, trunk);

        Assert.Equal(first, second);
    }

    [Theory, MemberData(nameof(SmallTrunks))]
    public void In_use_it_says_the_same_to_several_threads_at_once(string trunk)
    {
        TaskModel model = Model(trunk);
        model.Train(false);
        float[][] alone = Outputs(model, trunk);

        Crowd.Run(4, 8, () => Assert.Equal(alone, Outputs(model, trunk)));
    }

    [Theory, MemberData(nameof(Trunks))]
    public void Asked_for_one_task_it_says_the_same_of_it(string trunk)
    {
        TaskModel model = Model(trunk);
        model.Train(false);

        float[][] all = Outputs(model, trunk);

        for (int t = 0; t < Tasks.Length; t++)
        {
            Assert.Equal(all[t], model.Output(t, model.Features(Input(trunk), Lengths(trunk), [t])).ToArray());
        }
    }

    [Theory, MemberData(nameof(Trunks))]
    public void As_a_graph_of_ONNX_it_says_the_same(string trunk)
    {
        TaskModel model = Model(trunk);
        model.Train(false);
        Tensor[] inputs = Lengths(trunk) is { } lengths ? [Input(trunk), lengths] : [Input(trunk)];

        Graph graph = GraphTrace.Run("model", model.StateDictionary(), GraphSamples.Of(Shape(trunk)), given =>
        {
            (Tensor x, Tensor? steps) = GraphSamples.Taken(given);
            TaskFeatures features = model.Features(x, steps);
            return [.. Tasks.Select((t, i) => (t.Name, model.Output(i, features)))];
        });

        TaskFeatures expected = model.Features(inputs[0], Lengths(trunk));
        OnnxProof.Check($"architecture.{GetType().Name}.{trunk}", graph, inputs, [.. Tasks.Select((_, i) => model.Output(i, expected))]);
    }

    [Fact]
    public void The_gradient_is_that_of_the_objective()
    {
        if (HasExactGradient)
        {
            Toy.CheckGradient(() =>
            {
                TaskModel model = Around(Create(), SmoothTrunk, Toy.Shape, Tasks);
                return (model, new JointStep(model, [Toy.Stream(Toy.Rows(8, Tasks), [.. Tasks.Select((_, i) => i)])], Toy.Descent(model, 1)));
            }, GradientTolerance);
        }
    }

    [Theory, MemberData(nameof(SmallTrunks))]
    public void Saved_and_loaded_it_goes_on_with_the_same_bits(string trunk)
    {
        (TaskModel whole, JointStep step) = Training(trunk);
        (TaskModel half, JointStep begun) = Training(trunk);
        (TaskModel other, JointStep resumed) = Training(trunk);
        double[] objectives = Toy.Run(step, 13, Progress);
        Toy.Run(begun, 7, Progress);
        (State model, State training) = (new State(), new State());
        half.Save(model);
        begun.Save(training);

        other.Load(model);
        resumed.Load(training);

        Assert.Equal(objectives[7..], Toy.Run(resumed, 6, Progress));
        Assert.All(Toy.Values(whole), v => Assert.Equal(v.Value, Toy.Values(other)[v.Key]));
        Assert.Equal(whole.Sharing!.Gauges(), other.Sharing!.Gauges());
    }

    [Theory, MemberData(nameof(SmallTrunks))]
    public void Learning_makes_the_loss_smaller(string trunk)
    {
        (TaskModel model, JointStep step) = Training(trunk);

        Toy.Run(step, 1, Progress);
        double first = step.Losses[..Tasks.Length].ToArray().Sum();
        Toy.Run(step, StepsToGetBetter, Progress);

        Assert.True(step.Losses[..Tasks.Length].ToArray().Sum() < first, $"{first} became {step.Losses[..Tasks.Length].ToArray().Sum()}");
        Assert.All(model.Sharing!.Gauges(), g => Assert.True(double.IsFinite(g.Value), g.Key));
    }

    // A few steps first, so that what is learned, fixed or counted on the way is in the file.
    [Fact]
    public void It_opens_from_its_file_and_says_the_same()
    {
        using var folder = new TempFolder();
        (TaskModel model, JointStep step) = Training("mlp");
        Toy.Run(step, 8, Progress);
        string path = Path.Combine(folder.Path, "m.graft");

        Surveyed(model).Save(path);
        var opened = TrainedModel.Open(path);

        Assert.Equal(Create().ToString(), opened.Model.Sharing!.ToString());
        Assert.Equal(model.StateDictionary().Keys, opened.Model.StateDictionary().Keys);
        model.Train(false);
        Assert.Equal(Outputs(model, "mlp"), Outputs(opened.Model, "mlp"));
    }

    // A batch of each in every step; half of the first task's labels are missing besides.
    [Fact]
    public void Tasks_with_rows_of_their_own_learn_side_by_side()
    {
        TaskModel model = Model("mlp");
        TaskStream[] streams =
        [
            .. Tasks.Select((t, i) => Toy.Stream(Toy.Rows(32, [t], seed: (ulong)(1 + i), missing: (r, _) => i == 0 && r % 2 == 1), [i], batch: 16, path: t.Name)),
        ];
        var step = new JointStep(model, streams, new ModelUpdate(model, new Adam(0.01f)));

        Toy.Run(step, 1, Progress);
        double first = step.Losses[..Tasks.Length].ToArray().Sum();
        Toy.Run(step, 2 * StepsToGetBetter, Progress);

        Assert.True(step.Losses[..Tasks.Length].ToArray().Sum() < first);
    }

    [Fact]
    public void One_task_alone_learns_too_or_is_refused()
    {
        TaskModel Alone() => Around(Create(), () => Trunk("mlp"), Toy.Shape, [Tasks[0]]);

        if (!TakesOneTask)
        {
            var e = Assert.ThrowsAny<ArgumentException>(Alone);
            Assert.Contains("expected at least two tasks", e.Message, StringComparison.Ordinal);
            return;
        }

        TaskModel model = Alone();
        var step = new JointStep(model, [Toy.Stream(Toy.Rows(20, [Tasks[0]]), [0])], new ModelUpdate(model, new Adam(0.01f)));

        Assert.All(Toy.Run(step, 3), o => Assert.True(double.IsFinite(o)));
    }

    [Fact]
    public void It_is_around_tasks_once_and_says_so()
    {
        Sharing sharing = Create().Around(() => Trunk("mlp"), Tasks);

        var again = Assert.Throws<InvalidOperationException>(() => sharing.Around(() => Trunk("mlp"), Tasks));
        var none = Assert.Throws<InvalidOperationException>(() => Create().Build(Toy.Shape));

        Assert.Equal($"{sharing}: expected an architecture without tasks, got one of {string.Join(", ", Tasks.Select(t => t.Name))}. Make a new one for each model.", again.Message);
        Assert.Equal($"{sharing}: expected tasks and a trunk, got none. Call Around(newTrunk, tasks) first.", none.Message);
    }

    protected static TaskModel Around(Sharing sharing, Func<Backbone> trunk, InputShape shape, TaskSpec[] tasks, ulong seed = 3)
    {
        var model = new TaskModel(sharing.Around(trunk, tasks), shape, tasks);
        model.Initialize(seed);
        return model;
    }

    /// <summary>A new trunk that is not built.</summary>
    protected virtual Backbone Trunk(string name) => name switch
    {
        "mlp" => new Mlp([5, 4]),
        "cnn" => new Cnn([3, 4], dense: 5),
        "resnet" => new ResNet(),
        _ => new LstmModel([4, 3]),
    };

    /// <summary>A new trunk without kinks.</summary>
    protected virtual Backbone SmoothTrunk() => new Mlp([5, 5], ActivationKind.Tanh);

    protected static InputShape Shape(string trunk) => trunk switch
    {
        "mlp" => Toy.Shape,
        "lstm" => new(InputKind.Sequence, [4, 2]),
        _ => new(InputKind.Picture, [8, 8, 3]),
    };

    protected static Tensor Input(string trunk)
    {
        InputShape shape = Shape(trunk);
        var values = new float[Rows * shape.Length];
        RandomStream.For(7, "rows").FillNormal(values);
        return shape.Kind == InputKind.Picture
            ? Tensor.From(values, [Rows, shape.Sizes[2], shape.Sizes[0], shape.Sizes[1]])
            : Tensor.From(values, [Rows, .. shape.Sizes]);
    }

    protected static Tensor? Lengths(string trunk) => trunk == "lstm" ? Tensor.From([1, 2, 3, 4, 4, 2], [Rows]) : null;

    protected TaskModel Model(string trunk) => Around(Create(), () => Trunk(trunk), Shape(trunk), Tasks);

    protected float[][] Outputs(TaskModel model, string trunk)
    {
        TaskFeatures features = model.Features(Input(trunk), Lengths(trunk));
        return [.. Enumerable.Range(0, model.Tasks.Count).Select(t => model.Output(t, features).ToArray())];
    }

    /// <summary>A model and a step with random rows whose truth can be learned.</summary>
    protected (TaskModel Model, JointStep Step) Training(string trunk)
    {
        TaskModel model = Model(trunk);
        InputShape shape = Shape(trunk);
        LabeledRows rows = Toy.Rows(32, Tasks);
        if (shape != Toy.Shape)
        {
            // Pictures and sequences whose mean brightness follows the toy's first feature.
            var values = new float[32 * shape.Length];
            RandomStream.For(7, "noise").FillNormal(values, 0, 0.3f);
            float[] toy = new float[32 * Toy.Features];
            RandomStream.For(1, "features").FillNormal(toy);
            for (int i = 0; i < values.Length; i++)
            {
                values[i] += toy[i / shape.Length * Toy.Features];
            }

            rows = new LabeledRows("toy", shape, values, rows.Targets);
        }

        return (model, new JointStep(model, [Toy.Stream(rows, [.. Tasks.Select((_, i) => i)], batch: 16)], new ModelUpdate(model, new Adam(0.01f))));
    }

    private static Tensor Objective(TaskModel model, string trunk)
    {
        TaskFeatures features = model.Features(Input(trunk), Lengths(trunk));
        Tensor sum = Tensor.Zero;
        for (int t = 0; t < model.Tasks.Count; t++)
        {
            sum += (model.Output(t, features) - (1 + t)).Square().Mean();
        }

        return model.Penalty() is { } penalty ? sum + penalty : sum;
    }

    // Four numbers that are inputs and nothing else, and a column of the truth of each task.
    private static TrainedModel Surveyed(TaskModel model)
    {
        string[] names = ["a", "b", "c", "d"];
        float[] numbers = [0, 1, 2, 3, 4, 5, 6, 7];
        var rows = new Dataset("rows", [.. names.Select(n => new NumberColumn(n, numbers)), CategoryColumn.From("yes", ["no", "yes", "no", "yes", "no", "yes", "no", "yes"])]);
        InputEncoder inputs = InputEncoder.Fit(rows, new InputOptions(names));
        TargetEncoder target = TargetEncoder.Fit(rows, ["yes"]);
        return new TrainedModel(model, [.. model.Tasks.Select(_ => inputs)], [.. model.Tasks.Select(_ => target)]);
    }
}
