using Graft.Data.Encoders;
using Graft.Models;
using Graft.Nn;
using Graft.Tasks;
using Graft.Tensors;

namespace Graft.MultiTask.Architectures;

/// <summary>One trunk for all tasks that is also told how much each task counts, so that one model answers to any preference between them.</summary>
/// <remarks>
/// <para>The trunk sees [x, r], r ≥ 0 one number a task that sums to 1: T further features of a table and of every step of a sequence, T further channels of equal numbers of a picture.
/// In training r is what the balancer prefers in the step (<c>cosmos</c> draws it anew each time), in use what is given here or by <see cref="PreferInUse"/>.</para>
/// <para>Cost: the weights of T further inputs. Stateless.</para>
/// <para>Differs from the paper on pictures: there transposed convolutions with weights of their own make the channels out of r.</para>
/// </remarks>
/// <param name="preference">r in use and, where no balancer prefers anything, in training; a number of 0 or more for each task in their order, not all 0, scaled to sum to 1. Without it
/// all are equal.</param>
[Named("conditioned")]
[Paper("Ruchte & Grabocka, Scalable Pareto Front Approximation for Deep Multi-Objective Learning, ICDM 2021", "https://arxiv.org/abs/2103.13392")]
public sealed class Conditioned(double[]? preference = null) : Sharing
{
    private double[]? _preference = preference is null ? null : Scaled(preference, nameof(preference));
    private double[] _drawn = [];
    private float[] _values = [];
    private Backbone? _trunk;

    /// <summary>What is preferred in use, one number a task; null where all tasks are equal.</summary>
    public IReadOnlyList<double>? Preference => _preference;

    /// <inheritdoc/>
    public override int FeaturesOf(int task) => _trunk!.Features;

    /// <summary>Says what passes in training are told from now on.</summary>
    /// <param name="preference">One number of 0 or more for each task, not all 0; none for what is preferred in use.</param>
    public void PreferInTraining(ReadOnlySpan<double> preference)
    {
        if (_drawn.Length != preference.Length)
        {
            _drawn = new double[preference.Length];
        }

        preference.CopyTo(_drawn);
    }

    /// <summary>Says what passes in use are told from now on; a model file keeps it.</summary>
    /// <param name="preference">One number of 0 or more for each task, not all 0; scaled to sum to 1.</param>
    /// <exception cref="ArgumentException">There are not as many numbers as tasks.</exception>
    public void PreferInUse(params double[] preference)
    {
        CheckCount(preference.Length);
        _preference = Scaled(preference, nameof(preference));
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"Conditioned(preference: {(_preference is null ? "equal" : "[" + string.Join(", ", _preference.Select(p => FormattableString.Invariant($"{p:0.###}"))) + "]")})";

    /// <inheritdoc/>
    protected override void MakeParts(InputShape input)
    {
        CheckCount(_preference?.Length ?? Tasks.Count);
        if (input.Kind == InputKind.Tokens)
        {
            throw new ShapeException(ToString(), "inputs with features", input.ToString(), "Preferences cannot stand beside tokens: use another architecture, or words as a table.");
        }

        _trunk = NewTrunk(input with { Sizes = [.. input.Sizes.SkipLast(1), input.Sizes[^1] + Tasks.Count] });
    }

    /// <inheritdoc/>
    protected override TaskFeatures Compute(Tensor x, Tensor? lengths, IReadOnlyList<int> tasks) => _trunk!.Forward(Widen(x), lengths);

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Module Child)> Children() => _trunk is null ? [] : [("", _trunk)];

    // Features stand last in memory: of tables [B, F], of sequences [B, T, F], of pictures [B, H, W, C].
    private Tensor Widen(Tensor x)
    {
        int tasks = Tasks.Count, axis = x.Shape.Rank == 4 ? 1 : x.Shape.Rank - 1, rows = x.Count / x.Shape[axis];
        float[] room = _values;     // another thread that uses the network writes the same numbers into it, or brings a larger one
        if (room.Length < rows * tasks)
        {
            _values = room = new float[rows * tasks];
        }

        bool isDrawn = IsTraining && _drawn.Length > 0;
        Span<float> values = room.AsSpan(0, rows * tasks);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(isDrawn ? _drawn[i % tasks] : _preference?[i % tasks] ?? (1.0 / tasks));
        }

        Shape shape = x.Shape.With(axis, tasks);
        return Tensor.Concat([x, x.Shape.Rank == 4 ? Tensor.ForStepChannelsLast(values, shape) : Tensor.ForStep(values, shape)], axis);
    }

    private void CheckCount(int count)
    {
        if (count != Tasks.Count)
        {
            throw new ArgumentException($"preference: expected {Tasks.Count} numbers, one a task in their order, got {count}.");
        }
    }

    private static double[] Scaled(double[] preference, string name)
    {
        double sum = preference.Sum();
        return preference.Length > 0 && Array.TrueForAll(preference, p => p >= 0) && sum > 0 && double.IsFinite(sum)
            ? [.. preference.Select(p => p / sum)]
            : throw new ArgumentOutOfRangeException(name, sum, FormattableString.Invariant($"{name}: expected numbers >= 0, one a task, not all 0, got {string.Join(", ", preference.Select(p => FormattableString.Invariant($"{p}")))}."));
    }
}
