using System.Globalization;
using Graft.Tensors;

namespace Graft.Nn.Schedules;

/// <summary>The learning rate falls by the same share in every step: factor = end ^ (step / steps).</summary>
/// <param name="end">The factor at the end of the training; greater than 0, at most 1.</param>
[Named("exponential")]
public sealed class ExponentialSchedule(double end = 0.01) : Schedule
{
    private readonly double _end = Check.Within(double.Epsilon, 1.0, end);

    /// <inheritdoc/>
    public override float At(long step, long totalSteps) => (float)Math.Pow(_end, Share(step, totalSteps));

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"ExponentialSchedule(end: {_end})");
}
