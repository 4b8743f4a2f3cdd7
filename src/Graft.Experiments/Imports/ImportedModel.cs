using System.Globalization;
using Graft.Data;
using Graft.Data.Encoders;
using Graft.Data.Sources;
using Graft.Experiments.Catalogue;
using Graft.Experiments.Spec;
using Graft.Hub;
using Graft.Models;
using Graft.Models.Graphs;
using Graft.Models.Weights;
using Graft.Tasks;
using Graft.Tensors;

namespace Graft.Experiments.Imports;

/// <summary>A network from elsewhere, opened as a model of ours: it answers, is measured, saved, exported and carried like one that was trained here.</summary>
/// <remarks>A description is a small YAML file beside the weights (<see cref="ImportSpec"/>). A file that holds its own structure needs none where a few values on the
/// command line say the rest.</remarks>
public sealed class ImportedModel
{
    private static readonly string[] Descriptions = [".yaml", ".yml"];
    private static readonly string[] WeightsAlone = [".th", ".pth", ".pt", ".bin", ".ckpt", ".safetensors", ".npz"];

    private readonly ImportSpec _spec;
    private readonly DataContext _files;

    private ImportedModel(ImportSpec spec, DataContext files, TrainedModel model, CarryReport weights)
    {
        _spec = spec;
        _files = files;
        Model = model;
        Weights = weights;
    }

    /// <summary>The model.</summary>
    public TrainedModel Model { get; }

    /// <summary>What became of every weight in the file.</summary>
    public CarryReport Weights { get; }

    /// <summary>Whether the description names rows to measure it on.</summary>
    public bool HasData => _spec.Data is not null;

    /// <summary>Whether a file is a description, or weights of another program, rather than a model file of Graft.</summary>
    /// <param name="path">The file.</param>
    public static bool IsFor(string path) => !path.EndsWith(".graft", StringComparison.OrdinalIgnoreCase);

    /// <summary>Opens a network by its description, or by its own file where a description of the same name lies beside it or values say enough.</summary>
    /// <param name="path">A YAML file, or the network's own file.</param>
    /// <param name="assignments">Values that replace those of the description, such as "inputs.order=bgr".</param>
    /// <param name="dataFolder">The folder that GRAFT_DATA names, or null.</param>
    /// <param name="catalogue">The parts it may name; left out, those of Graft.</param>
    /// <param name="home">Graft's home folder, where the hub keeps what it loaded; null for the system's usual one.</param>
    /// <exception cref="GraftInputException">A file is missing or damaged, the description is wrong, or the weights do not fit.</exception>
    public static ImportedModel Open(string path, IEnumerable<string>? assignments = null, string? dataFolder = null, PartCatalogue? catalogue = null, string? home = null)
    {
        string description = IsDescription(path) ? path : Descriptions.Select(e => Path.ChangeExtension(path, e)).FirstOrDefault(Describes) ?? path;
        string[] values = [.. assignments ?? []];
        SpecNode tree = IsDescription(description) ? SpecReader.ReadFile(description) : Plain(path, values);
        ImportSpec spec = (catalogue ?? PartCatalogue.Default).Bind<ImportSpec>(SpecOverride.Apply(tree, values));
        var files = new DataContext(Path.GetDirectoryName(Path.GetFullPath(description))!, dataFolder, 1, home);
        try
        {
            return Make(spec, files);
        }
        catch (Exception e) when (e is ShapeException or ArgumentException)
        {
            throw new GraftInputException(description, e.Message.Split('\n')[0], inner: e);
        }
    }

    /// <summary>The rows that the description names.</summary>
    /// <exception cref="GraftInputException">It names none, or they cannot be read.</exception>
    public Dataset ReadData()
    {
        ImportedData data = _spec.Data ?? throw new GraftInputException("", "data: expected rows to measure the model on, got none. Name them in its description or on the command line.");
        Dataset rows = data.Source.Create().Read(_files);
        return data.Limit is { } limit && limit < rows.Count ? rows.Take([.. Enumerable.Range(0, limit)]) : rows;
    }

