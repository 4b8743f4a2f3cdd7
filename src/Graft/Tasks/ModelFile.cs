using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Graft.Data.Encoders;
using Graft.Data.Pictures;
using Graft.Models;
using Graft.Models.Formats;
using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>The file of a trained model: a zip of model.json (backbone, encoders, tasks) and weights.safetensors, both stored as they are.</summary>
/// <remarks>Reading trusts nothing: what is stored bounds what is read, check sums must fit, and no weight takes memory before the file is seen to hold it.</remarks>
internal static class ModelFile
{
    private const string Format = "graft-model-1";
    private const string Description = "model.json";
    private const string Weights = "weights.safetensors";
    private const long MaxDescription = 64L << 20;
    private const long MaxWeights = int.MaxValue - 4096L;
    private const int MaxTasks = 10_000;

    public static void Write(TrainedModel model, string path) => AtomicFile.Write(path, stream =>
    {
        using var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        using (Stream json = NewEntry(zip, Description).Open())
        {
            JsonSerializer.Serialize(json, Describe(model), ModelJson.Default.JsonObject);
        }

        using Stream weights = NewEntry(zip, Weights).Open();
        Safetensors.Write(weights, model.Model.StateDictionary());
    });

    public static TrainedModel Read(string path)
    {
        try
        {
            using ZipArchive zip = ZipFile.OpenRead(path);
            JsonObject json = JsonNode.Parse(Bytes(zip, Description, MaxDescription, path), documentOptions: new JsonDocumentOptions { MaxDepth = 32 }) as JsonObject
                ?? throw Damaged(path, $"{Description} is no object");
            TrainedModel model = Make(json, path);
            Load(model.Model, Safetensors.Read(Bytes(zip, Weights, MaxWeights, path), path), path);
            return model;
        }
        catch (Exception e) when (e is InvalidDataException or JsonException or InvalidOperationException or FormatException or ArgumentException
            or KeyNotFoundException or NullReferenceException or OverflowException)
        {
            throw new GraftInputException(path, $"model: expected a model file of Graft, got: {e.Message.ReplaceLineEndings(" ").TrimEnd('.')}.", inner: e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new GraftInputException(path, $"model: expected a readable file, got: {e.Message.ReplaceLineEndings(" ").TrimEnd('.')}.", inner: e);
        }
    }

    private static ZipArchiveEntry NewEntry(ZipArchive zip, string name)
    {
        ZipArchiveEntry entry = zip.CreateEntry(name, CompressionLevel.NoCompression);
        entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);     // the same model gives the same bytes
        return entry;
    }

    private static byte[] Bytes(ZipArchive zip, string name, long most, string path)
    {
        ZipArchiveEntry entry = zip.GetEntry(name) ?? throw Damaged(path, $"there is no {name}");
        if (entry.Length > most || entry.Length != entry.CompressedLength)
        {
            throw Damaged(path, string.Create(CultureInfo.InvariantCulture, $"{name} takes {entry.CompressedLength} bytes and says it has {entry.Length}"));
        }

        var bytes = new byte[entry.Length];
        using Stream stream = entry.Open();
        stream.ReadExactly(bytes);
        return Crc32.Of(bytes) == entry.Crc32 ? bytes : throw Damaged(path, $"the check sum of {name} does not fit");
    }

    private static JsonObject Describe(TrainedModel model)
    {
        InputEncoder[] encoders = [.. model.Inputs.Distinct()];
        var tasks = new JsonArray();
        for (int i = 0; i < model.Model.Tasks.Count; i++)
        {
            TaskSpec task = model.Model.Tasks[i];
            var described = new JsonObject
            {
                ["name"] = task.Name,
                ["head"] = task.HeadName,
                ["input"] = Array.IndexOf(encoders, model.Inputs[i]),
                ["target"] = JsonNode.Parse(model.Targets[i].ToJson()),
            };
            if (task.IsDirect)
            {
                described["direct"] = true;
                described["probabilities"] = task.IsProbability;
            }

            tasks.Add((JsonNode)described);
        }

        Sharing? sharing = model.Model.Sharing;
        var json = new JsonObject
        {
            ["format"] = Format,
            ["backbone"] = BackboneConfiguration.Write(sharing?.MakeTrunk() ?? model.Model.Trunk),
            ["inputs"] = new JsonArray([.. encoders.Select(e => JsonNode.Parse(e.ToJson()))]),
            ["tasks"] = tasks,
        };
        if (model.Settings.Count > 0)
        {
            json["settings"] = new JsonArray([.. model.Settings.Select(s => (JsonNode)s)]);
        }

        if (sharing is not null)
        {
            json["architecture"] = BackboneConfiguration.Write(sharing);
        }

        return json;
    }

