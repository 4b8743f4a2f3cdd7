using Graft.Data.Encoders;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Tests.Models;

/// <summary>What every recurrent backbone promises, whatever its cell.</summary>
public abstract class RecurrentModelConformance : BackboneConformance
{
    protected abstract string Name { get; }

    protected abstract int Gates { get; }

    protected override InputShape Input => new(InputKind.Sequence, [6, 2]);

    protected override int Features => 6;

    protected override string[] Layers => [$"{Name}.0", $"{Name}.1"];

    // Two layers in both directions: the second one sees both halves of the first.
    protected override string[] StateNames =>
    [
        .. from layer in new[] { (0, In: 2, H: 4), (1, In: 8, H: 3) }
           from way in new[] { "", "_reverse" }
           from weight in new[] { ("weight_ih", $"[{Gates * layer.H}, {layer.In}]"), ("weight_hh", $"[{Gates * layer.H}, {layer.H}]"), ("bias_ih", $"[{Gates * layer.H}]"), ("bias_hh", $"[{Gates * layer.H}]") }
           select $"{Name}.{layer.Item1}.{weight.Item1}_l0{way} {weight.Item2}",
    ];

    protected sealed override Backbone Create() => Create([4, 3], true, 0, SequencePooling.Mean);

    protected abstract RecurrentModel Create(int[]? hidden, bool bidirectional, float dropout, SequencePooling pooling);

    [Theory]
    [InlineData(SequencePooling.Last)]
    [InlineData(SequencePooling.Mean)]
    public void Steps_beyond_a_length_count_nothing(SequencePooling pooling)
    {
        RecurrentModel trunk = Made(pooling);
        float[] values = [.. Enumerable.Range(0, 2 * 6 * 2).Select(i => MathF.Sin(i))];
        float[] other = [.. values.Select((v, i) => i % 12 >= 6 ? 1000 + v : v)];
        Tensor lengths = Tensor.From([3, 3], [2]);

        float[] y = trunk.Forward(Tensor.From(values, [2, 6, 2]), lengths).ToArray();

        Assert.Equal(y, trunk.Forward(Tensor.From(other, [2, 6, 2]), lengths).ToArray());
        Assert.Equal(y, trunk.Forward(Tensor.From([.. values[..6], .. values[12..18]], [2, 3, 2]), null).ToArray(), (a, b) => MathF.Abs(a - b) < 1e-6f);   // a mean is a product there
    }

    // One layer, forwards: the mean of three steps is that of the last states of their beginnings.
    [Fact]
    public void The_mean_is_taken_over_the_states_after_every_step()
    {
        RecurrentModel mean = Made(SequencePooling.Mean), last = Made(SequencePooling.Last);
        float[] values = [.. Enumerable.Range(0, 6).Select(i => MathF.Cos(i))];

        float[] expected = [.. Enumerable.Range(1, 3)
            .Select(steps => last.Forward(Tensor.From(values.AsSpan(0, 2 * steps), [1, steps, 2])).ToArray())
            .Aggregate((a, b) => [.. a.Zip(b, (x, y) => x + y)]).Select(sum => sum / 3)];

        Assert.Equal(expected, mean.Forward(Tensor.From(values, [1, 3, 2])).ToArray(), (a, b) => MathF.Abs(a - b) < 1e-6f);
    }

    [Fact]
    public void Dropout_acts_while_it_learns_only()
    {
        RecurrentModel trunk = Create([8, 8], false, 0.5f, SequencePooling.Last);
        trunk.Build(Input);
        trunk.Initialize(1);

        int zeros = trunk.Forward(Rows(3), null).ToArray().Count(y => y == 0);
        trunk.Train(false);

        Assert.InRange(zeros, 1, 23);
        Assert.DoesNotContain(0f, trunk.Forward(Rows(3), null).ToArray());
    }

    [Fact]
    public void Tables_and_pictures_are_refused()
    {
        var table = Assert.Throws<ShapeException>(() => Create(null, false, 0, SequencePooling.Last).Build(new InputShape(InputKind.Table, [3])));
        var picture = Assert.Throws<ShapeException>(() => Create(null, false, 0, SequencePooling.Last).Build(new InputShape(InputKind.Picture, [3, 3, 1])));

        Assert.Equal($"{GetType().Name[..^5]}(64): expected sequences, got table [3]. Use mlp for tables.", table.Message);
        Assert.Equal($"{GetType().Name[..^5]}(64): expected sequences, got picture [3, 3, 1]. Use cnn for pictures.", picture.Message);
    }

    [Fact]
    public void A_model_without_layers_is_refused()
    {
        var e = Assert.Throws<ArgumentOutOfRangeException>(() => Create([], false, 0, SequencePooling.Last));

        Assert.StartsWith("hidden: expected 1 to 100 sizes, each at least 1, got [].", e.Message, StringComparison.Ordinal);
    }

    private RecurrentModel Made(SequencePooling pooling)
    {
        RecurrentModel trunk = Create([5], false, 0, pooling);
        trunk.Build(Input);
        trunk.Initialize(1);
        return trunk;
    }
}
