using System.Collections.Concurrent;
using System.Globalization;
using Graft.Data;
using Graft.Data.Encoders;
using Graft.Data.Sources;
using Graft.Data.Splits;
using Graft.Data.Text;
using Graft.Data.Transforms;
using Graft.Experiments.Catalogue;
using Graft.Experiments.Runs;
using Graft.Experiments.Spec;
using Graft.Hub;
using Graft.Models;
using Graft.Models.Weights;
using Graft.Tasks;
using Graft.Tasks.Metrics;
using Graft.Transfer.Plans;

namespace Graft.Experiments.Runner;

/// <summary>Reads data sets once, and divides, fits and encodes them for each seed.</summary>
internal sealed class DataPreparation(ExperimentSpec spec, string folder, string? dataFolder, string? home = null, bool runsFrozenOnce = true)
{
    private const string Main = "rows";

    private readonly ConcurrentDictionary<(string Data, string Part), Lazy<Dataset>> _raw = new();
    private readonly ConcurrentDictionary<string, IReadOnlyDictionary<string, ColumnType>> _types = new();
    private readonly ConcurrentDictionary<(string Data, long Seed), Lazy<PreparedData>> _prepared = new();

    private readonly ConcurrentDictionary<string, InputEncoder> _inputsOfFiles = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _contents = new(StringComparer.Ordinal);

    /// <summary>Features of frozen trunks, kept in the home folder where there is one.</summary>
    public FeatureStore Features { get; } = new(home is null ? null : Path.Combine(home, "features"));

    /// <summary>Whether what is frozen runs once for each row, not in every epoch.</summary>
    public bool RunsFrozenOnce => runsFrozenOnce;

    /// <summary>The rows as they were read, restricted as the file says.</summary>
    public Dataset Raw(string data) => Read(data, Main, spec.Data[data].Source);

    /// <summary>What readers must know of inputs that mean other things to the model that an arm shares or carries, a sentence each.</summary>
    public IEnumerable<string> Disagreements(StageSection stage, ArmSection arm, JobData rows)
    {
        IEnumerable<string> shared = arm.SharesModel || arm.IsTransfer ? rows.Disagreements : [];
        if (stage.From is not { } from || arm.Way.Create() is not TransferPlan { UsesSource: true })
        {
            return shared;
        }

        InputEncoder known = StageSection.IsFile(from) ? InputsOfFile(from) : new JobData(this, rows.Seed, spec.PlannedStages.First(s => s.Name == from).Tasks).Inputs[0];
        return InputAgreement.Difference(known, rows.Inputs[0]) is { } difference
            ? [$"stages.{stage.Name}: its data set {difference}, unlike what the model of {from} learned from. If they mean the same, inputs-of says so; else what is carried meets other inputs.", .. shared]
            : shared;
    }

    // A model file is opened once, before anything is trained.
    private InputEncoder InputsOfFile(string path) => _inputsOfFiles.GetOrAdd(path, file => TrainedModel.Open(Resolve(file)).Inputs[0]);

    /// <summary>A data set for a seed.</summary>
    /// <exception cref="GraftInputException">Files are missing or damaged, or rows do not fit the tasks.</exception>
    public PreparedData Get(string data, long seed) =>
        _prepared.GetOrAdd((data, seed), key => new Lazy<PreparedData>(() => Prepare(key.Data, key.Seed))).Value;

    /// <summary>What tells the rows of a data set, as they were read, from others.</summary>
    public string ContentOf(string data) => _contents.GetOrAdd(data, name => DatasetHash.Of(
    [
        Raw(name),
        .. spec.Data[name].Validation is { } validation ? [Read(name, "validation", validation)] : (Dataset[])[],
        .. spec.Data[name].Test is { } test ? [Read(name, "test", test)] : (Dataset[])[],
    ]).ToString("x32", CultureInfo.InvariantCulture));

    /// <summary>Checks that the rows are still those that a run began with.</summary>
    /// <param name="earlier">What the run knows of them; null where it knows nothing yet.</param>
    /// <exception cref="GraftInputException">Some have changed; names every such data set.</exception>
    public void CheckSame(DataRecord? earlier)
    {
        Finding[] changed = [.. (earlier?.DataSets ?? [])
            .Where(d => d.Content.Length > 0 && spec.Data.ContainsKey(d.Name) && ContentOf(d.Name) != d.Content)
            .Select(d => new Finding("", 0, 0, $"data.{d.Name}: expected the rows that the run began with, got others. Bring the old files back, or begin a new run."))];
        if (changed.Length > 0)
        {
            throw new GraftInputException(changed);
        }
    }

