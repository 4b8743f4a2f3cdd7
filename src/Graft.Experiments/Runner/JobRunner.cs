using System.Diagnostics;
using Graft.Data.Loading;
using Graft.Experiments.Runs;
using Graft.Experiments.Spec;
using Graft.Models;
using Graft.Models.Formats;
using Graft.Models.Weights;
using Graft.MultiTask;
using Graft.MultiTask.Architectures;
using Graft.MultiTask.Arrangements;
using Graft.MultiTask.Linear;
using Graft.Tasks;
using Graft.Training;
using Graft.Training.Checkpoints;
using Graft.Transfer;
using Graft.Transfer.Plans;

namespace Graft.Experiments.Runner;

/// <summary>Runs one job: makes data and model ready, trains, measures, keeps the model.</summary>
internal sealed partial class JobRunner(ExperimentSpec spec, DataPreparation data, RunFolder folder, ModelStore models, IRunObserver? observer, bool resume, bool validationOnly = false)
{
    /// <summary>Runs it, or goes on with it where a checkpoint is.</summary>
    /// <exception cref="GraftInputException">Data do not fit, or a file is damaged.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled, after a checkpoint.</exception>
    public JobRecord Run(PlannedJob job, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        var rows = new JobData(data, job.Seed, job.Stage.Tasks);
        Directory.CreateDirectory(folder.JobDirectory(job.Id));
        string[] disagreements = [.. data.Disagreements(job.Stage, job.Arm, rows)];
        using var log = new JobLog(folder, job.Record, [.. rows.Tasks.Select(t => t.Name), .. job.Stage.Rehearse?.Tasks ?? []], observer);
        JobOutcome outcome = job.Arm.Way.Create() switch
        {
            IndependentTasks => Independent(job, rows, log, cancel),
            FusedTasks => Fuse(job, rows, cancel),
            GroupedTasks how => Group(job, how, rows, log, cancel),
            DistilledTasks how => Distill(job, how, rows, log, cancel),
            PenalizedTasks how => Solve(job, how, rows, log, cancel),
            TransferPlan plan => Transfer(job, plan, rows, log, cancel),
            _ => Joint(job, rows, log, cancel),
        };
        data.Weights(TrainingParts.ModelOf(spec, job.Stage, job.Arm), out string? lack);
        JobRecord record = outcome.Record(job, rows) with { Seconds = clock.Elapsed.TotalSeconds, Status = RunStatus.Done };
        record = record with { Notices = [.. lack is null ? (string[])[] : [lack], .. disagreements, .. record.Notices] };
        folder.Write(record);
        folder.DeleteCheckpoints(job.Id);
        return record;
    }

    private JobOutcome Joint(PlannedJob job, JobData rows, JobLog log, CancellationToken cancel)
    {
        (TaskModel model, CarryReport? report) = PretrainedModel(job, rows);
        JointStep step = TrainingParts.Step(job, rows, model);
        TrainingResult result = Fit(job, step, Validation(rows, model), log, cancel);
        models.Keep(job.Id, [Trained(model, rows)]);
        return JobOutcome.Of(rows, model, result, report, validationOnly);
    }

    private JobOutcome Independent(PlannedJob job, JobData rows, JobLog log, CancellationToken cancel)
    {
        IReadOnlyList<TaskTraining> all = TrainEach(job, rows, cancel);
        log.Append(all.SelectMany(a => a.Events));
        models.Keep(job.Id, [.. all.Select(a => a.Model)]);
        return JobOutcome.Join([.. all.Select(a => a.Outcome)]);
    }

    private JobOutcome Fuse(PlannedJob job, JobData rows, CancellationToken cancel)
    {
        IReadOnlyList<TrainedModel> each = Experts(job, rows, cancel);
        IReadOnlyList<IReadOnlyList<int>> groups = Fusion.Groups([.. rows.Tasks.Select(t => t.Spec)]);
        models.Keep(job.Id, each);
        return JobOutcome.OfFusion(rows, each, groups, validationOnly);
    }

    private JobOutcome Distill(PlannedJob job, DistilledTasks how, JobData rows, JobLog log, CancellationToken cancel)
    {
        IReadOnlyList<TrainedModel> teachers = Experts(job, rows, cancel);
        (TaskModel model, CarryReport? report) = PretrainedModel(job, rows);
        var step = new DistillStep(
            model,
            [.. teachers.Select(t => t.Model)],
            rows.Streams(model, job.Training, job.Stage.Name),
            TrainingParts.Update(job.Training, model),
            how.Alpha,
            how.Temperature);
        TrainingResult result = Fit(job, step, Validation(rows, model), log, cancel);
        models.Keep(job.Id, [Trained(model, rows)]);
        return JobOutcome.Of(rows, model, result, report, validationOnly);
    }

