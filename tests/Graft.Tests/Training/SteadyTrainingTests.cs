using Graft.Data.Encoders;
using Graft.Data.Loading;
using Graft.Models;
using Graft.MultiTask;
using Graft.MultiTask.Balancing;
using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Nn.Losses;
using Graft.Nn.Optimizers;
using Graft.Tasks;
using Graft.Tasks.Metrics;
using Graft.Tensors;
using Graft.Tensors.Autograd;
using Graft.Tensors.Random;
using Graft.Training;

namespace Graft.Tests.Training;

/// <summary>Memory of whole trainings: what a step takes it gives back, and a steady one takes next to nothing from anywhere.</summary>
[Trait("category", "memory")]
[Collection(Alone.Name)]
public sealed class SteadyTrainingTests : IDisposable
{
    private const int Batch = 8;

    private static readonly string[] Networks = ["mlp", "cnn", "resnet", "mobilenet", "lstm", "gru", "transformer", "text-cnn"];

    private readonly bool _checked = Engine.ChecksMemory;

    public static TheoryData<string> Names => new(Networks);

    public static TheoryData<string, string> OptimizersAndBalancers => new()
    {
        { "sgd", "" }, { "adam", "" }, { "adamw", "" }, { "rmsprop", "" }, { "adagrad", "" },
        { "adam", "pcgrad" }, { "sgd", "cagrad" }, { "adam", "nash-mtl" }, { "adam", "graddrop" }, { "adam", "gradnorm" }, { "sgd", "modo" }, { "adam", "famo" },
    };

    public void Dispose() => Engine.ChecksMemory = _checked;

    [Theory, MemberData(nameof(Names))]
    public void A_step_of_the_loop_allocates_less_than_a_kilobyte(string network)
    {
        long Allocated(int steps)
        {
            JointStep step = Step(network, new Adam(0.001f), null, rows: 40 * Batch);
            long before = GC.GetAllocatedBytesForCurrentThread();
            new Trainer(new TrainingPlan { Steps = steps }).Fit(step);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Allocated(80);
        long some = Allocated(40), more = Allocated(200);

        // Losses, events and means of four epochs are among it.
        Assert.InRange((more - some) / 160.0, 0, 1024);
    }

    [Theory, MemberData(nameof(Names))]
    public void After_each_step_and_each_measurement_as_many_blocks_live_as_before(string network)
    {
        Engine.ChecksMemory = true;
        (TaskModel model, LabeledRows rows) = Make(network, 3 * Batch);
        var step = new JointStep(model, [new TaskStream(new Loader(rows, Batch, seed: 1), [0, 1])], new ModelUpdate(model, new Adam(0.001f), clipNorm: 1));
        var evaluation = new Evaluation(model, [new EvaluatedRows(rows, [new(0, Letters, [new Accuracy()]), new(1, Number, [new MeanAbsoluteError()])])], Batch);
        step.Run(1, 0);
        long afterStep = Live();

        // A network in use may keep what it computed of its weights until they change.
        evaluation.Run();
        long afterUse = Live();
        for (int i = 0; i < 4; i++)
        {
            Assert.True(double.IsFinite(step.Run(1, 0)));
            Assert.InRange(Live(), 0, afterStep);
            evaluation.Run();
            Assert.InRange(Live(), 0, afterUse);
        }

        GC.KeepAlive(step);
    }

    [Theory, MemberData(nameof(OptimizersAndBalancers))]
    public void Optimizers_and_balancers_give_back_what_they_take(string optimizer, string balancer)
    {
        Engine.ChecksMemory = true;
        JointStep step = Step("mlp", OptimizerOf(optimizer), BalancerOf(balancer), rows: 5 * Batch);
        for (int i = 0; i < 6; i++)
        {
            step.Run(1, 0);
        }

        long live = Live();
        for (int i = 0; i < 6; i++)
        {
            Assert.True(double.IsFinite(step.Run(1, 0)));
        }

        Assert.InRange(Live(), 0, live);
        GC.KeepAlive(step);
    }

    [Fact]
    public void A_step_that_fails_leaves_nothing_behind_once_the_next_has_ended()
    {
        Engine.ChecksMemory = true;
        var linear = new Linear(4, 3);
        linear.Initialize(1);
        var optimizer = new Adam();
        optimizer.Attach(linear.Parameters());
        var moody = new Moody();
        Tensor x = Tensor.Ones([8, 4]).Keep();
        long live = 0;

        for (int i = 0; i < 12; i++)
        {
            moody.FailsForward = i % 4 == 1;
            moody.FailsBackward = i % 4 == 2;
            try
            {
                optimizer.ZeroGrad();
                Tensor features = linear.Forward(x);
                Tensor loss = moody.Apply(features).Sum();
                Jacobian.Rows([loss, features.Square().Mean()], [linear.Weight.Value]);
                loss.Backward();
                optimizer.Step();
            }
            catch (InvalidOperationException e) when (e.Message == "not today")
            {
                continue;
            }

            live = live == 0 ? Live() : live;
            Assert.InRange(Live(), 0, live);
        }

        GC.KeepAlive(optimizer);
    }

    [Fact]
    public void Two_trainers_at_once_end_with_the_bits_of_each_alone()
    {
        float[][] alone = [Trained("resnet"), Trained("lstm")], together = new float[2][];
        Thread[] threads = [new(() => together[0] = Trained("resnet")), new(() => together[1] = Trained("lstm"))];

        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());

        Assert.Equal(alone[0], together[0]);
        Assert.Equal(alone[1], together[1]);

        static float[] Trained(string network)
        {
            JointStep step = Step(network, new Adam(0.01f), null, rows: 5 * Batch);
            new Trainer(new TrainingPlan { Steps = 20 }).Fit(step);
            return [.. step.Model.Parameters().SelectMany(p => p.Value.ToArray())];
        }
    }

