namespace Graft.Training;

/// <summary>Every finished epoch and every validation of a training, in order. State: all of it, bit for bit.</summary>
internal sealed class History : IStateful
{
    private readonly List<TrainingEvent> _events = [];

    public IReadOnlyList<TrainingEvent> Events => _events;

    public void Add(TrainingEvent happened) => _events.Add(happened);

    public void Save(State state)
    {
        for (int i = 0; i < _events.Count; i++)
        {
            var saved = new State();
            switch (_events[i])
            {
                case EpochDone e:
                    saved.Set("epoch", e.Epoch);
                    saved.Set("step", e.Step);
                    saved.Set("objective", e.Objective);
                    saved.Set("rate", e.Rate);
                    Set(saved, e.Losses);
                    break;
                case Evaluated e:
                    saved.Set("epoch", e.Epoch);
                    saved.Set("step", e.Step);
                    saved.Set("split", e.Split);
                    saved.Set("task", e.Scores.Task);
                    saved.Set("loss", e.Scores.Loss);
                    Set(saved, e.Scores.Metrics);
                    break;
                default:
                    throw new InvalidOperationException($"History: expected epochs and validations, got {_events[i].GetType().Name}.");
            }

            state.Set(i.ToString(System.Globalization.CultureInfo.InvariantCulture), saved);
        }
    }

    public void Load(State state)
    {
        _events.Clear();
        foreach ((string name, object value) in state.Values)
        {
            State saved = value as State ?? throw new GraftInputException("", $"checkpoint: expected an event named '{name}' in the history, got none.");
            int epoch = (int)Math.Clamp(saved.Get<long>("epoch"), 0, int.MaxValue);
            long step = saved.Get<long>("step");
            _events.Add(saved.Has("task")
                ? new Evaluated(epoch, step, saved.Get<string>("split"), new TaskScores(saved.Get<string>("task"), saved.Get<double>("loss"), Get(saved)))
                : new EpochDone(epoch, step, saved.Get<double>("objective"), Get(saved), saved.Get<double>("rate")));
        }
    }

    private static void Set(State state, IReadOnlyDictionary<string, double> values)
    {
        var named = new State();
        foreach ((string name, double value) in values)
        {
            named.Set(name, value);
        }

        state.Set("values", named);
    }

    private static Dictionary<string, double> Get(State state)
    {
        State named = state.Get<State>("values");
        return named.Values.ToDictionary(v => v.Key, v => named.Get<double>(v.Key), StringComparer.Ordinal);
    }
}