    /// <summary>The data set of a task.</summary>
    public string DataOf(string task) => spec.Tasks[Base(task)].Data ?? spec.Data.Keys.First();

    /// <summary>The fitted tasks that a task of the file stands for: itself, or one for each value of its column "each".</summary>
    public IReadOnlyList<PreparedTask> TasksOf(string task, long seed) =>
        [.. Get(DataOf(task), seed).Tasks.Where(t => ReferenceEquals(t.Section, spec.Tasks[task]))];

    /// <summary>The file of a model's pretrained weights, or null where it has none, or they are not there and random ones may take their place.</summary>
    /// <param name="model">The model.</param>
    /// <param name="lack">What is to be said where they are not there, or null.</param>
    /// <exception cref="GraftInputException">It is not there.</exception>
    public string? Weights(ModelSection model, out string? lack)
    {
        lack = null;
        try
        {
            return model.WeightsOf(model.Backbone.Create()) is { } weights ? Find(weights) : null;
        }
        catch (GraftInputException e) when (model.OrRandom)
        {
            lack = $"The pretrained weights are not there, so training begins with random ones: {e.Message}";
            return null;
        }
    }

    /// <summary>The path of a file that a model names, which may be a name of the hub.</summary>
    public string Find(string pathOrName) => HubFiles.Resolve(pathOrName, Resolve, home);

    /// <summary>The path of a file that the experiment names.</summary>
    public string Resolve(string path) => new DataContext(folder, dataFolder, 1, home).Resolve(path);

    private string Base(string task) => spec.Tasks.ContainsKey(task) ? task : spec.Tasks.Keys.First(k => task.StartsWith(k + "-", StringComparison.Ordinal));

    // Columns of the test and validation sources are what they are in the main one, whatever they look like.
    private Dataset Read(string data, string part, Part<DataSource> source) => _raw.GetOrAdd((data, part), _ => new Lazy<Dataset>(() =>
    {
        var context = new DataContext(folder, dataFolder, 1, home);
        Dataset rows = source.Create().Read(context with { Types = part == Main ? TypesBefore(data) : TypesOf(data) });
        if (part == Main)
        {
            _types[data] = ColumnTypes.Of(rows);
        }

        return RowChoice.Where(RowChoice.Rename(rows, data, spec.Data[data].Rename), data, spec.Data[data].Where);
    })).Value;

    private IReadOnlyDictionary<string, ColumnType> TypesOf(string data)
    {
        _ = Raw(data);
        return _types[data];
    }

    // Columns whose inputs are taken over are what they are there; no others.
    private IReadOnlyDictionary<string, ColumnType> TypesBefore(string data)
    {
        if (spec.Data[data].InputsOf is not { } of)
        {
            return new Dictionary<string, ColumnType>();
        }

        InputEncoder inputs = InputsOf(of, spec.Seeds[0]);
        return ColumnTypes.Known(inputs.Columns.Select(c => (c.Column, ColumnTypes.Of(c))));
    }

    private static string[] Answers(IEnumerable<KeyValuePair<string, TaskSection>> tasks) => [.. tasks.SelectMany(t => t.Value.Target.Append(t.Value.Each).OfType<string>())];

    private InputEncoder InputsOf(string dataOrFile, long seed) => StageSection.IsFile(dataOrFile) ? InputsOfFile(dataOrFile) : Get(dataOrFile, seed).Inputs;

    private InputEncoder TakenOver(string data, string of, KeyValuePair<string, TaskSection>[] tasks, Dataset rows, long seed)
    {
        InputEncoder inputs = InputsOf(of, seed);
        string path = $"data.{data}.inputs-of";
        Finding[] findings =
        [
            .. inputs.Columns.Where(c => !rows.TryGet(c.Column, out _)).Select(c => new Finding("", 0, 0, $"{path}: expected the columns that {of} takes in, got none named '{c.Column}'.")),
            .. inputs.Columns.Where(c => Answers(tasks).Contains(c.Column, StringComparer.Ordinal)).Select(c => new Finding("", 0, 0, $"{path}: expected inputs that are no answers here, got '{c.Column}', which {of} takes in. Exclude it there.")),
        ];
        return findings.Length == 0 ? inputs : throw new GraftInputException(findings);
    }

