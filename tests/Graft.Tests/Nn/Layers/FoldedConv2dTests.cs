using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Nn.Optimizers;
using Graft.Tensors;
using Graft.Tensors.Autograd;
using Graft.Tensors.Random;

namespace Graft.Tests.Nn.Layers;

/// <summary>A convolution with its batch normalization in its weights: the same as the two apart, whatever happens to the numbers it was made from.</summary>
public sealed class FoldedConv2dTests
{
    public static TheoryData<string> Writes => [.. Changes.Keys];

    // Every way in which a weight or a running statistic changes where it lies, or another takes its place.
    private static readonly Dictionary<string, Action<Sequential>> Changes = new()
    {
        ["the weight is assigned"] = m => Conv(m).Weight.Value.Assign(Draw(Conv(m).Weight.Value.Count, 21)),
        ["a part of the weight is assigned"] = m => Conv(m).Weight.Value.Slice(0, 1, 2).Assign(Draw(2 * Conv(m).Weight.Value.Count / Conv(m).OutChannels, 22)),
        ["the weight is assigned through a detached view"] = m => Conv(m).Weight.Value.Detach().Assign(Draw(Conv(m).Weight.Value.Count, 23)),
        ["the bias is assigned"] = m => Conv(m).Bias!.Value.Assign(Draw(Conv(m).OutChannels, 25)),
        ["the factor is assigned"] = m => Norm(m).Weight!.Value.Assign(Draw(Norm(m).Channels, 26)),
        ["the shift is assigned"] = m => Norm(m).Bias!.Value.Assign(Draw(Norm(m).Channels, 27)),
        ["the mean is assigned"] = m => Norm(m).RunningMean.Value.Assign(Draw(Norm(m).Channels, 28)),
        ["the variance is assigned"] = m => Norm(m).RunningVar.Value.Assign([.. Draw(Norm(m).Channels, 29).Select(v => 1 + (v * v))]),
        ["the model is initialized again"] = m => m.Initialize(77),
        ["the normalization is initialized again"] = m =>
        {
            m.Initialize(3);
            Norm(m).RunningVar.Value.Assign([.. Enumerable.Repeat(9f, Norm(m).Channels)]);
        },
        ["a state is loaded"] = m =>
        {
            Sequential other = Create();
            other.Initialize(78);
            var state = new State();
            other.Save(state);
            m.Load(state);
        },
        ["running statistics are recalled"] = m =>
        {
            State before = m.Remember();
            Learn(m, null);
            _ = Use(m);
            m.Recall(before);
            Norm(m).RunningMean.Value.Assign(Draw(Norm(m).Channels, 30));
        },
        ["a batch is learned from without an optimizer"] = m => Learn(m, null),
        ["a batch passes in training without gradients"] = m =>
        {
            m.Train();
            using (new NoGrad())
            {
                m.Forward(Pictures());
            }

            m.Train(false);
        },
        ["an optimizer steps: sgd"] = m => Learn(m, new Sgd(0.1f, momentum: 0.9f)),
        ["an optimizer steps: gradient descent"] = m => Learn(m, new GradientDescent(0.1f)),
        ["an optimizer steps: adam"] = m => Learn(m, new Adam(0.1f)),
        ["an optimizer steps: adamw"] = m => Learn(m, new AdamW(0.1f)),
        ["an optimizer steps: rmsprop"] = m => Learn(m, new RmsProp(0.1f)),
        ["an optimizer steps: adagrad"] = m => Learn(m, new Adagrad(0.1f)),
        ["an optimizer steps on the shift alone"] = m =>
        {
            var optimizer = new GradientDescent(0.5f);
            optimizer.Attach([Norm(m).Bias!]);
            m.Forward(Pictures()).Square().Sum().Backward();
            optimizer.Step();
            optimizer.ZeroGrad();
        },
    };

