using Graft.Data.Loading;
using Graft.Experiments.Runs;
using Graft.Models.Weights;
using Graft.MultiTask;
using Graft.Nn;
using Graft.Tasks;
using Graft.Training;

namespace Graft.Experiments.Runner;

/// <summary>What came out of one training or several, as a record of the run folder.</summary>
internal sealed class JobOutcome
{
    private readonly List<TaskRecord> _results = [];
    private readonly List<TestAnswers> _answers = [];
    private readonly List<string> _notices = [];
    private WeightsRecord? _weights;
    private GroupingRecord? _grouping;
    private long _steps;
    private int _epochs;
    private int? _bestEpoch;
    private string _stopReason = "";
    private long _parameters;
    private long _trainable;

    /// <summary>Measures a trained model on the test rows of its tasks, or on its validation rows only.</summary>
    public static JobOutcome Of(JobData rows, TaskModel model, TrainingResult result, CarryReport? report, bool validationOnly, FeatureCache? cache = null)
    {
        TaskModel measured = cache?.Head ?? model;
        var outcome = new JobOutcome
        {
            _steps = result.Steps,
            _epochs = result.Epochs,
            _bestEpoch = result.BestEpoch < result.Epochs ? result.BestEpoch : null,
            _stopReason = RunEvents.Reason(result.Reason),
            _parameters = model.ParameterCount,
            _trainable = model.Parameters().Where(p => !p.IsFrozen).Sum(p => (long)p.Shape.Count),
            _weights = report is null ? null : WeightRecords.Of(report, model),
        };
        IReadOnlyDictionary<string, Dictionary<string, double>> validation = Measure(rows, measured, Side.Validation, cache).ToDictionary(e => e.Scores.Task, e => e.Scores.Metrics.ToDictionary(), StringComparer.Ordinal);
        foreach (PreparedTask task in rows.Tasks)
        {
            if (validationOnly)
            {
                outcome._results.Add(Judged(task, validation.GetValueOrDefault(task.Name) ?? []));
                continue;
            }

            Truth test = TruthOf(rows, task, Side.Test);
            float[] predictions = Predict(rows, measured, task, Side.Test, cache: cache);
            outcome._answers.Add(new TestAnswers(task, predictions, test));
            outcome._results.Add(TaskResult.Build(
                task, rows.DataOf(task), validation.GetValueOrDefault(task.Name) ?? [], predictions, TruthOf(rows, task, Side.Train), test, Counts(rows, task)));
        }

        return outcome;
    }

    /// <summary>Measures the mean of independent models that share their labels.</summary>
    public static JobOutcome OfFusion(JobData rows, IReadOnlyList<TrainedModel> each, IReadOnlyList<IReadOnlyList<int>> groups, bool validationOnly)
    {
        var outcome = new JobOutcome { _stopReason = "nothing to train", _parameters = each.Sum(m => m.Model.ParameterCount) };
        for (int t = 0; t < rows.Tasks.Count; t++)
        {
            PreparedTask task = rows.Tasks[t];
            float[] Fused(Side side) => Fusion.Mean([.. groups[t].Select(g => Predict(rows, each[g].Model, task, side, 0))]);
            Dictionary<string, double> validation = rows.HasValidation ? TaskResult.Metrics(task, Fused(Side.Validation), TruthOf(rows, task, Side.Validation)) : [];
            if (validationOnly)
            {
                outcome._results.Add(Judged(task, validation));
                continue;
            }

            outcome._results.Add(TaskResult.Build(
                task, rows.DataOf(task), validation, Fused(Side.Test), TruthOf(rows, task, Side.Train), TruthOf(rows, task, Side.Test), Counts(rows, task)));
        }

        if (groups.All(g => g.Count == 1))
        {
            outcome._notices.Add("No two tasks share their labels: fusion is the same as independent models.");
        }

        return outcome;
    }

