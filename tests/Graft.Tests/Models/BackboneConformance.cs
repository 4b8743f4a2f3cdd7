using System.Reflection;
using Graft.Data.Encoders;
using Graft.Models;
using Graft.Models.Graphs;
using Graft.Nn;
using Graft.Tensors;
using Graft.Tensors.Autograd;
using Graft.Tensors.Random;
using Graft.Tests.Models.Graphs;

namespace Graft.Tests.Models;

/// <summary>What every backbone promises, whatever its layers.</summary>
public abstract class BackboneConformance
{
    /// <summary>A backbone with other values than the defaults, not built, without chance in it.</summary>
    protected abstract Backbone Create();

    /// <summary>What it is built for.</summary>
    protected abstract InputShape Input { get; }

    /// <summary>Number of features that it then gives.</summary>
    protected abstract int Features { get; }

    /// <summary>The names and shapes of its state when it is built.</summary>
    protected abstract string[] StateNames { get; }

    /// <summary>Its layers when it is built.</summary>
    protected abstract string[] Layers { get; }

    [Fact]
    public void It_gives_the_features_it_promises()
    {
        Backbone trunk = Ready();

        Assert.Equal(Features, trunk.Features);
        Assert.Equal([3, Features], trunk.Forward(Rows(3), Lengths(3)).Shape.Sizes.ToArray());
    }

    [Fact]
    public void Its_state_has_the_expected_names_and_shapes() =>
        Assert.Equal(StateNames, Ready().StateDictionary().Select(e => $"{e.Key} {e.Value.Shape}"));

    [Fact]
    public void Every_weight_belongs_to_one_of_its_layers()
    {
        Backbone trunk = Ready();

        Assert.Equal(Layers, trunk.Layers);
        Assert.All(trunk.StateDictionary().Keys, path => Assert.Single(trunk.Layers, layer => path == layer || path.StartsWith(layer + ".", StringComparison.Ordinal)));
        Assert.All(trunk.Layers, layer => Assert.Contains(trunk.NamedModules(), m => m.Path == layer));
    }

    [Fact]
    public void Gradients_reach_every_parameter()
    {
        Backbone trunk = Ready();

        Tensor sum = trunk.Forward(Rows(4), Lengths(4)).Square().Sum();
        if (sum.RequiresGrad)
        {
            sum.Backward();
        }

        Assert.Equal(trunk.Parameters().Any(), sum.RequiresGrad);
        Assert.All(trunk.Parameters(), p => Assert.Contains(p.Grad!.Value.ToArray(), g => g != 0));
    }

