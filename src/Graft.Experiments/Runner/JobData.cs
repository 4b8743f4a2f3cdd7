using System.Globalization;
using Graft.Data.Encoders;
using Graft.Data.Loading;
using Graft.Data.Transforms;
using Graft.Experiments.Spec;
using Graft.Models;
using Graft.Tasks;
using Graft.Training;

namespace Graft.Experiments.Runner;

/// <summary>The rows of some tasks for one seed, by data set.</summary>
internal sealed class JobData
{
    private readonly List<(PreparedData Data, PreparedTask[] Tasks)> _parts = [];

    public JobData(DataPreparation data, long seed, IEnumerable<string> tasks)
    {
        Seed = seed;
        foreach (IGrouping<string, string> set in tasks.GroupBy(data.DataOf, StringComparer.Ordinal))
        {
            PreparedData rows = data.Get(set.Key, seed);
            PreparedTask[] all = [.. set.SelectMany(t => data.TasksOf(t, seed))], together = [.. all.Where(t => !t.Section.Apart)];
            if (together.Length > 0)
            {
                _parts.Add((rows, together));
            }

            _parts.AddRange(all.Where(t => t.Section.Apart).Select(t => (rows, (PreparedTask[])[t])));
        }
    }

    private JobData(long seed, IEnumerable<(PreparedData Data, PreparedTask[] Tasks)> parts)
    {
        Seed = seed;
        _parts.AddRange(parts);
    }

    public long Seed { get; }

    /// <summary>All tasks, data set by data set: the order of the model's tasks.</summary>
    public IReadOnlyList<PreparedTask> Tasks => [.. _parts.SelectMany(p => p.Tasks)];

    public InputShape Shape => _parts[0].Data.Inputs.Shape;

    public bool HasValidation => _parts.All(p => p.Data.Rows(Side.Validation).Count > 0);

    /// <summary>Each task alone.</summary>
    public IEnumerable<JobData> Alone() => _parts.SelectMany(p => p.Tasks.Select(t => new JobData(Seed, [(p.Data, [t])])));

    /// <summary>Some of the tasks, in the same order.</summary>
    public JobData Only(IReadOnlyCollection<string> tasks) => new(
        Seed, _parts.Select(p => (p.Data, Tasks: p.Tasks.Where(t => tasks.Contains(t.Name)).ToArray())).Where(p => p.Tasks.Length > 0));

    /// <summary>Training rows of the first data set, from all over it.</summary>
    /// <param name="most">How many, at most.</param>
    public LabeledRows Sample(int most) => _parts[0].Data.Labeled(Side.Train, _parts[0].Tasks, most, isSpread: true);

    public PreparedData DataOf(PreparedTask task) => _parts.First(p => p.Tasks.Contains(task)).Data;

    /// <summary>All data sets must look the same to a model, but for the size of pictures where it takes any.</summary>
    /// <param name="trunk">What the model is made of.</param>
    /// <exception cref="GraftInputException">Two differ.</exception>
    public void CheckShapes(Backbone trunk)
    {
        foreach ((PreparedData data, _) in _parts)
        {
            string first = _parts[0].Data.Name;
            if (!trunk.Fits(data.Inputs.Shape, Shape))
            {
                throw new GraftInputException("", $"data.{data.Name}: expected inputs of shape {Describe(Shape)} as in data.{first}, got {Describe(data.Inputs.Shape)}. Tasks that share a model need inputs of one shape: take those of the other over (inputs-of: {first}), name columns in 'inputs', or a picture size there (height, width, channels).");
            }
        }
    }

    /// <summary>Texts of data sets that share a model must number their words alike.</summary>
    /// <exception cref="GraftInputException">Two do not.</exception>
    public void CheckWords()
    {
        foreach ((PreparedData data, _) in _parts)
        {
            if (Shape.Kind == InputKind.Tokens && InputAgreement.Difference(Inputs[0], data.Inputs) is { } difference)
            {
                throw new GraftInputException("", $"data.{data.Name}: expected the words of data.{_parts[0].Data.Name}, with which it shares a model, got a data set that {difference}. Take them over (inputs-of: {_parts[0].Data.Name}).");
            }
        }
    }

    /// <summary>What readers must know of data sets that share a model, a sentence each.</summary>
    public IEnumerable<string> Disagreements => _parts.Select(p => p.Data).Distinct().Select(data => InputAgreement.Difference(_parts[0].Data.Inputs, data.Inputs) is { } difference
        ? $"data.{data.Name} {difference}, unlike data.{_parts[0].Data.Name}, with which it shares a model. If they mean the same, inputs-of: {_parts[0].Data.Name} says so."
        : null).OfType<string>();

