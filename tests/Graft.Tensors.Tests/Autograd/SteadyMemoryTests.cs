using Graft.Tensors.Autograd;
using Graft.Tensors.Memory;
using Graft.Tensors.Ops;
using Graft.Tensors.Random;
using Graft.Tensors.Tests.Kernels;

namespace Graft.Tensors.Tests.Autograd;

/// <summary>Memory of training steps, by counters: what a step takes it gives back, and a steady step takes nothing new from anywhere.</summary>
[Trait("category", "memory")]
[Collection(WholeTeam.Name)]
public sealed class SteadyMemoryTests
{
    [Fact]
    public void Ten_thousand_steps_of_a_perceptron_take_no_memory()
    {
        var net = new Net([20 * 64, 64, 64 * 64, 64, 3 * 64, 3]);
        Tensor w1 = net.Next([64, 20]), b1 = net.Next([64]), w2 = net.Next([64, 64]), b2 = net.Next([64]), w3 = net.Next([3, 64]), b3 = net.Next([3]);
        var values = new float[32 * 20];
        RandomStream.For(1, "x").FillNormal(values);
        int[] classes = [.. Enumerable.Range(0, 32).Select(i => i % 3)];

        float last = Steady(10_000, net, () =>
        {
            Tensor x = Tensor.ForStep(values, [32, 20]), t = Tensor.ForStep(classes, [32]);
            return x.Linear(w1, b1, relu: true).Linear(w2, b2, relu: true).Linear(w3, b3).CrossEntropy(t);
        });

        Assert.InRange(last, 0, 0.2f);
    }

    [Fact]
    public void Steps_of_a_network_of_every_kind_of_op_take_no_memory()
    {
        var net = new Net([8 * 3 * 9, 8, 8, 8, 16 * 2 * 9, 3 * 64, 3, 4 * 5 * 64, 4 * 5 * 5, 20, 3 * 64 * 2, 16 * 8, 16 * 9, 8 * 16, 16, 16]);
        Tensor conv = net.Next([8, 3, 3, 3]), bias = net.Next([8]), gamma = net.Next([8]), beta = net.Next([8]), grouped = net.Next([16, 2, 3, 3]);
        Tensor head = net.Next([3, 64]), headBias = net.Next([3]), wi = net.Next([20, 64]), wh = net.Next([20, 5]), wb = net.Next([20]), windows = net.Next([3, 64, 1, 2]);
        Tensor widen = net.Next([16, 8, 1, 1]), filter = net.Next([16, 1, 3, 3]), narrow = net.Next([8, 16, 1, 1]), scale = net.Next([16]), shift = net.Next([16]);
        Tensor lengths = Tensor.From([3, 1, 2, 0], [4]);
        Tensor mean = Tensor.From(new float[8], [8]), variance = Tensor.From([.. Enumerable.Repeat(1f, 8)], [8]);
        Tensor ones = Tensor.From([.. Enumerable.Repeat(1f, 64)], [64]);
        var wide = new NormConstants(Tensor.From(new float[16], [16]), Tensor.From([.. Enumerable.Repeat(1f, 16)], [16]), scale, shift, 1e-5f);
        LearningPart[] parts =
        [
            new(new ConvParts(widen, null, 1, 0, 1, 1), wide, 0.1f), new(new ConvParts(filter, null, 1, 1, 1, 16), wide, 0.1f),
            new(new ConvParts(narrow, null, 1, 0, 1, 1), new NormConstants(mean, variance, gamma, beta, 1e-5f), 0.1f),
        ];
        var values = new float[4 * 3 * 8 * 8];
        RandomStream.For(2, "x").FillNormal(values);
        int[] classes = [0, 1, 2, -1];
        ulong step = 0;

        Steady(300, net, () =>
        {
            Tensor x = Tensor.ForStepChannelsLast(values, [4, 3, 8, 8]);
            Tensor y = x.Conv2d(conv, bias, padding: 1).BatchNorm(mean, variance, gamma, beta, relu: true).MaxPool2d(2);
            y = LearningBottleneckOperation.Apply(y, parts[0], parts[1], parts[2], Rectifier.Relu6, adds: true, always: true)!.Value;
            y = y.Conv2d(grouped, padding: 1, groups: 4).GroupNorm(4).Silu().AvgPool2d(2);
            y = y.Flatten().Dropout(0.2f, RandomStream.For(3, "dropout", step++)).LayerNorm(ones, null);
            Tensor sequence = y.Unsqueeze(1).Expand(4, 3, 64);
            Tensor state = sequence.Lstm(wi, wh, wb).Hidden;
            Tensor scores = y.Linear(head, headBias) + state.Slice(1, 0, 3) + sequence.ConvMaxOverTime(windows, null, lengths);
            Tensor attention = scores.Softmax().Unsqueeze(1).MatMul(scores.Unsqueeze(2)).Sum() * 0.1f;
            return scores.CrossEntropy(Tensor.ForStep(classes, [4]), labelSmoothing: 0.1f) + attention + scores.LogSoftmax().Exp().Sqrt().Mean();
        });
    }

