using Graft.Models;
using Graft.Models.Weights;
using Graft.MultiTask;
using Graft.Nn.Layers;
using Graft.Nn.Optimizers;
using Graft.Tasks;
using Graft.Tensors;
using Graft.Tests.Tasks;
using Graft.Training;
using Graft.Transfer;
using Graft.Transfer.Plans;

namespace Graft.Tests.Transfer;

public sealed class TransferPlanTests
{
    private static readonly TaskSpec Known = Toy.Classes("known");
    private static readonly TaskSpec New = Toy.Number("new");

    private static readonly Tensor Rows = Tensor.From(Enumerable.Range(0, 20).Select(i => MathF.Sin(i)).ToArray(), [5, 4]);

    [Fact]
    public void A_full_transfer_starts_at_the_sources_outputs_and_everything_learns()
    {
        TaskModel source = Source(), model = Model();

        CarryReport? report = new FullTransfer().Prepare(model, source, "s");

        source.Train(false);
        model.Train(false);
        Assert.Equal(source.Output(0, source.Features(Rows, null)).ToArray(), model.Output(0, model.Features(Rows, null)).ToArray());
        Assert.Equal(["heads.new.weight", "heads.new.bias"], report!.Missing.Select(m => m.Path));
        Assert.Equal(Learning(model), model.Parameters().Select(p => p.Path));
    }

    [Fact]
    public void Frozen_layers_of_a_full_transfer_keep_every_bit()
    {
        TaskModel model = Model();
        new FullTransfer(freeze: ["hidden.0"]).Prepare(model, Source(), "s");

        string[] learning = Learning(model);

        Assert.DoesNotContain(learning, p => p.StartsWith("trunk.hidden.0", StringComparison.Ordinal));
        Assert.Equal(8, learning.Length);      // hidden.1 with its normalization, and both heads
    }

    [Fact]
    public void The_beginning_of_names_stands_for_all_layers_that_have_it()
    {
        TaskModel frozen = Model(), learned = Model();
        new FullTransfer(freeze: ["hidden"]).Prepare(frozen, Source(), "s");
        new PartialTransfer(["hidden"]).Prepare(learned, Source(), "s");

        Assert.Equal(["heads.known.weight", "heads.known.bias", "heads.new.weight", "heads.new.bias"], Learning(frozen));
        Assert.Equal(Learning(Model()), Learning(learned));
        Assert.Throws<GraftInputException>(() => new FullTransfer(freeze: ["hidd"]).Prepare(Model(), Source(), "s"));
    }

    [Fact]
    public void Batch_normalization_stays_as_it_came_where_norms_are_frozen()
    {
        TaskModel model = Model();
        new FullTransfer(freeze: ["norms"]).Prepare(model, Source(), "s");
        TaskModel other = Model();
        new PartialTransfer(["norms"]).Prepare(other, Source(), "s");

        string[] norms = [.. model.NamedModules().Where(m => m.Module is BatchNorm).Select(m => m.Path)];
        Assert.NotEmpty(norms);
        Assert.All(norms, n => Assert.DoesNotContain(Learning(model), p => p.StartsWith(n + ".", StringComparison.Ordinal)));
        Assert.Contains(Learning(model), p => p.StartsWith("trunk.hidden.0", StringComparison.Ordinal));
        Assert.All(Learning(other), p => Assert.True(p.StartsWith("heads.", StringComparison.Ordinal) || norms.Any(n => p.StartsWith(n + ".", StringComparison.Ordinal))));
        Assert.All(model.NamedModules().Where(m => m.Module is BatchNorm), m => Assert.False(m.Module.IsLearning));
        Assert.Throws<GraftInputException>(() => new FullTransfer(freeze: ["norms"]).Prepare(Plain(), Plain(), "s"));
    }

    private static TaskModel Plain() => Toy.Model(1, new Mlp([3]), Known);

