using Graft.Tensors.Memory;

namespace Graft.Nn.Optimizers;

/// <summary>Neighboring parameters that an optimizer updates in one go: flat rows of values, gradients, and what is remembered of each.</summary>
/// <remarks>All rows are equally long, a multiple of 16; between two parameters lie a few zeros, which must stay zeros.</remarks>
public readonly ref struct ParameterRun
{
    private readonly FlatMemory _slots;
    private readonly long _stride;
    private readonly long _offset;

    internal ParameterRun(in FlatRun run, FlatMemory slots, long stride, long offset)
    {
        Values = run.Values;
        Gradients = run.Gradients;
        _slots = slots;
        _stride = stride;
        _offset = offset;
    }

    /// <summary>The parameters' values, to be changed.</summary>
    public Span<float> Values { get; }

    /// <summary>Their gradients.</summary>
    public ReadOnlySpan<float> Gradients { get; }

    /// <summary>The learning rate of this step.</summary>
    public float Rate { get; init; }

    /// <summary>The weight decay.</summary>
    public float WeightDecay { get; init; }

    /// <summary>Which update of these parameters it is; the first is 1.</summary>
    public long Update { get; init; }

    /// <summary>What the optimizer remembers of each parameter; 0 before the first update.</summary>
    /// <param name="index">From 0 to the optimizer's number of slots - 1.</param>
    public Span<float> Slot(int index) => _slots.Span((index * _stride) + _offset, Values.Length);
}
