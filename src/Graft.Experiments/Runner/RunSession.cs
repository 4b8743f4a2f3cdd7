using System.Diagnostics;
using Graft.Experiments.Catalogue;
using Graft.Experiments.Reports;
using Graft.Experiments.Runs;
using Graft.Experiments.Spec;
using Graft.MultiTask;
using Graft.Tensors;
using Graft.Training;

namespace Graft.Experiments.Runner;

/// <summary>One go at a run: its jobs in their order, then comparison and report. Whatever happens, what is done is on disk.</summary>
internal sealed class RunSession
{
    private readonly ExperimentFile _file;
    private readonly ExperimentSpec _spec;
    private readonly DataPreparation _data;
    private readonly RunFolder _folder;
    private readonly RunOptions _options;
    private readonly IRunObserver? _observer;
    private readonly bool _resume;
    private IReadOnlyList<PlannedJob> _jobs;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly double _before;
    private RunRecord _run;
    private Task _describing = Task.CompletedTask;

    public RunSession(ExperimentFile file, DataPreparation data, RunFolder folder, RunOptions options, IRunObserver? observer, bool resume)
    {
        ExperimentSpec spec = file.Spec;
        _file = file;
        _spec = spec;
        _data = data;
        _folder = folder;
        _options = options;
        _observer = observer;
        _resume = resume;
        _jobs = JobPlanner.Plan(spec);
        _before = resume ? folder.ReadRun().Seconds : 0;
        _run = new RunRecord
        {
            Name = folder.Name,
            Description = spec.Description,
            Status = RunStatus.Running,
            Question = JobPlanner.QuestionOf(spec),
            Arms = JobPlanner.ArmsOf(spec),
            Baseline = JobPlanner.BaselineOf(spec),
            SingleTask = JobPlanner.SingleTaskOf(spec),
            Stages = [.. spec.PlannedStages.Select(s => s.Name)],
            Jobs = [.. _jobs.Select(j => j.Record)],
            Metrics = RunMetrics.Of(data, spec),
            References = RunReferences.Of(spec),
        };
    }

    public string Run(CancellationToken cancel)
    {
        Engine.Threads = Math.Clamp(_options.Threads ?? _spec.Threads ?? Environment.ProcessorCount, 1, 64);
        _folder.Write(_run);
        _observer?.Began(_run, _folder.DirectoryPath);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        _describing = Task.Run(() => DescribeData(stop), CancellationToken.None);
        try
        {
            Train(stop.Token, cancel);
            End(_folder.ReadJobs(_run).Any(j => j.Status == RunStatus.Failed) ? RunStatus.Failed : RunStatus.Done, null);
        }
        catch (OperationCanceledException)
        {
            End(RunStatus.Interrupted, null);
            throw;
        }
        catch (Exception e) when (Fail(e))
        {
            throw;
        }

        return _folder.DirectoryPath;
    }

    // Looking at every row takes longer than the first steps, so it is done beside them. A row that cannot be read ends the training at once.
    private void DescribeData(CancellationTokenSource stop)
    {
        bool isDone = false;
        try
        {
            var sets = new DataRecord([.. _spec.Data.Keys.Select(d => DataSummary.Of(_data.Get(d, _spec.Seeds[0]), _spec.Data[d].Source.Name, _data.ContentOf(d)))]);
            _folder.Write(sets);
            foreach (string notice in sets.DataSets.SelectMany(s => s.Notices.Take(20).Select(n => $"data.{s.Name}: {n}")))
            {
                _observer?.Notice(notice);
            }

            isDone = true;
        }
        finally
        {
            if (!isDone)
            {
                stop.Cancel();
            }
        }
    }

    private void Train(CancellationToken stop, CancellationToken cancel)
    {
        try
        {
            Search(stop);
            RunJobs(stop);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // Nobody asked for it: what stopped it is thrown below.
        }

        _describing.GetAwaiter().GetResult();
    }

    // A search gives every arm settings of its own, and so jobs of its own.
    private void Search(CancellationToken cancel)
    {
        if (_spec.Search is not null)
        {
            _jobs = JobPlanner.Plan(_file, new SearchRunner(_file, _data, _folder, _observer).Choose(cancel));
            _run = _run with { Jobs = [.. _jobs.Select(j => j.Record)] };
            _folder.Write(_run);
            _observer?.Began(_run, _folder.DirectoryPath);
        }
    }

    private void RunJobs(CancellationToken cancel)
    {
        var models = new ModelStore(_folder);
        var done = new HashSet<string>(StringComparer.Ordinal);
        while (done.Count < _jobs.Count)
        {
            PlannedJob[] ready = [.. _jobs.Where(j => !done.Contains(j.Id) && j.DependsOn.All(done.Contains))];
            IndependentTraining.Run([.. ready.Select(j => (Func<CancellationToken, JobRecord>)(c => RunOne(j, models, c)))], _spec.Workers, cancel);
            done.UnionWith(ready.Select(j => j.Id));
        }
    }

    private JobRecord RunOne(PlannedJob job, ModelStore models, CancellationToken cancel)
    {
        if (_resume && _folder.ReadJob(job.Id) is { Status: RunStatus.Done } earlier)
        {
            _observer?.JobEnded(earlier);
            return earlier;
        }

        _observer?.JobBegan(job.Record);
        JobRecord result;
        try
        {
            result = new JobRunner(job.Spec, _data, _folder, models, _observer, _resume).Run(job, cancel);
        }
        catch (TrainingDivergedException e)
        {
            result = new JobRecord { Id = job.Id, Stage = job.Stage.Name, Arm = job.Record.Arm, Seed = job.Seed, Tasks = job.Stage.Tasks, Compared = job.Compared, Status = RunStatus.Failed, Error = e.Message };
            _folder.Write(result);
        }

        _observer?.JobEnded(result);
        return result;
    }

    private void End(RunStatus status, string? error)
    {
        ((IAsyncResult)_describing).AsyncWaitHandle.WaitOne();
        _run = _run with { Status = status, Error = error, Seconds = _before + _clock.Elapsed.TotalSeconds };
        _folder.JoinEvents(_jobs.Select(j => j.Id));
        _folder.Write(_run);
        _folder.Write(Comparison.Build(_run, _folder.ReadJobs(_run)));
        ReportWriter.Write(_folder);
        Engine.Trim();
    }

    private bool Fail(Exception error)
    {
        End(RunStatus.Failed, error.Message.Split('\n')[0]);
        return true;
    }
}