    [Theory]
    [InlineData(3, 5, 3, 1, 1, 1, 1)]
    [InlineData(4, 33, 3, 2, 1, 1, 1)]
    [InlineData(6, 6, 3, 1, 1, 1, 6)]
    [InlineData(6, 12, 3, 1, 2, 2, 2)]
    [InlineData(17, 20, 1, 1, 0, 1, 1)]
    [InlineData(16, 24, 1, 2, 0, 1, 1)]
    [InlineData(3, 16, 7, 2, 3, 1, 1)]
    public void It_is_the_two_apart_up_to_rounding(int inChannels, int outChannels, int kernel, int stride, int padding, int dilation, int groups)
    {
        foreach (bool bias in new[] { true, false })
        {
            foreach (bool affine in new[] { true, false })
            {
                Sequential model = [new Conv2d(inChannels, outChannels, kernel, stride, padding, dilation, groups, bias), new BatchNorm(outChannels, epsilon: 1e-3f, affine: affine)];
                Randomize(model);
                Tensor x = Tensor.From(Draw(2 * inChannels * 9 * 11, 1), [2, inChannels, 9, 11]);
                Tensor apart = Norm(model).Forward(Conv(model).Forward(x)).Detach();
                Tensor residual = Tensor.From(Draw(apart.Count, 2), apart.Shape);
                using var silence = new NoGrad();
                foreach (Rectifier rectifier in Enum.GetValues<Rectifier>())
                {
                    Close(Rectified(apart, rectifier), Conv(model).Forward(x, Norm(model), rectifier));
                    Close(Rectified(apart + residual, rectifier), Conv(model).Forward(x, Norm(model), rectifier, residual));
                }

                Assert.True(Norm(model).IsFolded);
            }
        }
    }

    [Theory, MemberData(nameof(Writes))]
    public void It_is_never_stale_after(string write)
    {
        Sequential model = Create();
        Randomize(model);
        float[] before = Use(model);
        Assert.Equal(before, Use(model));

        Changes[write](model);

        float[] after = Use(model);
        Assert.True(Norm(model).IsFolded);
        Assert.Contains(Enumerable.Range(0, after.Length), i => Math.Abs(after[i] - before[i]) > 1e-3f);
        Close(Norm(model).Forward(Conv(model).Forward(Pictures())), Tensor.From(after, [2, 5, 6, 4]));
    }

    [Fact]
    public void A_normalization_behind_two_convolutions_serves_both()
    {
        Sequential model = Create(), other = Create();
        Randomize(model);
        Randomize(other, seed: 9);
        using var silence = new NoGrad();
        for (int i = 0; i < 2; i++)
        {
            foreach (Sequential m in new[] { model, other })
            {
                Close(Norm(model).Forward(Conv(m).Forward(Pictures())), Conv(m).Forward(Pictures(), Norm(model)));
            }
        }
    }

    [Fact]
    public void Weights_of_one_window_serve_every_stride()
    {
        // Without a stride it is a matrix product, which wants its weights in another order.
        Sequential plain = [new Conv2d(3, 5, 1), new BatchNorm(5)], strided = [new Conv2d(3, 5, 1, 2), new BatchNorm(5)];
        Randomize(plain);
        Randomize(strided);
        using var silence = new NoGrad();
        foreach (Sequential m in new[] { plain, strided, plain, strided })
        {
            Close(Norm(plain).Forward(Conv(m).Forward(Pictures())), Conv(m).Forward(Pictures(), Norm(plain)));
        }
    }

    [Fact]
    public void Where_a_gradient_is_wanted_or_it_learns_nothing_is_folded_and_memory_goes_back()
    {
        Sequential model = Create();
        Randomize(model);
        _ = Use(model);
        Assert.True(Norm(model).IsFolded);

        Tensor y = model.Forward(Pictures());

        Assert.True(y.RequiresGrad);
        Assert.False(Norm(model).IsFolded);
        _ = Use(model);
        Learn(model, null);
        Assert.False(Norm(model).IsFolded);
    }

    [Fact]
    public void A_frozen_part_of_a_model_that_learns_is_folded_on_data_alone()
    {
        Sequential model = Create();
        Randomize(model);
        model.Train();
        model.Freeze();

        Tensor ofData = model.Forward(Pictures());
        bool folded = Norm(model).IsFolded;
        Tensor ofLearned = model.Forward(Tensor.Variable(Pictures()));

        Assert.True(folded);
        Assert.False(ofData.RequiresGrad);
        Assert.True(ofLearned.RequiresGrad);
        Close(ofLearned, ofData);
    }

    [Fact]
    public void A_trace_hears_of_both_layers_and_the_weights_stay()
    {
        Sequential model = Create();
        Randomize(model);
        _ = Use(model);
        using var silence = new NoGrad();
        using var trace = new Trace();

        model.Forward(Pictures());

        Assert.Contains(trace.Operations, o => o.Name == "Conv2d");
        Assert.Contains(trace.Operations, o => o.Name == "BatchNorm");
        Assert.True(Norm(model).IsFolded);
    }