    private JobOutcome Solve(PlannedJob job, PenalizedTasks how, JobData rows, JobLog log, CancellationToken cancel)
    {
        rows.CheckShapes(new LinearModel());
        var model = new TaskModel(new LinearModel(), rows.Shape, [.. rows.Tasks.Select(t => t.Spec)]);
        model.Initialize((ulong)job.Seed);
        LinearFit fit = how.Fit(
            LinearHeads.Tasks(model, rows.TrainingRows(model), [.. rows.Tasks.Select(t => t.Section.Weight)]), (ulong)job.Seed, out StrengthChoice? choice, cancel);
        LinearHeads.Assign(model, fit);
        log.Append(LinearRecords.Events(job.Id, fit, choice));
        models.Keep(job.Id, [Trained(model, rows)]);
        return JobOutcome.Of(rows, model, LinearRecords.Result(fit), null, validationOnly).With(fit.Report.HasConverged ? "solved" : "not converged", LinearRecords.Notices(fit, choice));
    }

    private JobOutcome Transfer(PlannedJob job, TransferPlan plan, JobData rows, JobLog log, CancellationToken cancel)
    {
        TrainedModel? source = plan.UsesSource && job.Stage.From is not null ? SourceOf(job) : null;
        if (source is not null)
        {
            CheckCarried(job.Stage, source.Model);
        }

        JobData? known = job.Stage.Rehearse is { } rehearse && source is not null ? new JobData(data, job.Seed, rehearse.Tasks) : null;
        TaskModel model = NewModel(job, rows, known);
        CarryReport? report = plan.Prepare(model, !plan.UsesSource ? null : source is null ? Pretrained(job, model) : WeightSource.Of(source.Model, job.Stage.From!));
        if (report is not null && source is null)
        {
            WeightCarry.RequireSome(report);
        }

        bool isPlain = known is null && (job.Stage.Objective is null || !plan.UsesSource);
        FeatureCache? cache = isPlain && data.RunsFrozenOnce ? FeatureCache.For(model, rows, data.Features, (done, all) => observer?.JobProgress(job.Record, done, all, double.NaN), cancel) : null;
        TaskModel trained = cache?.Head ?? model;
        TrainingStep step = isPlain
            ? new JointStep(trained, rows.Streams(trained, job.Training, job.Stage.Name, rows: cache is null ? null : cache.Of), TrainingParts.Update(job.Training, trained))
            : WithParts(job, model, rows, known, source?.Model ?? PretrainedModel(job, rows).Model);
        TrainingResult result = Fit(job, step, Validation(rows, trained, cache), log, cancel);
        cache?.Finish();
        models.Keep(job.Id, [Trained(model, rows, known)]);
        var outcome = JobOutcome.Of(rows, model, result, report, validationOnly, cache);
        outcome = cache is null ? outcome : outcome.With(RunEvents.Reason(result.Reason), cache.Notices);
        cache?.End();
        return outcome;
    }

    /// <summary>Only a model of one trunk can be carried.</summary>
    /// <exception cref="GraftInputException">It is another one.</exception>
    public static void CheckCarried(StageSection stage, TaskModel model)
    {
        if (model.Sharing is { } sharing and not HardSharing)
        {
            throw new GraftInputException("", $"stages.{stage.Name}.from: expected a model whose tasks share one trunk, which can be carried to others, got {sharing}. Learn it with hard-sharing.");
        }
    }

    private static TransferStep WithParts(PlannedJob job, TaskModel model, JobData rows, JobData? known, TaskModel source)
    {
        IReadOnlyList<TaskStream> target = rows.Streams(model, job.Training, job.Stage.Name);
        TaskStream[] rehearsed = [.. known?.Streams(model, job.Training, job.Stage.Name + "/source") ?? []];
        if (target.Count > 1 || rehearsed.Length > 1)
        {
            throw new GraftInputException("", $"stages.{job.Stage.Name}: expected the new tasks on one data set and the rehearsed ones on one, got {target.Count} and {rehearsed.Length}.");
        }

        return new TransferStep(
            model, target[0], rehearsed.FirstOrDefault(), source, TrainingParts.Objective(job.Stage), TrainingParts.Update(job.Training, model));
    }

    private IReadOnlyList<TaskTraining> TrainEach(PlannedJob job, JobData rows, CancellationToken cancel)
    {
        JobData[] each = [.. rows.Alone()];
        int done = 0;
        return IndependentTraining.Run([.. each.Select((own, i) => (Func<CancellationToken, TaskTraining>)(token =>
        {
            TaskTraining training = TrainOne(job, own, FormattableString.Invariant($"task-{i + 1}"), token);
            observer?.JobProgress(job.Record, Interlocked.Increment(ref done), each.Length, double.NaN);
            return training;
        }))], cancel: cancel);
    }