    // Between blocks an architecture may put something of its own; with nothing there the numbers are the same bits.
    [Fact]
    public void Its_blocks_in_order_are_the_whole()
    {
        Backbone trunk = Ready();
        Tensor x = Rows(3);

        for (int i = 0; i < trunk.BlockCount; i++)
        {
            x = trunk.Block(i, x, Lengths(3));
            InputShape row = trunk.BlockOutput(i);
            int[] sizes = row.Kind == InputKind.Picture ? [row.Sizes[2], row.Sizes[0], row.Sizes[1]] : [.. row.Sizes];
            Assert.Equal([3, .. sizes], x.Shape.Sizes.ToArray());
        }

        Assert.Equal(Ready().Forward(Rows(3), Lengths(3)).ToArray(), x.ToArray());
        Assert.Equal(new InputShape(InputKind.Table, [Features]), trunk.BlockOutput(trunk.BlockCount - 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => trunk.Block(trunk.BlockCount, x, null));
        Assert.Throws<ArgumentOutOfRangeException>(() => trunk.BlockOutput(-1));
    }

    // In use a normalization is a part of the convolution before it: other bits than with gradients, but the same of the whole and of its blocks.
    [Fact]
    public void In_use_it_says_the_same_whether_gradients_are_wanted_or_not()
    {
        Backbone trunk = Ready();

        AssertSameInUse(trunk);
        if (Input.Kind == InputKind.Picture)
        {
            trunk.Train(false);
            var graph = GraphBackbone.From(GraphTrace.Of(trunk));
            graph.Build(Input);
            graph.Initialize(5);
            AssertSameInUse(graph);
        }
    }

    [Fact]
    public void In_use_it_says_the_same_to_several_threads_at_once()
    {
        Backbone trunk = Ready();
        trunk.Train(false);
        Tensor x = Rows(2).Keep(), other = Rows(3, seed: 2).Keep();
        Tensor?[] lengths = [Lengths(2)?.Keep(), Lengths(3)?.Keep()];
        float[] first = Use(trunk, x, lengths[0]), second = Use(trunk, other, lengths[1]);

        Crowd.Run(3, 4, () =>
        {
            Assert.Equal(first, Use(trunk, x, lengths[0]));
            Assert.Equal(second, Use(trunk, other, lengths[1]));
        });
    }

    [Fact]
    public void Its_configuration_makes_the_same_backbone()
    {
        Backbone trunk = Create();

        var json = BackboneConfiguration.Write(trunk);
        Backbone other = BackboneConfiguration.Read(json, "m");

        Assert.Equal(json.ToJsonString(), BackboneConfiguration.Write(other).ToJsonString());
        Assert.Equal(trunk.ToString(), other.ToString());
        Assert.Equal(trunk.GetType().GetCustomAttribute<NamedAttribute>()!.Name, json["name"]!.GetValue<string>());
        other.Build(Input);
        other.Initialize(3);
        Assert.Equal(Ready().Forward(Rows(2), Lengths(2)).ToArray(), other.Forward(Rows(2), Lengths(2)).ToArray());
    }

    [Fact]
    public void As_a_graph_of_ONNX_it_says_the_same()
    {
        Backbone trunk = Ready();
        trunk.Train(false);
        Tensor rows = Rows(4);

        Graph graph = GraphTrace.Of(trunk);

        Tensor[] inputs = Lengths(4) is { } lengths && graph.Inputs.Count > 1 ? [rows, lengths] : [rows];
        Assert.All(graph.Constants.Keys.Intersect(trunk.StateDictionary().Keys), path => Assert.Equal(trunk.StateDictionary()[path].ToArray(), graph.Constants[path].Values));
        OnnxProof.Check("backbone." + GetType().Name, graph, [Input.Kind == InputKind.Tokens ? rows.ToInt() : rows, .. inputs[1..]], [trunk.Forward(rows, Lengths(4))]);
        Assert.Equal(OpenSteps, graph.Inputs[0].Sizes![1] < 0);
        if (OpenSteps)
        {
            // The same graph for shorter rows.
            int steps = Input.Sizes[0] - 2;
            Tensor shorter = rows.Slice(1, 0, steps).Contiguous(), counts = Tensor.From([steps, 1, steps - 1, 2], [4]);
            OnnxProof.Check(
                $"backbone.{GetType().Name}.short", graph, [Input.Kind == InputKind.Tokens ? shorter.ToInt() : shorter, .. inputs.Skip(1).Select(_ => counts)],
                [trunk.Forward(shorter, inputs.Length > 1 ? counts : null)]);
        }
    }

    /// <summary>Whether a graph of it takes any number of steps.</summary>
    protected virtual bool OpenSteps => Input.HasLengths && Input.Sizes[0] >= 4;

    [Fact]
    public void It_is_built_once_and_says_so()
    {
        Backbone trunk = Create();
        trunk.Build(Input);

        var e = Assert.Throws<InvalidOperationException>(() => trunk.Build(Input));

        Assert.Equal($"{trunk.GetType().Name}: expected a model that is not built yet, got one built for {Input}.", e.Message);
    }

    private void AssertSameInUse(Backbone trunk)
    {
        // Running statistics of its own.
        trunk.Forward(Rows(4), Lengths(4));
        trunk.Forward(Rows(4, seed: 2), Lengths(4));
        trunk.Train(false);
        float[] recorded = trunk.Forward(Rows(3), Lengths(3)).ToArray(), whole;
        using (new NoGrad())
        {
            whole = trunk.Forward(Rows(3), Lengths(3)).ToArray();
            Tensor x = Rows(3);
            for (int i = 0; i < trunk.BlockCount; i++)
            {
                x = trunk.Block(i, x, Lengths(3));
            }

            Assert.Equal(whole, x.ToArray());
        }

        float scale = recorded.Max(Math.Abs);
        Assert.All(Enumerable.Range(0, whole.Length), i => Assert.Equal(recorded[i], whole[i], 1e-4f * Math.Max(1e-3f, scale)));
    }

    private static float[] Use(Backbone trunk, Tensor x, Tensor? lengths)
    {
        using var scope = new TensorScope();
        using var silence = new NoGrad();
        return trunk.Forward(x, lengths).ToArray();
    }

    protected Backbone Ready()
    {
        Backbone trunk = Create();
        trunk.Build(Input);
        trunk.Initialize(3);
        return trunk;
    }

    /// <summary>A batch of that many rows.</summary>
    protected Tensor Rows(int count, ulong seed = 1)
    {
        IReadOnlyList<int> sizes = Input.Sizes;
        var values = new float[count * Input.Length];
        RandomStream.For(seed, "rows").FillNormal(values);
        if (Input.Kind == InputKind.Tokens)
        {
            values = [.. values.Select(v => (float)((int)Math.Abs(v * 1000) % Input.Vocabulary))];
        }

        return Input.Kind == InputKind.Picture
            ? Tensor.From(values, [count, sizes[2], sizes[0], sizes[1]])
            : Tensor.From(values, [count, .. sizes]);
    }

    /// <summary>Of sequences and texts: 1, 2, 3 ... steps, at most all; otherwise none.</summary>
    protected Tensor? Lengths(int count) => Input.HasLengths
        ? Tensor.From([.. Enumerable.Range(1, count).Select(i => Math.Min(i, Input.Sizes[0]))], [count])
        : null;
}
