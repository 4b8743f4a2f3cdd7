using System.Globalization;
using Graft.Tensors;

namespace Graft.Nn.Schedules;

/// <summary>The learning rate falls when validation has not got better for some epochs.</summary>
/// <remarks>Remembers the best result, how long ago it was, and the factor: all in its state. Counts as PyTorch's ReduceLROnPlateau does.</remarks>
/// <param name="factor">What is left of the rate each time; in [0, 1).</param>
/// <param name="patience">Epochs without a better result that are waited for; at least 0.</param>
/// <param name="threshold">Share of the best result by which a better one must undercut it; in [0, 1).</param>
/// <param name="cooldown">Epochs after a fall that do not count; at least 0.</param>
/// <param name="least">The factor is never smaller; from 0 to 1.</param>
[Named("reduce-on-plateau")]
public sealed class ReduceOnPlateauSchedule(double factor = 0.1, int patience = 10, double threshold = 1e-4, int cooldown = 0, double least = 0) : Schedule
{
    private readonly double _factor = Check.Fraction(factor);
    private readonly int _patience = Check.AtLeast(0, patience);
    private readonly double _threshold = Check.Fraction(threshold);
    private readonly int _cooldown = Check.AtLeast(0, cooldown);
    private readonly double _least = Check.Within(0.0, 1.0, least);
    private double _best = double.PositiveInfinity;
    private double _now = 1;
    private long _bad;
    private long _cooling;

    /// <inheritdoc/>
    public override float At(long step, long totalSteps) => (float)_now;

    /// <inheritdoc/>
    public override void Observe(double value)
    {
        if (double.IsPositiveInfinity(_best) ? value < _best : value < _best - (Math.Abs(_best) * _threshold))
        {
            _best = value;
            _bad = 0;
        }
        else
        {
            _bad++;
        }

        if (_cooling > 0)
        {
            _cooling--;
            _bad = 0;
        }

        if (_bad > _patience)
        {
            _now = Math.Max(_now * _factor, _least);
            _cooling = _cooldown;
            _bad = 0;
        }
    }

    /// <inheritdoc/>
    public override void Save(State state)
    {
        state.Set("best", _best);
        state.Set("factor", _now);
        state.Set("bad", _bad);
        state.Set("cooling", _cooling);
    }

    /// <inheritdoc/>
    public override void Load(State state)
    {
        _best = state.Get<double>("best");
        _now = state.Get<double>("factor");
        _bad = state.Get<long>("bad");
        _cooling = state.Get<long>("cooling");
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"ReduceOnPlateauSchedule(factor: {_factor}, patience: {_patience}, threshold: {_threshold}, cooldown: {_cooldown}, least: {_least})");
}
