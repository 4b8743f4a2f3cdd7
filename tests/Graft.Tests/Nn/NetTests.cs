using System.Text.Json.Nodes;
using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Nn.Losses;
using Graft.Nn.Optimizers;
using Graft.Tensors;
using Graft.Tensors.Random;

namespace Graft.Tests.Nn;

/// <summary>Whole nets against PyTorch, from the same weights: outputs, loss, every gradient, running statistics, and the outputs after one step.</summary>
public sealed class NetTests
{
    private static readonly JsonNode Expected = Golden.Read("nets.json");

    public static TheoryData<string> Nets => [.. Create.Keys];

    private static Dictionary<string, Func<Module>> Create { get; } = new()
    {
        ["cnn"] = () => new Sequential(
            new Conv2d(3, 8, 3, padding: 1), new Relu(), new MaxPool2d(2), new Conv2d(8, 12, 3, stride: 2, bias: false), new BatchNorm(12), new Relu(),
            new AdaptiveAvgPool2d(1), new Flatten(), new Linear(12, 4)),
        ["cifar"] = () => new Sequential(
            new Conv2d(1, 4, 3, padding: 1), new Relu(), new MaxPool2d(2), new Conv2d(4, 6, 3, padding: 1), new Relu(), new MaxPool2d(2),
            new Flatten(), new Linear(24, 7), new Relu(), new Linear(7, 4)),
        ["mlp"] = () => new Sequential(
            new Linear(6, 8), new LayerNorm(8), new Gelu(), new Linear(8, 8), new BatchNorm(8), new Silu(), new Linear(8, 5), new Tanh(), new Linear(5, 4)),
        ["up"] = () => new Sequential(
            new ConvTranspose2d(2, 6, 3, stride: 2, padding: 1, outputPadding: 1), new GroupNorm(3, 6), new Elu(), new AvgPool2d(2),
            new Conv2d(6, 6, 3, padding: 1, groups: 6), new LeakyRelu(0.1f), new MaxPool2d(3, stride: 2, padding: 1), new Flatten(), new Linear(24, 4)),
        ["lstm"] = () => new Reader(new Lstm(3, 5)),
        ["lstm-both"] = () => new Reader(new Lstm(3, 5, layers: 2, bidirectional: true)),
        ["gru"] = () => new Reader(new Gru(3, 5, layers: 2, bidirectional: true)),
    };

    // Single against double precision through up to ten layers.
    private const double Tolerance = 3e-6;

    [Theory, MemberData(nameof(Nets))]
    public void A_training_step_is_that_of_PyTorch(string name)
    {
        JsonNode expected = Expected["nets"]![name]!;
        Module net = Load(name);
        Tensor x = Tensor.Variable(Tensor.From(expected["x"].Floats(), Shape.Create(expected["shape"].Ints())));
        var optimizer = new GradientDescent(0.1f);
        optimizer.Attach(net.Parameters());

        Tensor output = net.Forward(x);
        Tensor loss = new CrossEntropyLoss().Apply(output, Tensor.From(Expected["classes"].Ints(), [4]));
        loss.Backward();

        AssertNear(expected["output"].Doubles(), output, "output");
        Assert.Equal(expected["loss"]!.GetValue<double>(), loss.Item(), Tolerance);
        AssertNear(expected["dx"].Doubles(), x.Grad!.Value, "gradient of the input");
        foreach ((string path, Parameter parameter) in net.NamedParameters())
        {
            AssertNear(expected["gradients"]![path].Doubles(), parameter.Grad!.Value, path);
        }

        foreach ((string path, BufferTensor buffer) in net.Buffers())
        {
            AssertNear(expected["buffers"]![path].Doubles(), buffer.Value, path);
        }

        optimizer.Step();
        net.Train(false);
        AssertNear(expected["after"].Doubles(), net.Forward(x.Detach()), "output after the step");
    }