    [Fact]
    public void A_partial_transfer_trains_the_heads_alone_and_keeps_statistics()
    {
        TaskModel model = Model(), source = Source();
        new PartialTransfer().Prepare(model, source, "s");

        string[] learning = Learning(model);

        Assert.Equal(["heads.known.weight", "heads.known.bias", "heads.new.weight", "heads.new.bias"], learning);
        Assert.All(Toy.Values(model).Where(v => v.Key.StartsWith("trunk.", StringComparison.Ordinal)), v => Assert.Equal(Toy.Values(source)[v.Key], v.Value));
    }

    [Fact]
    public void Named_layers_of_a_partial_transfer_learn_and_reset_ones_start_anew()
    {
        TaskModel model = Model(), fresh = Model(), source = Source();

        CarryReport? report = new PartialTransfer(layers: ["hidden.1"], reset: ["hidden.0"]).Prepare(model, source, "s");

        Assert.Equal(Toy.Values(fresh)["trunk.hidden.0.weight"], Toy.Values(model)["trunk.hidden.0.weight"]);
        Assert.Equal(Toy.Values(source)["trunk.hidden.1.weight"], Toy.Values(model)["trunk.hidden.1.weight"]);
        Assert.Equal(6, report!.Reset.Count);
        Assert.Equal(Learning(model), model.Parameters().Select(p => p.Path));
    }

    [Fact]
    public void Without_a_source_a_model_stays_as_it_was_made()
    {
        TaskModel model = Model();

        Assert.Null(new ZeroTransfer().Prepare(model, null, ""));
        Assert.All(Toy.Values(Model()), v => Assert.Equal(v.Value, Toy.Values(model)[v.Key]));
        Assert.Equal([true, true, false], new TransferPlan[] { new FullTransfer(), new PartialTransfer(), new ZeroTransfer() }.Select(p => p.UsesSource));
    }

    [Fact]
    public void Layers_that_the_model_does_not_have_are_refused()
    {
        var e = Assert.Throws<GraftInputException>(() => new PartialTransfer(["hidden.7"]).Prepare(Model(), Source(), "s"));

        Assert.Equal("layers: expected layers of Mlp(6, 5) (hidden.0, hidden.1) or heads, got 'hidden.7'.", e.Message);
        Assert.Equal(e.Message, Assert.Throws<GraftInputException>(() => new PartialTransfer(["hidden.7"]).Check(Model())).Message);
    }

    [Fact]
    public void A_frozen_layer_that_cannot_be_carried_is_refused_and_a_reset_one_is_not()
    {
        TaskModel wide = Toy.Model(1, new Mlp([6, 9], batchNorm: true), Known);

        var e = Assert.Throws<GraftInputException>(() => new PartialTransfer().Prepare(Model(), wide, "wide.graft"));
        CarryReport? full = new FullTransfer().Prepare(Model(), wide, "wide.graft");
        CarryReport? reset = new PartialTransfer(reset: ["hidden.1"]).Prepare(Model(), wide, "wide.graft");

        Assert.Equal("wide.graft: expected the weights of a frozen layer to fit, got trunk.hidden.1.weight: source [9, 6], model [5, 6]. Use reset: [hidden.1].", e.Message);
        Assert.Equal([7, 1], [full!.WrongShape.Count, reset!.WrongShape.Count]);
    }

