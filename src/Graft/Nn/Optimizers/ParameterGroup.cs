using Graft.Tensors;

namespace Graft.Nn.Optimizers;

/// <summary>Parameters that an optimizer treats alike.</summary>
/// <param name="parameters">The parameters.</param>
/// <param name="rateFactor">Their learning rate, as a multiple of the optimizer's; at least 0.</param>
/// <param name="weightDecay">Their weight decay; at least 0. Absent: the optimizer's own.</param>
public sealed class ParameterGroup(IEnumerable<Parameter> parameters, float rateFactor = 1, float? weightDecay = null)
{
    /// <summary>The parameters.</summary>
    public IReadOnlyList<Parameter> Parameters { get; } = [.. parameters];

    /// <summary>Their learning rate, as a multiple of the optimizer's.</summary>
    public float RateFactor { get; } = Check.NonNegative(rateFactor);

    /// <summary>Their weight decay, or null for the optimizer's own.</summary>
    public float? WeightDecay { get; } = weightDecay is { } decay ? Check.NonNegative(decay, nameof(weightDecay)) : null;
}