    private static string Describe(InputShape shape) => shape.Kind == InputKind.Tokens ? string.Create(CultureInfo.InvariantCulture, $"{shape} of {shape.Vocabulary} words") : shape.ToString();

    /// <summary>Streams of training batches for a model, one a data set, or one a task where tasks stand apart.</summary>
    /// <param name="model">The model that has the tasks.</param>
    /// <param name="training">Rows a batch, and their order.</param>
    /// <param name="path">Tells loaders apart.</param>
    /// <param name="rows">Replaces training rows by others with the same targets, such as their features; null for the rows themselves.</param>
    public IReadOnlyList<TaskStream> Streams(TaskModel model, TrainingSection training, string path, Func<LabeledRows, LabeledRows>? rows = null) =>
        [.. _parts.Select(p =>
        {
            LabeledRows labeled = p.Data.Labeled(Side.Train, p.Tasks);
            Loader loader = Load(rows?.Invoke(labeled) ?? labeled, training, $"{path}/{NameOf(p)}", p.Data.Augmentation);
            return new TaskStream(loader, [.. p.Tasks.Select(t => model.IndexOf(t.Name))], [.. p.Tasks.Select(t => (float)t.Section.Weight)]);
        })];

    /// <summary>Streams of validation batches for a model, one a data set that has validation rows, for methods that learn from them.</summary>
    /// <param name="model">The model that has the tasks.</param>
    /// <param name="training">Rows a batch.</param>
    /// <param name="path">Tells loaders apart.</param>
    public IReadOnlyList<TaskStream> ValidationStreams(TaskModel model, TrainingSection training, string path) =>
        [.. _parts.Where(p => p.Data.Rows(Side.Validation).Count > 0).Select(p => new TaskStream(
            new Loader(p.Data.Labeled(Side.Validation, p.Tasks), training.Batch ?? 32, (ulong)Seed, $"{path}/{NameOf(p)}/validation"),
            [.. p.Tasks.Select(t => model.IndexOf(t.Name))],
            [.. p.Tasks.Select(t => (float)t.Section.Weight)]))];

    /// <summary>All training rows, one part a data set, with the places of its tasks in a model.</summary>
    public IReadOnlyList<(LabeledRows Rows, IReadOnlyList<int> Tasks)> TrainingRows(TaskModel model) =>
        [.. _parts.Select(p => (p.Data.Labeled(Side.Train, p.Tasks), (IReadOnlyList<int>)[.. p.Tasks.Select(t => model.IndexOf(t.Name))]))];

    /// <summary>What a model is measured on.</summary>
    public IReadOnlyList<EvaluatedRows> Evaluated(Side side, TaskModel model, Func<LabeledRows, LabeledRows>? rows = null) =>
        [.. _parts.Where(p => p.Data.Rows(side).Count > 0).Select(p =>
        {
            LabeledRows labeled = p.Data.Labeled(side, p.Tasks);
            return new EvaluatedRows(rows?.Invoke(labeled) ?? labeled, [.. p.Tasks.Select(t => new EvaluatedTask(model.IndexOf(t.Name), t.Target, t.Metrics))]);
        })];

    private static string NameOf((PreparedData Data, PreparedTask[] Tasks) part) =>
        part.Tasks is [{ Section.Apart: true } alone] ? $"{part.Data.Name}/{alone.Name}" : part.Data.Name;

    private Loader Load(LabeledRows rows, TrainingSection training, string path, PictureTransform? augmentation)
    {
        try
        {
            return new Loader(rows, training.Batch ?? 32, (ulong)Seed, path, training.Sampler?.Create(), augmentation);
        }
        catch (ArgumentException e) when (training.Sampler is not null)
        {
            throw new GraftInputException("", $"sampler: {e.Message.Split(" (Parameter")[0]}", inner: e);
        }
    }

    /// <summary>How files of all data sets are read; empty where they are not read the same way.</summary>
    public IReadOnlyList<string> Settings => _parts.All(p => p.Data.Settings.SequenceEqual(_parts[0].Data.Settings, StringComparer.Ordinal)) ? _parts[0].Data.Settings : [];

    public IReadOnlyList<InputEncoder> Inputs => [.. _parts.SelectMany(p => p.Tasks.Select(_ => p.Data.Inputs))];

    public IReadOnlyList<TargetEncoder> Targets => [.. Tasks.Select(t => t.Target)];
}
