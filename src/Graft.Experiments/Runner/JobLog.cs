using Graft.Experiments.Runs;
using Graft.Training;

namespace Graft.Experiments.Runner;

/// <summary>Writes what happens in a training into the job's event log, and tells the progress display.</summary>
/// <remarks>State: the length of the log. A resumed training cuts it to what its checkpoint knows of.</remarks>
internal sealed class JobLog(RunFolder folder, JobPlan job, IReadOnlyCollection<string> tasks, IRunObserver? observer) : ITrainingObserver, IStateful, IDisposable
{
    private EventLog? _log;
    private long _total;

    private EventLog Log => _log ??= folder.OpenEvents(job.Id);

    public void Tell(TrainingEvent happened)
    {
        switch (happened)
        {
            case Started started:
                _total = started.TotalSteps;
                observer?.JobProgress(job, 0, _total, double.NaN);
                Log.Append(new RunEvent { Event = "started", Job = job.Id, Step = 0, Message = $"{started.TotalSteps} steps" });
                break;
            case Resumed resumed:
                _total = resumed.TotalSteps;
                observer?.JobProgress(job, resumed.Step, _total, double.NaN);
                break;
            case StepDone done:
                observer?.JobProgress(job, done.Step, _total, done.Objective);
                break;
            case EpochDone epoch:
                Log.Append(RunEvents.Of(job.Id, epoch, tasks));
                observer?.JobProgress(job, epoch.Step, _total, epoch.Objective);
                break;
            default:
                if (RunEvents.Of(job.Id, happened) is { } line)
                {
                    Log.Append(line);
                }

                break;
        }
    }

    public void Append(IEnumerable<RunEvent> lines)
    {
        foreach (RunEvent line in lines)
        {
            Log.Append(line);
        }
    }

    public void Save(State state)
    {
        Log.Sync();
        state.Set("length", Log.Length);
    }

    public void Load(State state)
    {
        _log?.Dispose();
        _log = folder.OpenEvents(job.Id, state.Get<long>("length"));
    }

    public void Dispose() => _log?.Dispose();
}
