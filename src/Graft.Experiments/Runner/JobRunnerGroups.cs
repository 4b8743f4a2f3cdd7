using System.Reflection;
using Graft.Experiments.Runs;
using Graft.Experiments.Spec;
using Graft.Models.Weights;
using Graft.MultiTask;
using Graft.MultiTask.Arrangements;
using Graft.MultiTask.Grouping;
using Graft.Tasks;
using Graft.Training;

namespace Graft.Experiments.Runner;

// Affinities first, then groups, then a training for each group.
internal sealed partial class JobRunner
{
    private JobOutcome Group(PlannedJob job, GroupedTasks how, JobData rows, JobLog log, CancellationToken cancel)
    {
        (AffinityMatrix affinity, long steps) = how.By switch
        {
            TrainingAffinity by => Measure(job, by, rows, cancel),
            ModelAffinity by => (by.Measure([.. Experts(job, rows, cancel).Select(e => e.Model)], rows.Sample(by.Rows)), 0),
            RowAffinity by => (by.Measure([.. rows.Tasks.Select(t => (t.Spec, rows.DataOf(t).Labeled(Side.Train, [t], by.Rows, isSpread: true)))]), 0),
            _ => throw new GraftInputException("", $"stages.{job.Stage.Name}: grouped: expected an affinity that can be measured here, got {how.By}."),
        };
        GroupingRecord record = Grouped(how, affinity, how.Search.Find(affinity));
        log.Append([new RunEvent { Event = "grouped", Job = job.Id, Message = record.Sentence }]);

        int done = 0;
        IReadOnlyList<TaskTraining> all = IndependentTraining.Run([.. record.Groups.Select((group, i) => (Func<CancellationToken, TaskTraining>)(token =>
        {
            TaskTraining training = TrainGroup(job, group, rows, FormattableString.Invariant($"group-{i + 1}"), token);
            observer?.JobProgress(job.Record, Interlocked.Increment(ref done), record.Groups.Count, double.NaN);
            return training;
        }))], cancel: cancel);
        log.Append(all.SelectMany(a => a.Events));
        models.Keep(job.Id, [.. all.Select(a => a.Model)], [.. all.Select((_, i) => FormattableString.Invariant($"group-{i + 1}"))]);
        return JobOutcome.Join([.. all.Select((a, i) => a.Outcome.Only(record.Groups[i].Serves))]).By(record, steps, affinity.Notes);
    }

    // All tasks learn together, only to be looked at.
    private (AffinityMatrix Affinity, long Steps) Measure(PlannedJob job, TrainingAffinity by, JobData rows, CancellationToken cancel)
    {
        TaskModel model = PretrainedModel(job, rows).Model;
        var step = new AffinityStep(model, TrainingParts.Step(job, rows, model), rows.Streams(model, job.Training, job.Stage.Name + "/affinity"), by);
        TrainingResult result = new Trainer(TrainingParts.Plan(spec, job.Training, validates: false, step.StepsPerEpoch)).Fit(step, null, [], Slot(job, "affinity"), resume, cancel);
        return (step.Mean(), result.Steps);
    }

    // A task alone is learned as the independent models are, bit for bit.
    private TaskTraining TrainGroup(PlannedJob job, GroupRecord group, JobData rows, string name, CancellationToken cancel)
    {
        JobData own = rows.Only(group.Tasks);
        if (group.Tasks.Count == 1)
        {
            return TrainOne(job with { Arm = ArmSection.Independent with { Model = job.Arm.Model }, Training = job.Training with { Balancer = null } }, own, name, cancel);
        }

        (TaskModel model, CarryReport? report) = PretrainedModel(job, own);
        JointStep step = TrainingParts.Step(job, own, model);
        return FitBeside(job, step, new EventList(job.Id, group.Serves), own, model, report, name, cancel);
    }

    private static GroupingRecord Grouped(GroupedTasks how, AffinityMatrix affinity, TaskGrouping found)
    {
        string[] Names(IEnumerable<int> places) => [.. places.Select(t => affinity.Tasks[t])];
        var record = new GroupingRecord
        {
            By = how.By.GetType().GetCustomAttribute<NamedAttribute>()?.Name ?? how.By.GetType().Name,
            Tasks = affinity.Tasks,
            Affinity = [.. Enumerable.Range(0, affinity.Count).Select(i => (IReadOnlyList<double>)[.. Enumerable.Range(0, affinity.Count).Select(j => double.IsFinite(affinity[i, j]) ? affinity[i, j] : 0)])],
            Alone = how.Search.Alone,
            Score = found.Score,
            IsAlone = found.IsAlone,
            Groups = [.. found.Groups.Select(g => new GroupRecord(Names(g.Tasks), Names(g.Serves)))],
        };
        return record with { Sentence = GroupText.Sentence(record) };
    }
}
