using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Data;
using Graft.Data.Encoders;
using Graft.Models;
using Graft.Models.Formats;
using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>A model with everything it needs to answer for new rows: how inputs are encoded and what outputs mean. One file opens alone.</summary>
/// <remarks>The file is a zip of model.json (backbone, encoders, tasks) and weights.safetensors.</remarks>
public sealed class TrainedModel
{
    private const long MaxJson = 64L << 20;
    private const long MaxWeights = int.MaxValue - 4096L;

    /// <param name="model">An initialized model.</param>
    /// <param name="inputs">For each of its tasks: how a row becomes the model's input.</param>
    /// <param name="targets">For each of its tasks: its classes and scales.</param>
    /// <exception cref="ArgumentException">Counts differ.</exception>
    public TrainedModel(TaskModel model, IReadOnlyList<InputEncoder> inputs, IReadOnlyList<TargetEncoder> targets)
    {
        if (inputs.Count != model.Tasks.Count || targets.Count != model.Tasks.Count)
        {
            throw new ArgumentException($"TrainedModel: expected encoders for each of {model.Tasks.Count} tasks, got {inputs.Count} and {targets.Count}.", nameof(inputs));
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

    /// <summary>Writes the file, whole or not at all.</summary>
    /// <param name="path">The file; replaced where it exists.</param>
    /// <exception cref="IOException">The disk is full or the place cannot be written.</exception>
    public void Save(string path) => AtomicFile.Write(path, stream =>
    {
        using var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        using (Stream json = Entry(zip, "model.json").Open())
        {
            JsonSerializer.Serialize(json, Describe(), ModelJson.Default.JsonObject);
        }

        using Stream weights = Entry(zip, "weights.safetensors").Open();
        Safetensors.Write(weights, Model.StateDictionary());
    });

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="GraftInputException">It is no model file, or damaged.</exception>
    public static TrainedModel Open(string path)
    {
        try
        {
            using ZipArchive zip = ZipFile.OpenRead(path);
            JsonObject json = JsonNode.Parse(Bytes(zip, "model.json", MaxJson, path), documentOptions: new JsonDocumentOptions { MaxDepth = 32 }) as JsonObject
                ?? throw Damaged(path, "model.json is no object");
            TrainedModel model = Read(json, path);
            SafetensorsContent weights = Safetensors.Read(Bytes(zip, "weights.safetensors", MaxWeights, path), path);
            model.Load(weights, path);
            return model;
        }
        catch (Exception e) when (e is InvalidDataException or JsonException or InvalidOperationException or FormatException or ArgumentException or KeyNotFoundException or NullReferenceException)
        {
            throw new GraftInputException(path, $"model: expected a model file of Graft, got: {e.Message.ReplaceLineEndings(" ").TrimEnd('.')}.", inner: e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new GraftInputException(path, $"model: expected a readable file, got: {e.Message.TrimEnd('.')}.", inner: e);
        }
    }

    private static ZipArchiveEntry Entry(ZipArchive zip, string name)
    {
        ZipArchiveEntry entry = zip.CreateEntry(name, CompressionLevel.NoCompression);
        entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);     // the same model gives the same bytes
        return entry;
    }

    private static byte[] Bytes(ZipArchive zip, string name, long most, string path)
    {
        ZipArchiveEntry entry = zip.GetEntry(name) ?? throw Damaged(path, $"there is no {name}");
        if (entry.Length > most || entry.Length > (entry.CompressedLength * 1100) + 4096)
        {
            throw Damaged(path, string.Create(CultureInfo.InvariantCulture, $"{name} says it has {entry.Length} bytes"));
        }

        var bytes = new byte[entry.Length];
        using Stream stream = entry.Open();
        stream.ReadExactly(bytes);
        return bytes;
    }

    private JsonObject Describe()
    {
        InputEncoder[] encoders = [.. Inputs.Distinct()];
        var tasks = new JsonArray();
        for (int i = 0; i < Model.Tasks.Count; i++)
        {
            TaskSpec task = Model.Tasks[i];
            tasks.Add(new JsonObject
            {
                ["name"] = task.Name,
                ["head"] = task.HeadName,
                ["input"] = Array.IndexOf(encoders, Inputs[i]),
                ["target"] = JsonNode.Parse(Targets[i].ToJson()),
            });
        }

        return new JsonObject
        {
            ["format"] = "graft-model-1",
            ["backbone"] = BackboneConfiguration.Write(Model.Trunk),
            ["inputs"] = new JsonArray([.. encoders.Select(e => JsonNode.Parse(e.ToJson()))]),
            ["tasks"] = tasks,
        };
    }

    private static TrainedModel Read(JsonObject json, string path)
    {
        if (json["format"]?.ToString() != "graft-model-1")
        {
            throw Damaged(path, $"its format is '{json["format"]}', not graft-model-1");
        }

        InputEncoder[] encoders = [.. json["inputs"]!.AsArray().Select(e => InputEncoder.FromJson(e!.ToJsonString(), path))];
        JsonArray tasks = json["tasks"]!.AsArray();
        var inputs = new List<InputEncoder>();
        var targets = new List<TargetEncoder>();
        var specs = new List<TaskSpec>();
        foreach (JsonNode? task in tasks)
        {
            int input = task!["input"]!.GetValue<int>();
            inputs.Add((uint)input < (uint)encoders.Length ? encoders[input] : throw Damaged(path, "a task names an input that is not there"));
            var target = TargetEncoder.FromJson(task["target"]!.ToJsonString(), path);
            targets.Add(target);
            specs.Add(TaskSpec.From(task["name"]!.GetValue<string>(), target) with { HeadName = task["head"]!.GetValue<string>() });
        }

        if (specs.Count == 0)
        {
            throw Damaged(path, "it has no task");
        }

        var model = new TaskModel(BackboneConfiguration.Read(json["backbone"]!.AsObject(), path), inputs[0].Shape, specs);
        model.Initialize(0);
        model.Train(false);
        return new TrainedModel(model, inputs, targets);
    }

    private void Load(SafetensorsContent weights, string path)
    {
        foreach ((string name, Tensor value) in Model.StateDictionary())
        {
            if (!weights.Tensors.TryGetValue(name, out NamedArray? array) || !value.Shape.Sizes.SequenceEqual([.. array.Sizes]))
            {
                throw Damaged(path, $"weights for '{name}' {value.Shape} are {(array is null ? "missing" : array.ShapeText)}");
            }

            value.Assign(array.Values);
        }
    }

    private static GraftInputException Damaged(string path, string what) => new(path, $"model: expected a model file of Graft, got one in which {what}.");
}

/// <summary>How model descriptions are written.</summary>
[System.Text.Json.Serialization.JsonSourceGenerationOptions(WriteIndented = true)]
[System.Text.Json.Serialization.JsonSerializable(typeof(JsonObject))]
internal sealed partial class ModelJson : System.Text.Json.Serialization.JsonSerializerContext;
