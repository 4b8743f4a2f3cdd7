using System.Globalization;
using Graft.Tensors;

namespace Graft.Nn.Schedules;

/// <summary>The learning rate falls at once at some points of the training, each time to the same share of what it was.</summary>
[Named("step")]
public sealed class StepSchedule : Schedule
{
    private readonly double _factor;
    private readonly double[] _at;

    /// <param name="factor">What is left of the rate at each point; from 0 to 1.</param>
    /// <param name="at">The points, as shares of the training, each in [0, 1). Left out: 0.5 and 0.75.</param>
    public StepSchedule(double factor = 0.1, params double[] at)
    {
        _factor = Check.Within(0.0, 1.0, factor);
        _at = at.Length == 0 ? [0.5, 0.75] : [.. at];
        foreach (double point in _at)
        {
            Check.Fraction(point, nameof(at));
        }
    }

    /// <inheritdoc/>
    public override float At(long step, long totalSteps) =>
        (float)Math.Pow(_factor, _at.Count(point => step >= (long)Math.Round(point * totalSteps, MidpointRounding.AwayFromZero)));

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"StepSchedule(factor: {_factor}, at: {string.Join(", ", _at.Select(p => p.ToString(CultureInfo.InvariantCulture)))})");
}