    // The layers have shapes, but no numbers yet.
    private static TrainedModel Make(JsonObject json, string path)
    {
        if (json["format"]?.ToString() != Format)
        {
            throw Damaged(path, $"the format is '{Short(json["format"]?.ToString())}', not {Format}");
        }

        InputEncoder[] encoders = [.. json["inputs"]!.AsArray().Select(e => InputEncoder.FromJson(e!.ToJsonString(), path))];
        JsonArray tasks = json["tasks"]!.AsArray();
        if (tasks.Count is 0 or > MaxTasks)
        {
            throw Damaged(path, $"there are {tasks.Count} tasks");
        }

        var inputs = new List<InputEncoder>();
        var targets = new List<TargetEncoder>();
        var specs = new List<TaskSpec>();
        foreach (JsonNode? task in tasks)
        {
            int input = task!["input"]!.GetValue<int>();
            inputs.Add((uint)input < (uint)encoders.Length ? encoders[input] : throw Damaged(path, "a task names an input that is not there"));
            var target = TargetEncoder.FromJson(task["target"]!.ToJsonString(), path);
            targets.Add(target);
            specs.Add(TaskSpec.From(task["name"]!.GetValue<string>(), target) with
            {
                HeadName = task["head"]!.GetValue<string>(),
                IsDirect = task["direct"]?.GetValue<bool>() ?? false,
                IsProbability = task["probabilities"]?.GetValue<bool>() ?? false,
            });
        }

        JsonObject backbone = json["backbone"]!.AsObject();
        if (BackboneConfiguration.Read(backbone, path).DefaultWeights is { } other)
        {
            throw Damaged(path, $"the network is said to lie in another file, '{Short(other)}'");
        }

        Backbone trunk = json["architecture"] is { } architecture
            ? BackboneConfiguration.Read<Sharing>(architecture.AsObject(), path, "architecture").Around(() => BackboneConfiguration.Read(backbone, path), specs)
            : BackboneConfiguration.Read(backbone, path);
        var model = new TaskModel(trunk, inputs[0].Shape, specs);
        return new TrainedModel(model, inputs, targets) { Settings = [.. json["settings"]?.AsArray().Select(s => s!.GetValue<string>()) ?? []] };
    }

    private static void Load(TaskModel model, SafetensorsContent weights, string path)
    {
        foreach ((string name, Shape shape) in model.NamedParameters().Select(p => (p.Path, p.Parameter.Shape)).Concat(model.Buffers().Select(b => (b.Path, b.Buffer.Shape))))
        {
            if (!weights.Tensors.TryGetValue(name, out NamedArray? array) || !shape.Sizes.SequenceEqual([.. array.Sizes]))
            {
                throw Damaged(path, $"weights for '{name}' {shape} are {(array is null ? "missing" : array.ShapeText)}");
            }
        }

        model.Initialize(0);
        model.Train(false);
        foreach ((string name, Tensor value) in model.StateDictionary())
        {
            value.Fill(weights.Tensors[name].CopyTo);
        }
    }

    private static string Short(string? text) => text is null ? "" : text.Length <= 40 ? text.ReplaceLineEndings(" ") : text[..40].ReplaceLineEndings(" ") + "...";

    private static GraftInputException Damaged(string path, string what) => new(path, $"model: expected a model file of Graft, got one in which {what}.");
}

/// <summary>How model descriptions are written.</summary>
[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class ModelJson : JsonSerializerContext;