    [Fact]
    public void Steady_use_takes_no_memory()
    {
        Sequential model = [new Conv2d(3, 8, 3, padding: 1), new BatchNorm(8), new Relu6(), new Conv2d(8, 8, 3, groups: 8), new BatchNorm(8), new Conv2d(8, 4, 1), new BatchNorm(4)];
        Randomize(model);
        Tensor x = Pictures();
        void Run()
        {
            using var silence = new NoGrad();
            using var scope = new TensorScope();
            for (int i = 0; i < 20; i++)
            {
                model.Forward(x);
            }
        }

        for (int i = 0; i < 5; i++)
        {
            Run();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        Run();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Threads_that_use_one_model_at_once_get_the_same()
    {
        Sequential model = Create();
        Randomize(model);
        float[] alone = Use(model);
        model.Initialize(3);
        Randomize(model);

        float[][] together = new float[8][];
        Parallel.For(0, together.Length, i => together[i] = Use(model));

        Assert.All(together, y => Assert.Equal(alone, y));
    }

    // Small and large pictures want weights in different orders: nobody reads those of another.
    [Fact]
    public void Threads_with_pictures_of_different_sizes_do_not_disturb_each_other()
    {
        Sequential model = [new Conv2d(32, 32, 3, padding: 1), new BatchNorm(32)];
        Randomize(model);
        int[] sides = [3, 40];
        float[] Of(int side)
        {
            using var silence = new NoGrad();
            using var scope = new TensorScope();
            return model.Forward(Tensor.From(Draw(32 * side * side, 5), [1, 32, side, side])).ToArray();
        }

        float[][] alone = [.. sides.Select(Of)], together = new float[24][];
        Parallel.For(0, together.Length, i => together[i] = Of(sides[i % 2]));

        Assert.All(Enumerable.Range(0, together.Length), i => Assert.Equal(alone[i % 2], together[i]));
    }

    private static Tensor Rectified(Tensor x, Rectifier rectifier) => rectifier switch
    {
        Rectifier.Relu => x.Relu(),
        Rectifier.Relu6 => x.Relu6(),
        _ => x,
    };

    private static Sequential Create() => [new Conv2d(3, 5, 3, padding: 1), new BatchNorm(5)];

    private static Conv2d Conv(Sequential model) => (Conv2d)model[0];

    private static BatchNorm Norm(Sequential model) => (BatchNorm)model[1];

    private static Tensor Pictures() => Tensor.From(Draw(2 * 3 * 6 * 4, 11), [2, 3, 6, 4]);

    private static float[] Draw(int count, ulong seed)
    {
        var values = new float[count];
        RandomStream.For(seed, "folded").FillNormal(values);
        return values;
    }

    // In use, with running statistics and factors of their own.
    private static void Randomize(Sequential model, ulong seed = 3)
    {
        model.Initialize(seed);
        foreach (BatchNorm norm in model.OfType<BatchNorm>())
        {
            norm.RunningMean.Value.Assign(Draw(norm.Channels, seed + 1));
            norm.RunningVar.Value.Assign([.. Draw(norm.Channels, seed + 2).Select(v => 0.3f + (v * v))]);
            norm.Weight?.Value.Assign(Draw(norm.Channels, seed + 3));
            norm.Bias?.Value.Assign(Draw(norm.Channels, seed + 4));
        }

        model.Train(false);
    }

    private static float[] Use(Sequential model)
    {
        using var silence = new NoGrad();
        using var scope = new TensorScope();
        return model.Forward(Pictures()).ToArray();
    }

    private static void Learn(Sequential model, Optimizer? optimizer)
    {
        model.Train();
        optimizer?.Attach(model.Parameters());
        model.Forward(Pictures()).Square().Sum().Backward();
        optimizer?.Step();
        optimizer?.ZeroGrad();
        model.Train(false);
    }

    private static void Close(Tensor expected, Tensor actual)
    {
        float[] want = expected.ToArray(), got = actual.ToArray();
        float scale = want.Max(Math.Abs);
        Assert.Equal(expected.Shape, actual.Shape);
        Assert.All(Enumerable.Range(0, want.Length), i => Assert.Equal(want[i], got[i], 2e-5f * (1 + scale)));
    }
}
