using Graft.Data.Encoders;
using Graft.Models;
using Graft.MultiTask.Linear;
using Graft.MultiTask.Linear.Penalties;
using Graft.Nn;
using Graft.Nn.Optimizers;
using Graft.Tasks;
using Graft.Tensors;
using Graft.Training;

namespace Graft.Tests.MultiTask;

public sealed class HeadPenaltyTests
{
    private const int Features = 4;

    public static TheoryData<TaskPenalty> All =>
    [
        new TraceNorm(), new L21(), new Lasso(), new MeanRegularized(), new TaskRelationships(), new ConvexClustered(), new SharedStructure(), new Ridge(), new TemporalGroupLasso(),
        new FusedSparseGroupLasso(), new GraphRegularized(TaskGraph.Chain), new GraphRegularized(edges: [["a", "c"]], sparsity: 0.1), new CappedL1(10),
    ];

    [Theory, MemberData(nameof(All))]
    public void Gradients_equal_finite_differences(TaskPenalty penalty)
    {
        TaskModel model = Model(1);
        var heads = new HeadPenalty(penalty, 0.3f, 0.1);
        heads.Of(model.Parameters()).Backward();
        Parameter weight = model.HeadOf(1).Weight!;
        float[] gradient = weight.Grad!.Value.ToArray(), values = weight.Value.ToArray();

        for (int i = 0; i < Features; i++)
        {
            const float Step = 2e-3f;           // short, so that few kinks lie between
            Assert.Equal((Value(i, Step) - Value(i, -Step)) / (2 * Step), gradient[i], 5e-3f);
        }

        float Value(int i, float step)
        {
            weight.Value.Assign([.. values.Select((v, j) => j == i ? v + step : v)]);
            return heads.Of(model.Parameters()).Item();
        }
    }

    [Theory, MemberData(nameof(All))]
    public void With_little_smoothing_the_value_is_that_of_the_penalty(TaskPenalty penalty)
    {
        TaskModel model = Model(1);
        var weights = new TaskMatrix(Features, 3);
        for (int t = 0; t < 3; t++)
        {
            float[] values = model.HeadOf(t).Weight!.Value.ToArray();
            for (int j = 0; j < Features; j++)
            {
                weights[j, t] = values[j];
            }
        }

        double expected = 0.3 * penalty.For([.. new[] { "a", "b", "c" }.Select(n => new LinearTask(n, [1, 2, 3, 4], [1]))]).Value([weights]);

        Assert.Equal(expected, new HeadPenalty(penalty, 0.3f, 1e-4).Of(model.Parameters()).Item(), 2e-3 * Math.Max(1, expected));
    }

    // Without a loss the penalty alone is followed: trace norm and l21 empty the heads, the mean-regularized one makes them equal.
    [Fact]
    public void Followed_alone_it_reaches_what_the_penalty_wants()
    {
        Assert.All(Follow(new TraceNorm()), v => Assert.Equal(0, v, 0.05f));
        Assert.All(Follow(new L21()), v => Assert.Equal(0, v, 0.05f));
        float[] equal = Follow(new MeanRegularized());
        Assert.Equal(equal[0], equal[Features], 0.01f);
        Assert.True(Math.Abs(equal[0]) > 0.02f);
    }

    [Fact]
    public void Trunks_biases_and_frozen_heads_are_left_out()
    {
        TaskModel model = Model(1);
        model.HeadOf(2).Freeze();

        new HeadPenalty(new TraceNorm(), 1).Of(model.Parameters()).Backward();

        Assert.NotNull(model.HeadOf(0).Weight!.Grad);
        Assert.Null(model.HeadOf(0).Bias!.Grad);
        Assert.Null(model.HeadOf(2).Weight!.Grad);
    }

    [Fact]
    public void Heads_of_different_shapes_are_refused_with_both()
    {
        var model = new TaskModel(new LinearModel(), new InputShape(InputKind.Table, [Features]), [Task("a"), Task("b") with { Outputs = 2, Classes = ["x", "y"] }]);
        model.Initialize(1);

        var e = Assert.Throws<GraftInputException>(() => new HeadPenalty(new TraceNorm()).Of(model.Parameters()));

        Assert.Equal("heads: expected heads of one shape, got [1, 4] (heads.a.weight) and [2, 4] (heads.b.weight).", e.Message);
    }

    [Fact]
    public void Penalties_of_several_parts_and_graphs_of_correlations_are_refused()
    {
        Assert.StartsWith("penalty: expected a task penalty of one part for the heads of a network, got Dirty(sparsity: 0.5).", Assert.Throws<ArgumentException>(() => new HeadPenalty(new Dirty())).Message);
        Assert.StartsWith("srmtl: expected edges, or a graph of kind chain or complete", Assert.Throws<GraftInputException>(() => new HeadPenalty(new GraphRegularized()).Of(Model(1).Parameters())).Message);
    }

    private static float[] Follow(TaskPenalty penalty)
    {
        TaskModel model = Model(1);
        var update = new ModelUpdate(model, new Sgd(0.05f), [new HeadPenalty(penalty, 1)]);
        for (int step = 0; step < 100; step++)
        {
            update.Apply(Tensor.Zero, 1);
        }

        return [.. Enumerable.Range(0, 3).SelectMany(t => model.HeadOf(t).Weight!.Value.ToArray())];
    }

    private static TaskModel Model(ulong seed)
    {
        var model = new TaskModel(new LinearModel(), new InputShape(InputKind.Table, [Features]), [Task("a"), Task("b"), Task("c")]);
        model.Initialize(seed);
        return model;
    }

    private static TaskSpec Task(string name) => new() { Name = name, Kind = TaskKind.Regression, Outputs = 1, Classes = [name] };
}
