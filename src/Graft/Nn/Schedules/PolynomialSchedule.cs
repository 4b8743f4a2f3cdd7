using System.Globalization;
using Graft.Tensors;

namespace Graft.Nn.Schedules;

/// <summary>The learning rate falls by a power of what is left: factor = end + (1 − end) · (1 − step / steps) ^ power.</summary>
/// <param name="power">1 is a straight line; greater than 0.</param>
/// <param name="end">The factor at the end of the training; from 0 to 1.</param>
[Named("polynomial")]
public sealed class PolynomialSchedule(double power = 1, double end = 0) : Schedule
{
    private readonly double _power = Check.Positive(power);
    private readonly double _end = Check.Within(0.0, 1.0, end);

    /// <inheritdoc/>
    public override float At(long step, long totalSteps) => (float)(_end + ((1 - _end) * Math.Pow(1 - Share(step, totalSteps), _power)));

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"PolynomialSchedule(power: {_power}, end: {_end})");
}