    [Fact]
    public void Memory_is_flat_over_thousands_of_steps_of_all_sizes_with_measurements_between()
    {
        var model = new Sequential(
            new Conv2d(3, 16, 3, padding: 1), new BatchNorm(16), new Relu(), new MaxPool2d(2), new Flatten(), new Linear(16 * 8 * 8, 32), new Relu(), new Dropout(0.2f), new Linear(32, 4));
        model.Initialize(1);
        var optimizer = new Sgd(0.001f, momentum: 0.9);
        optimizer.Attach(model.Parameters());
        var loss = new CrossEntropyLoss();
        var values = new float[96 * 3 * 16 * 16];
        RandomStream.For(1, "pictures").FillNormal(values);
        int[] classes = [.. Enumerable.Range(0, 96).Select(i => i % 4)];
        var random = new Random(1);

        Run(1000);
        long live = Live();
        (long bytes, long resident) = (Engine.SystemBytes, Environment.WorkingSet);
        Run(2000);

        // The last combination of sizes may ask for a block more than those before it.
        Assert.InRange(Engine.SystemBytes - bytes, long.MinValue, 2 << 20);
        Assert.InRange(Live(), 0, live);
        Assert.InRange(Environment.WorkingSet - resident, long.MinValue, 16 << 20);

        void Run(int steps)
        {
            for (int i = 0; i < steps; i++)
            {
                int rows = i % 50 == 0 ? 96 : random.Next(2, 24);
                Tensor x = Tensor.ForStepChannelsLast(values.AsSpan(0, rows * 3 * 16 * 16), [rows, 3, 16, 16]);
                if (i % 50 == 1)
                {
                    using var scope = new TensorScope();
                    using var silence = new NoGrad();
                    model.Train(false);
                    Assert.True(float.IsFinite(model.Forward(x).Sum().Item()));
                    model.Train();
                }

                optimizer.ZeroGrad();
                loss.Apply(model.Forward(x), Tensor.ForStep(classes.AsSpan(0, rows), [rows])).Backward();
                optimizer.Step();
            }
        }
    }

    // A scope takes back what a step that has ended used; kept tensors that nobody reaches any more come back through the garbage collector.
    // Blocks of tests before this one may be found to be garbage at any time: a leak is a number that grows.
    private static long Live()
    {
        using (new TensorScope())
        {
        }

        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Engine.LiveBlocks;
    }