    [Fact]
    public void Rows_of_a_Jacobian_take_no_memory()
    {
        var net = new Net([3 * 5, 4 * 3, 2 * 3]);
        Tensor trunk = net.Next([3, 5]), first = net.Next([4, 3]), second = net.Next([2, 3]);
        var values = new float[6 * 5];
        RandomStream.For(4, "x").FillNormal(values);

        Steady(2000, net, () =>
        {
            Tensor shared = Tensor.ForStep(values, [6, 5]).Linear(trunk).Tanh();
            Tensor a = shared.Linear(first).Square().Mean(), b = shared.Linear(second).Abs().Mean();
            Tensor rows = Jacobian.Rows([a, b], [trunk], othersCollect: true);
            Jacobian.AddToGradients(rows.Sum(0), [trunk]);
            return a + b;
        });
    }

    [Fact]
    public void Gramians_and_directions_of_many_outputs_take_no_memory()
    {
        var net = new Net([16 * 5, 16, 8 * 16, 8, 3 * 8, 3 * 8, 3 * 8]);
        Tensor w1 = net.Next([16, 5]), b1 = net.Next([16]), w2 = net.Next([8, 16]), b2 = net.Next([8]);
        Tensor[] heads = [net.Next([3, 8]), net.Next([3, 8]), net.Next([3, 8])], leaves = [w1, b1, w2, b2];
        var values = new float[6 * 5];
        RandomStream.For(4, "x").FillNormal(values);
        var losses = new Tensor[3];
        var gram = new double[9];

        Steady(1000, net, () =>
        {
            Tensor shared = Tensor.ForStep(values, [6, 5]).Linear(w1, b1, relu: true).Linear(w2, b2).Relu();
            for (int k = 0; k < losses.Length; k++)
            {
                losses[k] = shared.Linear(heads[k]).Square().Mean();
            }

            Jacobian.Gramian(losses, leaves, gram, keepBytes: -1);
            Tensor rows = Jacobian.Gramian(losses, leaves, gram, othersCollect: true)!.Value;
            Jacobian.Combine(rows, [0.2, 0.3, 0.5], leaves);
            ForwardMode.Jvp(losses, leaves, rows.Select(0, 0), gram.AsSpan(0, 3));
            return losses[0] + losses[1];
        });
    }

    // 300 x 300 numbers are more than 256 KiB, a row of them is less.
    [Fact]
    public void A_backward_that_does_not_keep_its_graph_takes_large_values_back_and_leaves_small_ones()
    {
        Tensor w = Tensor.Variable(Tensor.Ones([300, 300]));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long live = Pool.LiveBlocks;
        Tensor hidden = (w * 2).Square(), turned = hidden.Transpose(), seen = hidden.Detach(), features = turned.Exp().Sum(1), loss = features.Sum();

        loss.Backward(keepsGraph: false);

        // Left are the loss, the features, the numbers that a detached view still looks at, and w's gradient.
        Assert.Equal(live + 4, Pool.LiveBlocks);
        Assert.Equal(MathF.Exp(4), loss.Item() / 90_000, 1e-3f);
        Assert.Equal(MathF.Exp(4), features.ToArray()[7] / 300, 1e-3f);
        Assert.Equal(4, seen.Select(0, 0).Select(0, 0).Item());
        Assert.Equal(8 * MathF.Exp(4), w.Grad!.Value.ToArray()[5], 1e-3f);
        Assert.Throws<InvalidOperationException>(() => hidden.Sum());
        Assert.Throws<InvalidOperationException>(() => turned.ToArray());
        Assert.True(hidden.IsStale && turned.IsStale && !seen.IsStale);
        Tape.Current.EndStep();
    }

