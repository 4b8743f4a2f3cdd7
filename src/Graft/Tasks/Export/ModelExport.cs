using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Data.Encoders;
using Graft.Models.Formats;
using Graft.Models.Graphs;
using Graft.Nn;
using Graft.Tensors;

namespace Graft.Tasks.Export;

/// <summary>A trained model as an ONNX graph: a named output for each task, labels and preprocessing in the metadata, and a card beside the file.</summary>
/// <remarks>The network is traced (<see cref="GraphTrace"/>), so every backbone and architecture can be exported. The batch stays open; sizes of pictures and the greatest
/// number of steps are those of the model.</remarks>
public sealed class ModelExport
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private ModelExport(TrainedModel model, ExportOptions options, string name, int[] tasks, ExportInput input, Graph graph) =>
        (Model, Options, Name, Tasks, Input, Graph) = (model, options, name, tasks, input, graph);

    /// <summary>The graph, with metadata: "model", "inputs", "tasks" and, of a single task with classes, "labels", each JSON.</summary>
    public Graph Graph { get; }

    internal TrainedModel Model { get; }

    internal ExportOptions Options { get; }

    internal string Name { get; }

    internal IReadOnlyList<int> Tasks { get; }

    internal ExportInput Input { get; }

    /// <summary>Makes the graph.</summary>
    /// <param name="model">The model; left as it was.</param>
    /// <param name="options">What goes in and what comes out.</param>
    /// <exception cref="GraftInputException">There is no such task, tasks have inputs of their own, or something has no operator in ONNX.</exception>
    public static ModelExport Of(TrainedModel model, ExportOptions? options = null)
    {
        options ??= new ExportOptions();
        string name = options.Name ?? "model";
        int[] tasks = [.. options.Tasks?.Select(t => PlaceOf(model.Model, t)) ?? Enumerable.Range(0, model.Model.Tasks.Count)];
        InputEncoder[] encoders = [.. tasks.Select(t => model.Inputs[t]).Distinct()];
        if (encoders.Length > 1 && (options.Normalize || encoders.Any(e => e.Shape != encoders[0].Shape)))
        {
            throw new GraftInputException("", $"tasks: expected tasks of one input, got {encoders.Length} ({string.Join(", ", encoders.Select(e => e.Shape))}) of tasks {string.Join(", ", tasks.Select(t => model.Model.Tasks[t].Name))}. Export those of each input alone.");
        }

        ExportInput input = ExportInput.Of(encoders[0], options);
        Graph graph = Trace(model, options, name, tasks, input);
        input = input.For(graph);
        return new ModelExport(model, options, name, tasks, input, graph with { Metadata = Describe(model, options, tasks, encoders, input, graph) });
    }

    /// <summary>Writes the file, and its card beside it: the same name with the ending .md.</summary>
    /// <param name="path">The file; replaced where it exists, and so is the card.</param>
    /// <returns>Where the card is.</returns>
    /// <exception cref="GraftInputException">The model is larger than 2 GB, which the format does not allow.</exception>
    /// <exception cref="IOException">The disk is full or the place cannot be written.</exception>
    public string Write(string path)
    {
        string card = CardOf(path);
        OnnxFile.Write(Graph, path);
        AtomicFile.Write(card, System.Text.Encoding.UTF8.GetBytes(new ModelCard(this, Path.GetFileName(path)).Write()));
        return card;
    }

    /// <summary>Where the card of a file is written.</summary>
    /// <param name="path">The ONNX file.</param>
    public static string CardOf(string path) => Path.ChangeExtension(path, ".md");

    /// <summary>What an output holds: probabilities, logits or quantities.</summary>
    internal static string ValuesOf(TaskSpec task, ExportOptions options) =>
        task.Kind == TaskKind.Regression ? "quantities" : options.Logits ? "logits" : "probabilities";

    internal static string Text(JsonNode node) => node.ToJsonString(Plain);

    private static Graph Trace(TrainedModel trained, ExportOptions options, string name, int[] tasks, ExportInput input)
    {
        TaskModel model = trained.Model;
        int[] wanted = [.. tasks.Order()];
        bool wasTraining = model.IsTraining;
        model.Train(false);
        try
        {
            Func<IReadOnlyList<Tensor>, IReadOnlyList<(string, Tensor)>> forward = given =>
            {
                (Tensor x, Tensor? lengths) = input.Take(given);
                TaskFeatures features = model.Features(x, lengths, wanted);
                return [.. tasks.Select(t => (model.Tasks[t].Name, Output(trained, t, model.Output(t, features), options)))];
            };
            return input.Rows is { } rows ? GraphTrace.Run(name, model.StateDictionary(), rows, forward) : GraphTrace.Run(name, model.StateDictionary(), input.Samples, forward);
        }
        finally
        {
            model.Train(wasTraining);
        }
    }

    private static Tensor Output(TrainedModel trained, int task, Tensor output, ExportOptions options)
    {
        TaskSpec spec = trained.Model.Tasks[task];
        if (spec.Kind != TaskKind.Regression)
        {
            return options.Logits ? output : trained.Model.HeadOf(task).Predict(output);
        }

        if (trained.Targets[task].Scalers is not { } scalers)
        {
            return output;
        }

        Shape row = [1, scalers.Count];
        return (output * Tensor.From([.. scalers.Select(s => (float)s.Scale)], row)) + Tensor.From([.. scalers.Select(s => (float)s.Center)], row);
    }

    private static Dictionary<string, string> Describe(TrainedModel model, ExportOptions options, int[] tasks, InputEncoder[] encoders, ExportInput input, Graph graph)
    {
        var inputs = new JsonArray();
        for (int i = 0; i < graph.Inputs.Count; i++)
        {
            GraphValue value = graph.Inputs[i];
            JsonObject described = i == 0 ? input.Description : new JsonObject { ["kind"] = "lengths" };
            described["name"] = value.Name;
            described["type"] = value.IsInteger ? "int64" : "float32";
            described["shape"] = Sizes(value);
            described["what"] = i == 0 ? input.What : "how many steps of each row count";
            inputs.Add((JsonNode)described);
        }

        var outputs = new JsonArray();
        foreach ((int task, GraphValue value) in tasks.Zip(graph.Outputs))
        {
            TaskSpec spec = model.Model.Tasks[task];
            outputs.Add((JsonNode)new JsonObject
            {
                ["name"] = spec.Name,
                ["output"] = value.Name,
                ["kind"] = JsonNamingPolicy.KebabCaseLower.ConvertName(spec.Kind.ToString()),
                ["values"] = ValuesOf(spec, options),
                ["shape"] = Sizes(value),
                [spec.Kind == TaskKind.Regression ? "quantities" : spec.Kind == TaskKind.MultiLabel ? "labels" : "classes"] = Names(spec),
            });
        }

        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["model"] = Text(new JsonObject
            {
                ["backbone"] = (model.Model.Sharing?.MakeTrunk() ?? model.Model.Trunk).ToString(),
                ["architecture"] = model.Model.Sharing?.ToString(),
                ["parameters"] = model.Model.ParameterCount,
            }),
            ["inputs"] = Text(inputs),
            ["tasks"] = Text(outputs),
            ["encoders"] = "[" + string.Join(",", encoders.Select(e => e.ToJson())) + "]",
        };
        if (tasks.Length == 1 && model.Model.Tasks[tasks[0]] is { Kind: not TaskKind.Regression } only)
        {
            metadata["labels"] = Text(Names(only));
        }

        return metadata;
    }

    private static JsonArray Names(TaskSpec task) => [.. task.Classes.Select(c => (JsonNode)c)];

    private static JsonArray Sizes(GraphValue value) => [.. value.Sizes!.Select((s, axis) => s >= 0 ? (JsonNode)s : axis == 0 ? "batch" : "steps")];

    private static int PlaceOf(TaskModel model, string task) => model.IndexOf(task) is >= 0 and int place
        ? place
        : throw new GraftInputException("", $"tasks: expected tasks of the model ({string.Join(", ", model.Tasks.Select(t => t.Name))}), got '{task}'.");
}