    private static TargetEncoder Letters => new(TaskKind.MultiClass, ["c"], ["a", "b", "c"]);

    private static TargetEncoder Number => new(TaskKind.Regression, ["n"], ["n"], [new NumberScaler(NumberScaling.Standard, 0, 1, 0)]);

    private static JointStep Step(string network, Optimizer optimizer, Balancer? balancer, int rows)
    {
        (TaskModel model, LabeledRows data) = Make(network, rows);
        return new JointStep(
            model, [new TaskStream(new Loader(data, Batch, seed: 1), [0, 1])], new ModelUpdate(model, optimizer, clipNorm: 10), balancer is null ? null : new JointBalancing(balancer));
    }

    private static (TaskModel Model, LabeledRows Rows) Make(string network, int count)
    {
        (Backbone trunk, InputShape shape) = network switch
        {
            "mlp" => ((Backbone)new Mlp([16, 16]), new InputShape(InputKind.Table, [6])),
            "cnn" => (new Cnn([8, 8]), new InputShape(InputKind.Picture, [12, 12, 3])),
            "resnet" => (new ResNet(8, width: 4), new InputShape(InputKind.Picture, [12, 12, 3])),
            "mobilenet" => (new MobileNetV2(0.1), new InputShape(InputKind.Picture, [32, 32, 3])),
            "lstm" => (new LstmModel([7]), new InputShape(InputKind.Sequence, [9, 5])),
            "gru" => (new GruModel([7], bidirectional: true), new InputShape(InputKind.Sequence, [9, 5])),
            "transformer" => (new SmallTransformer(16, 2, 2, dropout: 0.1f), new InputShape(InputKind.Tokens, [12]) { Vocabulary = 30 }),
            _ => (new TextCnn(8, maps: 5), new InputShape(InputKind.Tokens, [12]) { Vocabulary = 30 }),
        };
        TaskSpec[] tasks = [TaskSpec.From("letters", Letters), TaskSpec.From("number", Number)];
        var model = new TaskModel(trunk, shape, tasks);
        model.Initialize(1);
        var values = new float[count * shape.Length];
        RandomStream.For(2, "values").FillNormal(values);
        if (shape.Kind == InputKind.Tokens)
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = i % 30;
            }
        }

        int[]? steps = shape.HasLengths ? [.. Enumerable.Range(0, count).Select(i => 4 + (i % (shape.Sizes[0] - 3)))] : null;
        return (model, new LabeledRows(
            "rows", shape, values,
            [TargetValues.OfClasses([.. Enumerable.Range(0, count).Select(i => i % 3)]), TargetValues.OfNumbers([.. Enumerable.Range(0, count).Select(i => (i % 5) - 2f)])],
            steps: steps));
    }

    private static Optimizer OptimizerOf(string name) => name switch
    {
        "sgd" => new Sgd(0.001f, momentum: 0.9),
        "adam" => new Adam(0.001f),
        "adamw" => new AdamW(0.001f),
        "rmsprop" => new RmsProp(0.001f),
        _ => new Adagrad(0.001f),
    };

    private static Balancer? BalancerOf(string name) => name switch
    {
        "pcgrad" => new PCGrad(),
        "cagrad" => new CAGrad(),
        "nash-mtl" => new NashMTL(),
        "graddrop" => new GradDrop(),
        "gradnorm" => new GradNorm(),
        "modo" => new MoDo(),
        "famo" => new FAMO(),
        _ => null,
    };

    private sealed class Moody : CustomOperation
    {
        public bool FailsForward { get; set; }

        public bool FailsBackward { get; set; }

        protected override Tensor Forward(ReadOnlySpan<Tensor> inputs) => FailsForward ? throw new InvalidOperationException("not today") : inputs[0].Square();

        protected override void Backward(Tensor gradient, ReadOnlySpan<Tensor> inputs, Tensor output, Span<Tensor> inputGradients) =>
            inputGradients[0] = FailsBackward ? throw new InvalidOperationException("not today") : gradient * 2 * inputs[0];
    }
}
