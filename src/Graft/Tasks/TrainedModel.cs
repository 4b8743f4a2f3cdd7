using Graft.Data;
using Graft.Data.Encoders;
using Graft.Data.Loading;
using Graft.Data.Sources;
using Graft.Tasks.Export;

namespace Graft.Tasks;

/// <summary>A model with everything it needs to answer for new rows: how inputs are encoded and what outputs mean. One file opens alone.</summary>
public sealed class TrainedModel
{
    /// <param name="model">An initialized model.</param>
    /// <param name="inputs">For each of its tasks: how a row becomes the model's input. Of one kind and size; sequences may differ in length.</param>
    /// <param name="targets">For each of its tasks: its classes and scales.</param>
    /// <exception cref="ArgumentException">They do not fit the model.</exception>
    public TrainedModel(TaskModel model, IReadOnlyList<InputEncoder> inputs, IReadOnlyList<TargetEncoder> targets)
    {
        if (inputs.Count != model.Tasks.Count || targets.Count != model.Tasks.Count)
        {
            throw new ArgumentException($"TrainedModel: expected encoders for each of {model.Tasks.Count} tasks, got {inputs.Count} and {targets.Count}.", nameof(inputs));
        }

        for (int i = 0; i < inputs.Count; i++)
        {
            TaskSpec task = model.Tasks[i];
            if (!model.Trunk.Fits(inputs[i].Shape, model.Trunk.Input) || targets[i].Kind != task.Kind || targets[i].Outputs != task.Outputs)
            {
                throw new ArgumentException(
                    $"TrainedModel: expected {model.Trunk.Input} and a target for {task}, got {inputs[i].Shape} and {targets[i].Kind}, {targets[i].Outputs}.", nameof(inputs));
            }
        }

        Model = model;
        Inputs = inputs;
        Targets = targets;
    }

    /// <summary>The network.</summary>
    public TaskModel Model { get; }

    /// <summary>For each task: how a row becomes the model's input.</summary>
    public IReadOnlyList<InputEncoder> Inputs { get; }

    /// <summary>For each task: its classes and scales.</summary>
    public IReadOnlyList<TargetEncoder> Targets { get; }

    /// <summary>How files of training rows were read, as assignments "key=value" for the source of a data set; empty where nothing is known. They come from a file: trust none unseen.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>What the columns that it reads, and those of the answers, were in training, so that a table of text is read the same way.</summary>
    public IReadOnlyDictionary<string, ColumnType> ColumnTypes() => Data.Sources.ColumnTypes.Known(
    [
        .. Inputs.SelectMany(i => i.Columns).Select(c => (c.Column, Data.Sources.ColumnTypes.Of(c))),
        .. Targets.SelectMany(t => t.Columns.Select(c => (c, TypeOf(t)))),
        .. Targets.Select(t => t.Only).OfType<RowLevel>().GroupBy(o => o.Column, StringComparer.Ordinal).Select(o => (o.Key, Data.Sources.ColumnTypes.Of(o.Select(l => l.Value)))),
    ]);

    /// <summary>Writes the file, whole or not at all.</summary>
    /// <param name="path">The file; replaced where it exists.</param>
    /// <exception cref="IOException">The disk is full or the place cannot be written.</exception>
    public void Save(string path) => ModelFile.Write(this, path);

    /// <summary>Writes the model as an ONNX file that other programs run, and a card beside it (.md).</summary>
    /// <param name="path">The file; replaced where it exists.</param>
    /// <param name="options">What goes in and what comes out; left out: encoded rows in, and probabilities and quantities of all tasks out.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="GraftInputException">There is no such task, tasks have inputs of their own, or something has no operator in ONNX.</exception>
    /// <exception cref="IOException">The disk is full or the place cannot be written.</exception>
    public ModelExport ExportOnnx(string path, ExportOptions? options = null)
    {
        var export = ModelExport.Of(this, (options ?? new ExportOptions()) is { Name: null } unnamed ? unnamed with { Name = Path.GetFileNameWithoutExtension(path) } : options);
        export.Write(path);
        return export;
    }

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="GraftInputException">It is no model file, or damaged.</exception>
    public static TrainedModel Open(string path) => ModelFile.Read(path);

    /// <summary>Answers for rows, which need the input columns and no others.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="tasks">The names of the tasks to answer; null for all.</param>
    /// <param name="batchSize">Rows a batch; at least 1.</param>
    /// <exception cref="GraftInputException">A column is missing or of another kind, a row cannot be read, or there is no such task.</exception>
    public Predictions Predict(Dataset rows, IReadOnlyList<string>? tasks = null, int batchSize = 256)
    {
        int[] chosen = [.. tasks?.Select(PlaceOf) ?? Enumerable.Range(0, Model.Tasks.Count)];
        var answers = new TaskPredictions[chosen.Length];
        var notices = new List<string>();
        foreach (IGrouping<InputEncoder, int> together in Enumerable.Range(0, chosen.Length).GroupBy(i => Inputs[chosen[i]]))
        {
            // Tasks with one encoder see the same input: it passes the trunk once.
            int[] places = [.. together];
            var encoded = new LabeledRows(rows, together.Key, [], cacheBytes: 0);
            float[][] values = ModelUse.Predict(Model, encoded, [.. places.Select(i => (chosen[i], Targets[chosen[i]]))], batchSize);
            notices.AddRange(encoded.Notices.Except(notices));
            for (int i = 0; i < places.Length; i++)
            {
                int task = chosen[places[i]];
                answers[places[i]] = new TaskPredictions(Model.Tasks[task], Targets[task].Names, values[i]);
            }
        }

        return new Predictions(rows.Count, answers, notices);
    }

    /// <inheritdoc/>
    public override string ToString() => $"TrainedModel({Model.Trunk}; {string.Join(", ", Model.Tasks.Select(t => t.Name))})";

    // Of one class against the rest only that one is known; flags of labels may be numbers or words.
    private static ColumnType? TypeOf(TargetEncoder target) => target.Kind switch
    {
        TaskKind.Regression => ColumnType.Number,
        TaskKind.MultiLabel => null,
        _ => Data.Sources.ColumnTypes.Of(target.Rest ? target.Names.Skip(1) : target.Names),
    };

    private int PlaceOf(string task) => Model.IndexOf(task) is >= 0 and int place
        ? place
        : throw new GraftInputException("", $"tasks: expected tasks of the model ({string.Join(", ", Model.Tasks.Select(t => t.Name))}), got '{task}'.");
}
