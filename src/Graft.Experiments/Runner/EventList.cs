using Graft.Experiments.Runs;
using Graft.Training;

namespace Graft.Experiments.Runner;

/// <summary>Collects the events of a training that runs beside others, to be logged in order afterwards.</summary>
internal sealed class EventList(string job, string task) : ITrainingObserver
{
    public List<RunEvent> Lines { get; } = [];

    public void Tell(TrainingEvent happened)
    {
        RunEvent? line = happened is EpochDone epoch ? RunEvents.Of(job, epoch, [task]) : RunEvents.Of(job, happened);
        if (line is not null)
        {
            Lines.Add(line.Event == "stopped" ? line with { Task = task } : line);
        }
    }
}