    private TaskTraining TrainOne(PlannedJob job, JobData own, string name, CancellationToken cancel)
    {
        PlannedJob alone = job with { Arm = ArmSection.Independent with { Model = job.Arm.Model } };
        (TaskModel model, CarryReport? report) = PretrainedModel(alone, own);
        var step = new JointStep(model, own.Streams(model, job.Training, job.Stage.Name), TrainingParts.Update(job.Training, model));
        return FitBeside(job, step, new EventList(job.Id, [own.Tasks[0].Name]), own, model, report, name, cancel);
    }

    private IReadOnlyList<TrainedModel> Experts(PlannedJob job, JobData rows, CancellationToken cancel)
    {
        string? independent = job.DependsOn.LastOrDefault(d => job.Stage.From is null || !d.StartsWith(job.Stage.From + "-", StringComparison.Ordinal));
        return independent is not null
            ? models.Get(independent, [.. rows.Tasks.Select(t => t.Name)])
            : [.. TrainEach(job, rows, cancel).Select(e => e.Model)];
    }

    private TrainedModel SourceOf(PlannedJob job) => StageSection.IsFile(job.Stage.From!)
        ? TrainedModel.Open(data.Resolve(job.Stage.From!))
        : models.Get(job.DependsOn[0], [])[0];

    private TaskModel NewModel(PlannedJob job, JobData rows, JobData? known = null)
    {
        TaskSpec[] tasks = [.. rows.Tasks.Select(t => t.Spec), .. known?.Tasks.Select(t => t.Spec) ?? []];
        Backbone trunk = TrainingParts.NewTrunk(spec, job.Stage, job.Arm, job.Training, tasks, data.Find);
        rows.CheckShapes(trunk);
        rows.CheckWords();
        var model = new TaskModel(trunk, rows.Shape, tasks);
        model.Initialize((ulong)job.Seed);
        return model;
    }

    /// <summary>The pretrained weights for a model, or null where none are named.</summary>
    private WeightSource? Pretrained(PlannedJob job, TaskModel model)
    {
        ModelSection section = TrainingParts.ModelOf(spec, job.Stage, job.Arm);
        return data.Weights(section, out string? lack) is { } path ? WeightSource.For(model, WeightFile.Read(path), section.Weights ?? Path.GetFileName(path))
            : lack is not null ? WeightSource.Of(model, "random weights")
            : null;
    }

    /// <summary>A model with its pretrained weights, where some are named, and what became of them.</summary>
    private (TaskModel Model, CarryReport? Report) PretrainedModel(PlannedJob job, JobData rows)
    {
        TaskModel model = NewModel(job, rows);
        return (model, Pretrained(job, model) is { } weights ? WeightCarry.CarryPretrained(weights, model) : null);
    }

    private TrainingResult Fit(PlannedJob job, TrainingStep step, IValidation? validation, JobLog log, CancellationToken cancel) =>
        new Trainer(TrainingParts.Plan(spec, job.Training, validation is not null, step.StepsPerEpoch))
            .Fit(step, validation, [log], new CheckpointSlot(folder.CheckpointFile(job.Id)), resume, cancel);

    // One of several trainings of a job: its checkpoints go by its name and stay until the job is done, its events are logged then.
    private TaskTraining FitBeside(PlannedJob job, JointStep step, EventList events, JobData own, TaskModel model, CarryReport? report, string name, CancellationToken cancel)
    {
        TrainingResult result = new Trainer(TrainingParts.Plan(spec, job.Training, own.HasValidation, step.StepsPerEpoch))
            .Fit(step, Validation(own, model), [events], Slot(job, name), resume, cancel);
        return new TaskTraining(JobOutcome.Of(own, model, result, report, validationOnly), Trained(model, own), events.Lines);
    }

    private CheckpointSlot Slot(PlannedJob job, string training) => new(folder.CheckpointFile(job.Id, training)) { KeepsEnd = true };

    private static Evaluation? Validation(JobData rows, TaskModel model, FeatureCache? cache = null) =>
        rows.HasValidation ? new Evaluation(model, rows.Evaluated(Side.Validation, model, cache is null ? null : cache.Of)) : null;

    private static TrainedModel Trained(TaskModel model, JobData rows, JobData? known = null) =>
        new(model, [.. rows.Inputs, .. known?.Inputs ?? []], [.. rows.Targets, .. known?.Targets ?? []]) { Settings = rows.Settings };

    private sealed record TaskTraining(JobOutcome Outcome, TrainedModel Model, IReadOnlyList<RunEvent> Events);
}