    private PreparedData Prepare(string data, long seed)
    {
        DataSection section = spec.Data[data];
        KeyValuePair<string, TaskSection>[] tasks = [.. spec.Tasks.Where(t => spec.DataOf(t.Value) == section)];
        Dataset rows = Raw(data);
        ulong splitSeed = (ulong)(section.SplitSeed ?? seed);
        if (section.Limit is { } limit && limit < rows.Count)
        {
            rows = rows.Take(RowChoice.Some(rows.Count, limit, splitSeed));
        }

        (Dataset[] sides, int[][] ids) = Divide(data, section, rows, tasks, splitSeed, seed);
        InputEncoder inputs = section.InputsOf is { } of ? TakenOver(data, of, tasks, rows, seed) : InputEncoder.Fit(sides[0], Inputs(section, tasks, rows));
        PreparedTask[] prepared = [.. tasks.SelectMany(t => Fit(t.Key, t.Value, sides[0]))];
        return new PreparedData(data, sides, ids, inputs, prepared, Augmentation(data, section, inputs)) { Settings = SourceSettings.Of(section) };
    }

    private static PictureTransform? Augmentation(string data, DataSection section, InputEncoder inputs) => section.Augment is not { Count: > 0 } changes
        ? null
        : inputs.Picture is null
            ? throw new GraftInputException("", $"data.{data}.augment: expected pictures as inputs, got {inputs.Shape}.")
            : PictureTransform.Chain([.. changes.Select(c => c.Create())]);

    private (Dataset[] Sides, int[][] Ids) Divide(
        string data, DataSection section, Dataset rows, KeyValuePair<string, TaskSection>[] tasks, ulong splitSeed, long seed)
    {
        Splitter splitter = (section.Split ?? new Splitter()).Without(section.Test is not null, section.Validation is not null);
        string? target = tasks.Select(t => t.Value.Target[0]).FirstOrDefault();
        IReadOnlyList<Split> all = splitter.All(rows, splitSeed, target);
        Split split = all[(int)(Math.Max(0, spec.Seeds.ToList().IndexOf(seed)) % all.Count)];
        Dataset train = rows.Take(split.Train), validation = rows.Take(split.Validation), test = rows.Take(split.Test);
        int[][] ids = [split.Train, split.Validation, split.Test];
        if (section.Validation is { } other)
        {
            validation = Read(data, "validation", other);
            ids[1] = [.. Enumerable.Range(0, validation.Count)];
        }

        if (section.Test is { } last)
        {
            test = Read(data, "test", last);
            ids[2] = [.. Enumerable.Range(0, test.Count)];
        }

        return ([train, validation, test], ids);
    }

    // What a model must not see: the answers, and the column that tells tasks apart. A picture, a sequence or a text as tokens is the input alone where nothing is said.
    private InputOptions Inputs(DataSection section, KeyValuePair<string, TaskSection>[] tasks, Dataset rows)
    {
        InputOptions options = section.Inputs ?? new InputOptions();
        string[] answers = Answers(tasks);
        Column[] alone = [.. rows.Columns.Where(c => (c is PictureColumn or SequenceColumn || (c is TextColumn && options.Text == TextWeighting.Tokens))
            && !answers.Contains(c.Name, StringComparer.Ordinal))];
        return options with
        {
            Columns = options.Columns ?? (alone.Length == 1 ? [alone[0].Name] : null),
            Exclude = [.. (options.Exclude ?? []).Concat(answers).Distinct(StringComparer.Ordinal)],
            Tokenizer = options.Tokenizer is WordTokenizer.Words or WordTokenizer.Spaces ? options.Tokenizer : Resolve(options.Tokenizer),
        };
    }

    private IEnumerable<PreparedTask> Fit(string name, TaskSection section, Dataset train)
    {
        if (section.Each is null)
        {
            return [FitOne(name, section, train, null)];
        }

        CategoryColumn levels = ColumnTexts.AsCategories(train[section.Each]);
        return levels.Levels.Select((level, code) =>
        {
            return !levels.Codes.Contains(code)
                ? throw new GraftInputException(train.Name, $"task {name}: expected a training row for every value of '{section.Each}', got none for '{level}'. Stratify the split by '{section.Each}'.")
                : FitOne($"{name}-{level}", section, train, new RowLevel(section.Each, level));
        });
    }

    private PreparedTask FitOne(string name, TaskSection section, Dataset train, RowLevel? only)
    {
        var kind = Enum.Parse<Graft.Tasks.TaskKind>(section.Type.ToString());
        TargetEncoder target = TargetEncoder.Fit(train, section.Target, new TargetOptions(kind, LabelFile.Classes(section.Classes, Resolve), section.Positive, Standardize: section.Standardize, Only: only));
        var task = new TaskSpec
        {
            Name = name,
            Kind = kind,
            Outputs = target.Outputs,
            Classes = target.Names,
            ClassWeights = section.Balance ? ClassBalance.Weights(target, target.Bind(train)) : null,
            LabelSmoothing = (float)section.LabelSmoothing,
            HeadName = section.Head ?? name,
        };
        return new PreparedTask(task, section, target, TaskMetrics.Of(section, kind));
    }
}