    private static ImportedModel Make(ImportSpec spec, DataContext files)
    {
        string Find(string pathOrName) => HubFiles.Resolve(pathOrName, p => files.Resolve(p), files.Home);
        InputEncoder inputs = Encoder(spec.Inputs);
        Backbone trunk = spec.Model.Backbone.Create();
        trunk.Locate(Find);
        string weights = spec.Model.WeightsOf(trunk) is { } named
            ? Find(named)
            : throw new GraftInputException("", $"model: expected the file of the weights, got none for {trunk}. Such as weights: model.safetensors.");
        trunk.Build(inputs.Shape);
        var target = new TargetEncoder(spec.Task.Type, [spec.Task.Target], Names(spec.Task, trunk, files));
        var model = new TaskModel(trunk, inputs.Shape, [TaskSpec.From(spec.Task.Name, target) with { IsDirect = true, IsProbability = IsProbability(spec.Task, trunk) }]);
        model.Initialize(0);
        CarryReport report = trunk.LoadWeights(weights);
        if (report.Missing.Count + report.WrongShape.Count > 0)
        {
            throw new GraftInputException(weights, $"weights: expected every tensor of {trunk}, got {report.Carried.Count} of {report.Carried.Count + report.Missing.Count + report.WrongShape.Count}; the first that lacks is {report.Missing.Concat(report.WrongShape).First()}.");
        }

        model.Train(false);
        return new ImportedModel(spec, files, new TrainedModel(model, [inputs], [target]), report);
    }

    private static bool IsProbability(ImportedTask task, Backbone trunk)
    {
        bool isProbability = task.Probabilities ?? (trunk is GraphBackbone { EndsInSoftmax: true });
        return !isProbability || task.Type == TaskKind.MultiClass
            ? isProbability
            : throw new ArgumentException($"task.probabilities: expected a multi-class task where outputs are probabilities, got {task.Type}. Cut the network before its last function.");
    }

    private static InputEncoder Encoder(InputOptions options) => options.Height > 0 || options.Width > 0 || options.Channels > 0
        ? new InputEncoder([PictureEncoder.Given(options.Columns is [string column] ? column : "picture", options)])
        : options.Columns is { Count: > 0 } columns
            ? new InputEncoder([.. columns.Select(c => new NumberEncoder(c, new NumberScaler(Data.Encoders.NumberScaling.None, 0, 1, 0), Indicator: false))])
            : throw new ArgumentException("inputs: expected height, width and channels of pictures, or the columns of a table, got neither.");

    private static IReadOnlyList<string> Names(ImportedTask task, Backbone trunk, DataContext files)
    {
        int outputs = trunk.Features;
        IReadOnlyList<string> names = LabelFile.Classes(task.Labels, p => files.Resolve(p))
            ?? (task.Type == TaskKind.Binary ? ["no", "yes"] : [.. Enumerable.Range(0, outputs).Select(i => i.ToString(CultureInfo.InvariantCulture))]);
        names = task.Limit is { } limit ? [.. names.Take(limit)] : names;
        int expected = task.Type == TaskKind.Binary ? 2 : outputs;
        return names.Count == expected ? names : throw new ArgumentException(string.Create(
            CultureInfo.InvariantCulture,
            $"task.labels: expected {expected} names, one for each output of {trunk}, got {names.Count}.{(names.Count > expected ? $" Where the first ones are meant, say limit: {expected}." : "")}"));
    }

    private static bool IsDescription(string path) => Descriptions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    // An experiment may have the same name as the network that came out of it.
    private static bool Describes(string path)
    {
        try
        {
            return File.Exists(path) && (SpecReader.ReadFile(path) is not SpecMap map || map.Find("tasks") is null);
        }
        catch (GraftInputException)
        {
            return true;    // its own error is said when it is read
        }
    }

    private static SpecMap Plain(string path, string[] assignments)
    {
        if (!File.Exists(path))
        {
            throw new GraftInputException(path, "model: expected a model file, a description (.yaml) or a network's own file (.onnx, .tflite, .h5, .keras, .json), got nothing there.");
        }

        if (!assignments.Any(a => a.StartsWith("inputs", StringComparison.Ordinal)))
        {
            string name = Path.GetFileName(path);
            string network = WeightsAlone.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase) ? $"name: resnet, depth: 20, weights: {name}" : $"name: graph, file: {name}";
            throw new GraftInputException(
                path,
                $"model: expected a description of how inputs are prepared, got none. Write {Path.ChangeExtension(name, Descriptions[0])} beside it, such as "
                + $"model: {{ {network} }}, inputs: {{ height: 224, width: 224, channels: 3, pixels: unit }}, task: {{ labels: labels.txt }}, a key a line; or say --set \"inputs={{columns: [a, b]}}\".");
        }

        var place = new Place(path, 0, 0);
        return new SpecMap(place, [new SpecEntry("model", place, new SpecMap(place, [
            new SpecEntry("name", place, new SpecScalar(place, "graph")),
            new SpecEntry("file", place, new SpecScalar(place, Path.GetFileName(path)))])),
            new SpecEntry("task", place, new SpecMap(place, []))]);
    }
}