    /// <summary>The same with the results of some tasks only.</summary>
    public JobOutcome Only(IReadOnlyCollection<string> tasks)
    {
        _results.RemoveAll(r => !tasks.Contains(r.Task));
        return this;
    }

    /// <summary>The same, by groups that were found first.</summary>
    /// <param name="grouping">The groups.</param>
    /// <param name="steps">Updates that finding them took.</param>
    /// <param name="notes">What a reader must know of it.</param>
    public JobOutcome By(GroupingRecord grouping, long steps, IReadOnlyList<string> notes)
    {
        _grouping = grouping;
        _steps += steps;
        _notices.Add(grouping.Sentence);
        _notices.AddRange(notes);
        return this;
    }

    /// <summary>Several trainings as one.</summary>
    public static JobOutcome Join(IReadOnlyList<JobOutcome> all)
    {
        var joined = new JobOutcome
        {
            _steps = all.Sum(o => o._steps),
            _epochs = all.Max(o => o._epochs),
            _stopReason = string.Join(", ", all.Select(o => o._stopReason).Distinct(StringComparer.Ordinal)),
            _parameters = all.Sum(o => o._parameters),
            _trainable = all.Sum(o => o._trainable),
        };
        joined._results.AddRange(all.SelectMany(o => o._results));
        joined._answers.AddRange(all.SelectMany(o => o._answers));
        joined._notices.AddRange(all.SelectMany(o => o._notices).Distinct(StringComparer.Ordinal));
        return joined;
    }

    /// <summary>Says how it ended, and what readers of the report must know.</summary>
    public JobOutcome With(string stopReason, IEnumerable<string> notices)
    {
        _stopReason = stopReason;
        _notices.AddRange(notices);
        return this;
    }

    public JobRecord Record(PlannedJob job, JobData rows) => new()
    {
        Id = job.Id,
        Stage = job.Stage.Name,
        Arm = job.Record.Arm,
        Seed = job.Seed,
        Tasks = [.. rows.Tasks.Select(t => t.Name)],
        DependsOn = job.DependsOn,
        Compared = job.Compared,
        Steps = _steps,
        Epochs = _epochs,
        BestEpoch = _bestEpoch,
        StopReason = _stopReason,
        Parameters = _parameters,
        TrainableParameters = _trainable,
        Weights = _weights,
        Grouping = _grouping,
        Chosen = job.Chosen,
        Pooled = PooledAnswers.Of(_answers),
        Notices = _notices,
        Results = [.. rows.Tasks.SelectMany(t => _results.Where(r => r.Task == t.Name))],
    };

    private static TaskRecord Judged(PreparedTask task, Dictionary<string, double> validation) => new()
    {
        Task = task.Name,
        Kind = DataSummary.Convert(task.Spec.Kind),
        PrimaryMetric = task.Primary.Name,
        Validation = validation,
    };

    private static IReadOnlyList<TaskEvaluation> Measure(JobData rows, TaskModel model, Side side, FeatureCache? cache) =>
        new Evaluation(model, rows.Evaluated(side, model, cache is null ? null : cache.Of)).Measure();

    private static float[] Predict(JobData rows, TaskModel model, PreparedTask task, Side side, int? place = null, FeatureCache? cache = null)
    {
        LabeledRows labeled = rows.DataOf(task).Labeled(side, [task]);
        return Evaluation.Predict(model, cache?.Of(labeled) ?? labeled, [(place ?? model.IndexOf(task.Name), task.Target)])[0];
    }

    private static Truth TruthOf(JobData rows, PreparedTask task, Side side)
    {
        PreparedData data = rows.DataOf(task);
        return new Truth(data.Truths(side, task), data.LabeledPlaces(side, task));
    }

    private static Dictionary<string, long> Counts(JobData rows, PreparedTask task)
    {
        PreparedData data = rows.DataOf(task);
        return Enum.GetValues<Side>().ToDictionary(s => s.ToString().ToLowerInvariant(), s => (long)data.LabeledPlaces(s, task).Count, StringComparer.Ordinal);
    }
}
