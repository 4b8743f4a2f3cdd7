using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Tensors;
using Graft.Tensors.Random;

namespace Graft.Tests.Nn.Layers;

/// <summary>What every layer promises, whatever it computes.</summary>
public abstract class LayerConformance
{
    /// <summary>A layer, not yet initialized.</summary>
    protected abstract Module Create();

    /// <summary>An input of a shape that it takes.</summary>
    protected abstract Shape InputShape { get; }

    /// <summary>The shape that it makes of that input.</summary>
    protected abstract Shape OutputShape { get; }

    /// <summary>A shape that it refuses, and how; null where it takes any.</summary>
    protected virtual (Shape Shape, string Message)? Refused => null;

    /// <summary>The names and shapes of its state, as PyTorch has them.</summary>
    protected virtual string[] StateNames => [];

    /// <summary>Input values; integers for a layer that takes those.</summary>
    protected virtual Tensor Input(Shape shape)
    {
        var values = new float[shape.Count];
        RandomStream.For(3, "input").FillNormal(values);
        return Tensor.From(values, shape);
    }

    [Fact]
    public void The_output_has_the_expected_shape()
    {
        Module layer = Ready();

        Assert.Equal(OutputShape, layer.Forward(Input(InputShape)).Shape);
    }

    [Fact]
    public void Its_state_has_the_names_and_shapes_of_PyTorch() =>
        Assert.Equal(StateNames, Ready().StateDictionary().Select(e => $"{e.Key} {e.Value.Shape}"));

    [Fact]
    public void Gradients_reach_every_parameter_and_the_input()
    {
        Module layer = Ready();
        Tensor x = Input(InputShape);
        x = x.ElementType == ElementType.Float32 ? Tensor.Variable(x) : x;

        Tensor y = layer.Forward(x);

        // The mean of squares: some layers make the plain sum constant.
        if (y.RequiresGrad)
        {
            (y * y * Tensor.From([.. Enumerable.Range(0, y.Count).Select(i => 0.5f + (i % 7))], y.Shape)).Sum().Backward();
        }

        Assert.All(layer.Parameters(), p => Assert.Contains(p.Grad!.Value.ToArray(), g => g != 0));
        if (x.RequiresGrad)
        {
            Assert.Contains(x.Grad!.Value.ToArray(), g => g != 0);
        }
    }

    [Fact]
    public void Saved_and_loaded_it_computes_the_same_bits()
    {
        Module layer = Ready(), other = Create();
        Tensor x = Input(InputShape);
        layer.Forward(x);
        var state = new State();
        layer.Save(state);
        other.Initialize(99);
        SameSeed(layer, other);

        other.Load(state);

        Assert.Equal(layer.Forward(x).ToArray(), other.Forward(x).ToArray());
    }

    [Fact]
    public void Frozen_or_not_in_training_the_same_input_gives_the_same_output_and_nothing_is_remembered()
    {
        foreach (bool frozen in new[] { true, false })
        {
            Module layer = Ready();
            if (frozen)
            {
                layer.Freeze();
            }
            else
            {
                layer.Train(false);
            }

            (State before, State after) = (new State(), new State());
            layer.Save(before);
            Tensor x = Input(InputShape);
            float[] first = layer.Forward(x).ToArray();

            Assert.Equal(first, layer.Forward(x).ToArray());
            layer.Save(after);
            Assert.Equal(Flat(before), Flat(after));
        }
    }

    [Fact]
    public void Another_shape_is_refused_in_its_own_name()
    {
        if (Refused is not { } refused)
        {
            return;
        }

        Module layer = Ready();

        var e = Assert.Throws<ShapeException>(() => layer.Forward(Input(refused.Shape)));

        Assert.Equal(refused.Message, e.Message);
    }

    [Fact]
    public void The_same_seed_gives_the_same_weights_and_another_one_others()
    {
        Module a = Create(), b = Create(), c = Create();
        a.Initialize(5);
        b.Initialize(5);
        c.Initialize(6);

        Assert.Equal(Values(a), Values(b));
        if (a.Parameters().Any(p => p.Value.ToArray().Distinct().Count() > 1))
        {
            Assert.NotEqual(Values(a), Values(c));
        }
    }

    protected Module Ready()
    {
        Module layer = Create();
        layer.Initialize(7);
        return layer;
    }

    private static string[] Flat(State state) => [.. state.Values.SelectMany(v => v.Value switch
    {
        State nested => Flat(nested).Select(line => $"{v.Key}/{line}"),
        float[] numbers => [$"{v.Key}: {string.Join(' ', numbers)}"],
        _ => new[] { $"{v.Key}: {v.Value}" },
    })];

    private static float[] Values(Module module) => [.. module.Parameters().SelectMany(p => p.Value.ToArray())];

    // Layers that draw do so from the seed they were initialized with; what they count is in the state.
    private static void SameSeed(Module layer, Module other) => other.Initialize(layer.Seed);
}