    [Theory, MemberData(nameof(Nets))]
    public void Names_and_shapes_of_the_state_are_those_of_PyTorch(string name)
    {
        Module net = Create[name]();
        net.Initialize(1);

        Assert.Equal(
            Expected["nets"]![name]!["shapes"]!.AsObject().Select(s => $"{s.Key} {Shape.Create(s.Value.Ints())}").Order(StringComparer.Ordinal),
            net.StateDictionary().Select(s => $"{s.Key} {s.Value.Shape}").Order(StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(Nets))]
    public void Frozen_nothing_changes_and_no_gradient_arrives(string name)
    {
        JsonNode expected = Expected["nets"]![name]!;
        Module net = Load(name);
        net.Freeze();
        Tensor x = Tensor.From(expected["x"].Floats(), Shape.Create(expected["shape"].Ints()));

        Tensor output = net.Forward(x);

        Assert.False(output.RequiresGrad);
        Assert.All(net.Parameters(), p => Assert.Null(p.Grad));
        Assert.All(net.StateDictionary(), s => AssertNear(expected["state"]![s.Key].Doubles(), s.Value, s.Key));
    }

    [Theory, MemberData(nameof(Nets))]
    public void A_steady_step_takes_no_managed_memory(string name)
    {
        JsonNode expected = Expected["nets"]![name]!;
        Module net = Load(name);
        float[] x = expected["x"].Floats();
        Shape shape = Shape.Create(expected["shape"].Ints());
        int[] classes = Expected["classes"].Ints();
        var loss = new CrossEntropyLoss();
        var optimizer = new Adam();
        optimizer.Attach(net.Parameters());
        for (int i = 0; i < 5; i++)
        {
            Step();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++)
        {
            Step();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Step()
        {
            optimizer.ZeroGrad();
            loss.Apply(net.Forward(Tensor.ForStep(x, shape)), Tensor.ForStep(classes, [4])).Backward();
            optimizer.Step();
        }
    }

    // Large enough for every op of the step to be shared out.
    [Fact]
    public void The_same_seed_gives_the_same_bits_with_any_number_of_threads()
    {
        int before = Engine.Threads;
        try
        {
            float[][] weights = [.. new[] { 1, 2, 4 }.Select(Train)];

            Assert.Equal(weights[0], weights[1]);
            Assert.Equal(weights[0], weights[2]);
        }
        finally
        {
            Engine.Threads = before;
        }

        static float[] Train(int threads)
        {
            Engine.Threads = threads;
            Sequential net =
            [
                new Conv2d(3, 20, 3, padding: 1, bias: false), new BatchNorm(20), new Relu(), new MaxPool2d(2), new Conv2d(20, 33, 3), new Relu(),
                new AvgPool2d(2), new Dropout(0.3f), new Flatten(), new Linear(33 * 49, 130), new LayerNorm(130), new Gelu(), new Linear(130, 10),
            ];
            net.Initialize(5);
            var optimizer = new Adam(0.01f);
            optimizer.Attach(net.Parameters());
            var x = new float[32 * 3 * 32 * 32];
            RandomStream.For(5, "x").FillNormal(x);
            int[] classes = [.. Enumerable.Range(0, 32).Select(i => i % 10)];
            for (int i = 0; i < 3; i++)
            {
                optimizer.ZeroGrad();
                new CrossEntropyLoss().Apply(net.Forward(Tensor.ForStepChannelsLast(x, [32, 3, 32, 32])), Tensor.ForStep(classes, [32])).Backward();
                GradientClipping.ByNorm([.. net.Parameters()], 0.5);
                optimizer.Step();
            }

            return [.. net.StateDictionary().SelectMany(s => s.Value.ToArray())];
        }
    }

    private static Module Load(string name)
    {
        Module net = Create[name]();
        net.Initialize(1);
        foreach ((string path, Tensor value) in net.StateDictionary())
        {
            value.Assign(Expected["nets"]![name]!["state"]![path].Floats());
        }

        return net;
    }

    private static void AssertNear(double[] expected, Tensor actual, string what)
    {
        float[] values = actual.ToArray();
        Assert.Equal(expected.Length, values.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(
                Math.Abs(expected[i] - values[i]) <= Tolerance * Math.Max(1, Math.Abs(expected[i])),
                $"{what}, element {i}: expected {expected[i]}, got {values[i]}.");
        }
    }

    private sealed class Reader(Recurrent cell) : Module
    {
        private readonly Tensor _lengths = Tensor.From(Expected["lengths"].Ints(), [4]);

        public Recurrent Cell { get; } = cell;

        public Linear Head { get; } = new(cell.OutFeatures, 4);

        public override Tensor Forward(Tensor x) => Head.Forward(Cell.Run(x, _lengths).Hidden);
    }
}
