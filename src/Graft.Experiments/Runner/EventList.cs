using System.Text.Json;
using Graft.Experiments.Runs;
using Graft.MultiTask;
using Graft.Training;

namespace Graft.Experiments.Runner;

/// <summary>Collects the events of a training that runs beside others, to be logged in order afterwards.</summary>
/// <remarks>State: the events so far.</remarks>
/// <param name="job">The job.</param>
/// <param name="tasks">The tasks that the training answers for; what else it learns is not logged, another training answers for it.</param>
internal sealed class EventList(string job, IReadOnlyCollection<string> tasks) : ITrainingObserver, IStateful
{
    public List<RunEvent> Lines { get; } = [];

    public void Save(State state) => state.Set("lines", string.Join('\n', Lines.Select(l => JsonSerializer.Serialize(l, RunJson.Default.RunEvent))));

    public void Load(State state)
    {
        Lines.Clear();
        Lines.AddRange(state.Get<string>("lines").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select((l, i) => RunJson.Read("checkpoint", i + 1, l, RunJson.Default.RunEvent)));
    }

    public void Tell(TrainingEvent happened)
    {
        RunEvent? line = happened switch
        {
            EpochDone epoch => RunEvents.Of(job, epoch with { Losses = epoch.Losses.Where(IsOwn).ToDictionary(l => l.Key, l => l.Value, StringComparer.Ordinal) }, tasks),
            Balanced balanced => Own(RunEvents.Of(job, balanced)!),
            Evaluated e when !tasks.Contains(e.Scores.Task) => null,
            _ => RunEvents.Of(job, happened),
        };
        if (line is not null)
        {
            Lines.Add(line.Event == "stopped" ? line with { Task = string.Join(", ", tasks) } : line);
        }
    }

    private RunEvent Own(RunEvent line) => line with
    {
        Weights = Own(line.Weights),
        Norms = Own(line.Norms),
        Cosines = line.Cosines?.Where(c => tasks.Contains(c.Key)).Select(c => (c.Key, Values: Own(c.Value))).Where(c => c.Values is not null)
            .ToDictionary(c => c.Key, c => (IReadOnlyDictionary<string, double>)c.Values!, StringComparer.Ordinal) is { Count: > 0 } cosines ? cosines : null,
    };

    private Dictionary<string, double>? Own(IReadOnlyDictionary<string, double>? values) =>
        values?.Where(v => tasks.Contains(v.Key)).ToDictionary(v => v.Key, v => v.Value, StringComparer.Ordinal) is { Count: > 0 } own ? own : null;

    // The parts of the objective are of several trainings: they stay apart only where there is one task.
    private bool IsOwn(KeyValuePair<string, double> loss) => tasks.Count == 1 || tasks.Contains(loss.Key);
}
