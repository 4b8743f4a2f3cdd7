using System.Globalization;
using Graft.Training.Checkpoints;

namespace Graft.Training;

/// <summary>Where a training stands: what the loop counts, tells and saves. State: everything that the rest of the training depends on.</summary>
internal sealed class TrainingRun
{
    private readonly TrainingPlan _plan;
    private readonly TrainingStep _step;
    private readonly IReadOnlyList<ITrainingObserver> _observers;
    private readonly LossMeans _means;
    private readonly BestWeights _best;
    private readonly History _history = new();
    private readonly int _tellEvery;
    private bool _stopsEarly;
    private double _rate;

    public TrainingRun(TrainingPlan plan, TrainingStep step, IReadOnlyList<ITrainingObserver> observers)
    {
        _plan = plan;
        _step = step;
        _observers = observers;
        _means = new LossMeans(step.LossNames);
        _best = new BestWeights(plan.EarlyStopping, step.Model);
        _tellEvery = plan.TellEvery ?? Math.Max(1, step.StepsPerEpoch / 20);
        TotalSteps = plan.Steps ?? checked((long)plan.Epochs * step.StepsPerEpoch);
    }

    /// <summary>Updates made so far.</summary>
    public long Step { get; private set; }

    /// <summary>Updates that are made at most.</summary>
    public long TotalSteps { get; private set; }

    public bool IsOver => _stopsEarly || Step >= TotalSteps;

    public double Progress => Step / (double)TotalSteps;

    public bool IsCheckpointDue => _stopsEarly || IsDue(_plan.CheckpointEvery);

    /// <summary>The epoch of the last step, counted from 1.</summary>
    private int Epoch => EpochOf(Step);

    private bool IsEpochDone => Step % _step.StepsPerEpoch == 0 || Step == TotalSteps;

    /// <summary>Begins from the start.</summary>
    /// <param name="steps">What a time budget allows; null for any number.</param>
    public void Start(long? steps)
    {
        TotalSteps = Math.Min(TotalSteps, steps ?? TotalSteps);
        Tell(new Started(TotalSteps, _step.StepsPerEpoch));
    }

    /// <summary>Takes a step into account that was made.</summary>
    public void Count(double objective, float rate)
    {
        Step++;
        _rate = rate;
        if (!double.IsFinite(objective))
        {
            Diverge(objective);
        }

        _means.Add(objective, _step.Losses);
        if (Step % _tellEvery == 0 || (Step == 1 && _plan.TellEvery is null))
        {
            Tell(new StepDone(Epoch, Step, objective, _rate));
        }

        if (IsEpochDone)
        {
            Remember(new EpochDone(Epoch, Step, _means.Objective, _means.Losses(), _rate));
            foreach (TrainingEvent happened in _step.EndEpoch(Epoch, Step))
            {
                Tell(happened);
            }
        }
    }

    /// <summary>Validates where it is due; what listens to validation listens to the objective where there is none.</summary>
    public void Judge(IValidation? validation)
    {
        if (validation is null && IsEpochDone)
        {
            _plan.Schedule.Observe(_means.Objective);
        }
        else if (validation is not null && IsDue(_plan.ValidateEvery))
        {
            Judge(validation.Run());
        }

        if (IsEpochDone)
        {
            _means.Clear();
        }
    }

    /// <summary>Gives the model its final weights and tells the end.</summary>
    public TrainingResult End()
    {
        StopReason reason = _stopsEarly && Step < TotalSteps ? StopReason.EarlyStopped : StopReason.Finished;
        long best = _best.Restore() ? _best.Step : Step;
        string message = best == Step ? "" : string.Create(CultureInfo.InvariantCulture, $"The weights are those of step {best}, in epoch {EpochOf(best)}.");
        Tell(new Stopped(reason, Epoch, Step, message));
        return new TrainingResult(Step, Epoch, reason, best, EpochOf(best), [.. _history.Events]);
    }