    [Fact]
    public void A_loop_that_never_steps_does_not_grow_and_what_it_keeps_stays_right()
    {
        // 100 results of 4 MB, recording off, and a handle to the first of them: more than the tape holds on to.
        Tensor first = default;
        long before = Pool.SystemBytes;
        using (new NoGrad())
        {
            for (int i = 0; i < 100; i++)
            {
                Tensor y = Tensor.Full([1 << 20], i) + 1;
                first = i == 0 ? y : first;
            }
        }

        Assert.Equal(1, first.Slice(0, 0, 1).Item());
        Assert.Equal(1 << 20, first.Sum().Item());
        Assert.InRange(Pool.SystemBytes - before, long.MinValue, 1200L << 20);
        Tape.Current.EndStep();
    }

    [Fact]
    public void Scopes_one_after_the_other_allocate_nothing_however_much_they_compute()
    {
        // 4 MB a scope, 800 MB in all.
        Tensor x = Tensor.Ones([1 << 19]).Keep();
        long Allocated(int scopes)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < scopes; i++)
            {
                using var noGrad = new NoGrad();
                using var scope = new TensorScope();
                _ = x * x * x;
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Allocated(10);

        Assert.Equal(0, Allocated(200));
    }

    [Fact]
    public void What_is_kept_for_a_backward_does_not_make_the_tape_let_go()
    {
        // Masks of 4 MB, 400 MB in all: more than a loop that records nothing may hold.
        Tensor x = Tensor.Ones([1 << 20]).Keep();
        Tensor weight = Tensor.Variable(Tensor.Ones([1]));
        long first = 0, last = 0;
        for (int step = 0; step < 3; step++)
        {
            first = GC.GetAllocatedBytesForCurrentThread();
            Tensor y = x * weight;
            for (int i = 0; i < 100; i++)
            {
                y = y.Dropout(0.01f, RandomStream.For(1, "mask"));
            }

            last = GC.GetAllocatedBytesForCurrentThread();
            Tape.Current.EndStep();
        }

        Engine.Trim();
        Assert.Equal(0, last - first);
    }

    [Fact]
    public void Memory_of_forgotten_tensors_comes_back()
    {
        // Kept tensors of 1 MB that nobody references any more: the pool asks the garbage collector before it asks the system for more than 256 of them, or
        // than a quarter of what it holds by then.
        var values = new float[1 << 18];
        Engine.Trim();
        long before = Pool.SystemAllocations, most = Math.Max(256, Pool.SystemBytes / 3 >> 20) + 150;
        for (int i = 0; i < 2 * most; i++)
        {
            _ = Tensor.From(values, [values.Length]);
        }

        Assert.InRange(Pool.SystemAllocations - before, 0, most);
    }

    private static float Steady(int steps, Net net, Func<Tensor> forward)
    {
        float loss = 0;
        for (int i = 0; i < 50; i++)
        {
            loss = net.Step(forward);
        }

        long system = Pool.SystemAllocations, live = Pool.LiveBlocks, held = Tape.Current.Count, managed = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < steps; i++)
        {
            loss = net.Step(forward);
        }

        managed = GC.GetAllocatedBytesForCurrentThread() - managed;
        Assert.Equal(0, Pool.SystemAllocations - system);
        Assert.Equal(live, Pool.LiveBlocks);
        Assert.Equal(held, Tape.Current.Count);

        // Tiered compilation may allocate a little on this thread now and then; a step allocates nothing.
        Assert.InRange((double)managed / steps, 0, 8);
        return loss;
    }

    /// <summary>Parameters in one piece of memory, and plain gradient descent.</summary>
    private sealed class Net(int[] counts)
    {
        private readonly ParameterMemory _memory = new(counts);
        private readonly List<Tensor> _parameters = [];

        public Tensor Next(Shape shape)
        {
            Tensor parameter = _memory.Next(shape, outputLast: shape.Rank > 1);
            var values = new float[shape.Count];
            RandomStream.For(5, "parameter", (ulong)_parameters.Count).FillNormal(values, 0, 1 / MathF.Sqrt(Math.Max(4, shape.Count / shape[0])));
            parameter.Assign(values);
            parameter.SetRequiresGrad(true);
            _parameters.Add(parameter);
            return parameter;
        }

        public unsafe float Step(Func<Tensor> forward)
        {
            foreach (Tensor parameter in _parameters)
            {
                parameter.ClearGrad();
            }

            Tensor loss = forward();
            loss.Backward();
            foreach (Tensor parameter in _parameters)
            {
                Node node = parameter.Node;
                for (int i = 0; i < node.Count; i++)
                {
                    node.Data[i] -= 0.05f * node.Grad[i];
                }
            }

            Tape.Current.EndStep();
            return loss.Item();
        }
    }
}
