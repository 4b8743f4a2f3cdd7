using System.Globalization;
using Graft.Tensors;

namespace Graft.Nn.Schedules;

/// <summary>The learning rate rises in a straight line at first; another schedule has the rest of the training.</summary>
[Named("warm-up")]
public sealed class WarmUpSchedule : Schedule
{
    private readonly Schedule _then;
    private readonly double _share;
    private readonly double _start;

    /// <param name="then">The schedule of the rest. Left out: constant.</param>
    /// <param name="share">Share of the training in which the rate rises; in [0, 1).</param>
    /// <param name="start">The factor at the first step; from 0 to 1.</param>
    public WarmUpSchedule(Schedule? then = null, double share = 0.05, double start = 0.1)
    {
        _then = then ?? new ConstantSchedule();
        _share = Check.Fraction(share);
        _start = Check.Within(0.0, 1.0, start);
    }

    /// <inheritdoc/>
    public override float At(long step, long totalSteps)
    {
        long rise = (long)Math.Round(_share * totalSteps, MidpointRounding.AwayFromZero);
        return step < rise
            ? (float)(_start + ((1 - _start) * step / rise)) * _then.At(0, totalSteps - rise)
            : _then.At(step - rise, totalSteps - rise);
    }

    /// <inheritdoc/>
    public override void Observe(double value) => _then.Observe(value);

    /// <inheritdoc/>
    public override void Save(State state) => state.Set("then", _then);

    /// <inheritdoc/>
    public override void Load(State state) => state.Load("then", _then);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"WarmUpSchedule(then: {_then}, share: {_share}, start: {_start})");
}