    public State Save()
    {
        var state = new State();
        state.Set("steps", TotalSteps);
        state.Set("epochSteps", _step.StepsPerEpoch);
        state.Set("step", Step);
        state.Set("rate", _rate);
        state.Set("stopsEarly", _stopsEarly ? 1 : 0);
        state.Set("means", _means);
        state.Set("schedule", _plan.Schedule);
        state.Set("model", _step.Model);
        state.Set("training", _step);
        state.Set("best", _best);
        state.Set("history", _history);
        for (int i = 0; i < _observers.Count; i++)
        {
            if (_observers[i] is IStateful observer)
            {
                state.Set(ObserverName(i), observer);
            }
        }

        return state;
    }

    /// <summary>Goes on from a checkpoint.</summary>
    public void Load(State state)
    {
        long total = state.Get<long>("steps"), perEpoch = state.Get<long>("epochSteps"), step = state.Get<long>("step");
        bool fits = _plan.TimeBudget is null ? total == TotalSteps : total >= 1 && total <= TotalSteps;
        if (!fits || perEpoch != _step.StepsPerEpoch || step < 0 || step > total)
        {
            throw new GraftInputException("", string.Create(CultureInfo.InvariantCulture,
                $"checkpoint: expected a training of {TotalSteps} steps, {_step.StepsPerEpoch} an epoch, got step {step} of {total}, {perEpoch} an epoch. It belongs to another training."));
        }

        ModelState.CheckFits(state.Get<State>("model"), _step.Model);
        state.Load("model", _step.Model);
        state.Load("training", _step);
        state.Load("means", _means);
        state.Load("schedule", _plan.Schedule);
        state.Load("best", _best);
        state.Load("history", _history);
        for (int i = 0; i < _observers.Count; i++)
        {
            if (_observers[i] is IStateful observer)
            {
                state.Load(ObserverName(i), observer);
            }
        }

        float factor = _plan.Schedule.At(step, total);
        if (!(factor >= 0) || !float.IsFinite(factor))
        {
            throw new GraftInputException("", string.Create(CultureInfo.InvariantCulture, $"checkpoint: expected a learning rate factor of at least 0 from {_plan.Schedule}, got {factor}. It is damaged."));
        }

        (TotalSteps, Step) = (total, step);
        _rate = state.Get<double>("rate");
        _stopsEarly = state.Get<long>("stopsEarly") != 0;
        Tell(new Resumed(Step, TotalSteps, _step.StepsPerEpoch));
    }

    public void Tell(TrainingEvent happened)
    {
        foreach (ITrainingObserver observer in _observers)
        {
            observer.Tell(happened);
        }
    }

    private static string ObserverName(int i) => string.Create(CultureInfo.InvariantCulture, $"observer{i}");

    private int EpochOf(long step) => (int)Math.Max(1, (step + _step.StepsPerEpoch - 1) / _step.StepsPerEpoch);

    private bool IsDue(int? every) => Step == TotalSteps || (every is { } steps ? Step % steps == 0 : IsEpochDone);

    private void Judge(IReadOnlyList<TaskScores> scores)
    {
        foreach (TaskScores task in scores)
        {
            Remember(new Evaluated(Epoch, Step, "validation", task));
        }

        double value = _best.ValueOf(scores);
        if (double.IsNaN(value))
        {
            Tell(new Notice($"{_plan.EarlyStopping?.ToString() ?? "validation"}: epoch {Epoch} gave no number to compare; it counts as not better."));
        }

        _best.Judge(value, Step);
        _plan.Schedule.Observe(_best.CostOf(value));
        _stopsEarly = _best.ShouldStop;
    }

    private void Remember(TrainingEvent happened)
    {
        _history.Add(happened);
        Tell(happened);
    }

    private void Diverge(double objective)
    {
        var losses = new List<string>();
        for (int i = 0; i < _step.LossNames.Count; i++)
        {
            losses.Add(string.Create(CultureInfo.InvariantCulture, $"{_step.LossNames[i]} = {_step.Losses[i]:G4}"));
        }

        string message = string.Create(CultureInfo.InvariantCulture,
            $"training: expected a finite objective, got {objective} in epoch {Epoch} at step {Step} ({string.Join(", ", losses)}). Lower the learning rate, clip gradients, or scale inputs and targets.");
        Tell(new Stopped(StopReason.Diverged, Epoch, Step, message));
        throw new TrainingDivergedException(message);
    }
}