    // A classifier of 5 classes; the new task's three are its outputs 4, the mean of 0 and 3, and 1: the logits are those, to the rounding of one product.
    [Fact]
    public void Heads_begin_with_what_a_classifier_says_of_their_classes()
    {
        TaskModel source = Toy.Model(1, new Mlp([6, 5]), Known);
        TaskSpec flowers = new() { Name = "flowers", Kind = TaskKind.MultiClass, Outputs = 3, Classes = ["a", "b", "c"] };
        TaskSpec two = new() { Name = "two", Kind = TaskKind.Binary, Outputs = 1, Classes = ["c", "a"] };
        TaskModel model = Toy.Model(2, new Mlp([6, 5]), flowers, two);
        var classes = new Dictionary<string, IReadOnlyList<int>> { ["a"] = [4], ["b"] = [0, 3], ["c"] = [1] };

        CarryReport report = new PartialTransfer(classes: classes).Prepare(model, source, "s")!;

        float[] said = source.Features(Rows, null).Shared.ToArray();
        float[] flower = model.Output(0, model.Features(Rows, null)).ToArray(), binary = model.Output(1, model.Features(Rows, null)).ToArray();
        for (int row = 0; row < 5; row++)
        {
            Assert.Equal(said[(5 * row) + 4], flower[3 * row], 1e-6f);
            Assert.Equal((said[5 * row] + said[(5 * row) + 3]) / 2, flower[(3 * row) + 1], 1e-6f);
            Assert.Equal(said[(5 * row) + 1], flower[(3 * row) + 2], 1e-6f);
            Assert.Equal(said[(5 * row) + 4] - said[(5 * row) + 1], binary[row], 1e-6f);
        }

        Assert.Empty(report.Missing);
        Assert.Equal("begins with the outputs of a (4), b (0, 3), c (1)", report.Carried.Single(c => c.Path == "heads.flowers.weight").Note);
    }

    [Theory]
    [InlineData("a", 5, "classes: expected an output of Mlp(6, 5), 0 to 4, for a, got 5. Has it its classifier (top: true)?")]
    [InlineData("b", 0, "classes: expected outputs of Mlp(6, 5) for each class of task 'two', got none for a.")]
    public void Outputs_that_are_not_there_are_refused(string name, int place, string message)
    {
        TaskSpec two = new() { Name = "two", Kind = TaskKind.Binary, Outputs = 1, Classes = ["c", "a"] };
        var classes = new Dictionary<string, IReadOnlyList<int>> { ["c"] = [0], [name] = [place] };

        var e = Assert.Throws<GraftInputException>(() => new FullTransfer(classes: classes).Prepare(Toy.Model(2, new Mlp([6, 5]), two), Toy.Model(1, new Mlp([6, 5]), Known), "s"));
        var early = Assert.Throws<GraftInputException>(() => new PartialTransfer(classes: classes).Check(Toy.Model(2, new Mlp([6, 5]), two)));

        Assert.Equal([message, message], [e.Message, early.Message]);
    }

    private static TaskModel Source()
    {
        TaskModel source = Toy.Model(1, new Mlp([6, 5], batchNorm: true), Known);
        var step = new JointStep(source, [Toy.Stream(Toy.Rows(20, [Known]), [0])], new ModelUpdate(source, new Adam(0.01f)));
        Toy.Run(step, 5);
        return source;
    }

    private static TaskModel Model() => Toy.Model(2, new Mlp([6, 5], batchNorm: true), Known, New);

    // The parameters that change in training, after it was made sure that nothing else does, statistics of frozen layers included.
    private static string[] Learning(TaskModel model)
    {
        Dictionary<string, float[]> before = Toy.Values(model);
        model.Train();
        var step = new JointStep(model, [Toy.Stream(Toy.Rows(24, [Known, New]), [0, 1])], new ModelUpdate(model, new AdamW(0.01f, weightDecay: 0.1f)));
        Toy.Run(step, 5);
        string[] changed = [.. Toy.Values(model).Where(v => !v.Value.SequenceEqual(before[v.Key])).Select(v => v.Key)];
        string[] free = [.. model.NamedModules().Where(m => !m.Module.IsFrozen).Select(m => m.Path)];
        Assert.All(changed, path => Assert.Contains(free, f => path.StartsWith(f, StringComparison.Ordinal) && path.LastIndexOf('.') == f.Length));
        return [.. model.Parameters().Select(p => p.Path).Where(changed.Contains)];
    }
}
