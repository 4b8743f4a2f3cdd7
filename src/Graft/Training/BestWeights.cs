using Graft.Nn;
using Graft.Training.Checkpoints;

namespace Graft.Training;

/// <summary>Compares validations, keeps the weights of the best, and knows when to stop. State: all of that.</summary>
internal sealed class BestWeights(EarlyStopping? early, Module model) : IStateful
{
    private double _best = double.NaN;
    private long _bad;
    private State? _weights;

    /// <summary>Updates made at the best validation; 0 before the first.</summary>
    public long Step { get; private set; }

    /// <summary>Whether there were too many validations without a better result.</summary>
    public bool ShouldStop => early?.Patience is { } patience && _bad >= patience;

    /// <summary>The number that is compared: the mean over the tasks that have it.</summary>
    public double ValueOf(IReadOnlyList<TaskScores> scores)
    {
        double[] values = early?.Metric is not { } metric
            ? [.. scores.Select(s => s.Loss)]
            : [.. scores.Where(s => s.Metrics.ContainsKey(metric.Name)).Select(s => s.Metrics[metric.Name])];
        return values.Length > 0
            ? values.Where(v => !double.IsNaN(v)).DefaultIfEmpty(double.NaN).Average()
            : throw new InvalidOperationException($"{early}: expected validation to give {early?.Metric?.Name ?? "a loss"}, got {Given(scores)}. Add the metric to the task.");
    }

    /// <summary>The same, so that smaller is better.</summary>
    public double CostOf(double value) => early?.Metric is { HigherIsBetter: true } ? -value : value;

    /// <summary>Takes a validation into account.</summary>
    /// <returns>Whether it was the best so far.</returns>
    public bool Judge(double value, long step)
    {
        if (early is null)
        {
            return false;
        }

        double cost = CostOf(value), best = CostOf(_best);
        if (!double.IsNaN(cost) && (double.IsNaN(best) || cost < best - early.MinDelta))
        {
            _best = value;
            _bad = 0;
            Step = step;
            _weights = new State();
            model.Save(_weights);
            return true;
        }

        _bad++;
        return false;
    }

    /// <summary>Gives the model the weights of the best validation, where there was one.</summary>
    /// <returns>Whether there was.</returns>
    public bool Restore()
    {
        if (_weights is not null)
        {
            model.Load(_weights);
        }

        return _weights is not null;
    }

    public void Save(State state)
    {
        state.Set("best", _best);
        state.Set("bad", _bad);
        state.Set("step", Step);
        if (_weights is not null)
        {
            state.Set("weights", _weights);
        }
    }

    public void Load(State state)
    {
        _best = state.Get<double>("best");
        _bad = state.Get<long>("bad");
        Step = state.Get<long>("step");
        _weights = state.TryGet("weights", out State? weights) ? weights : null;
        if (_weights is not null)
        {
            ModelState.CheckFits(_weights, model);
        }
    }

    private static string Given(IReadOnlyList<TaskScores> scores) =>
        scores.SelectMany(s => s.Metrics.Keys).Distinct(StringComparer.Ordinal).ToArray() is { Length: > 0 } names ? string.Join(", ", names) : "none";
}
