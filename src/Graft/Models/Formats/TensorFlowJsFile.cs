using System.Text.Json;
using Graft.Data;
using Graft.Tensors;

namespace Graft.Models.Formats;

/// <summary>A model of TensorFlow.js: a model.json with the layers and a list of weights, whose bytes lie in files beside it.</summary>
/// <remarks>
/// <para>Names and sizes stand as in the file: "conv2d/kernel", kernels of convolutions [height, width, in, out], of dense layers [in, out]. Weights that were shrunk to
/// 8 or 16 bits are read as scale · q + min, those of half precision as they are.</para>
/// <para>Files of weights lie in the folder of the model.json or below it, each is used once, and the weights of a group take all its bytes. Numbers are read when they are
/// wanted.</para>
/// </remarks>
public sealed class TensorFlowJsFile : IDisposable
{
    private const long MaxJson = 256 << 20;
    private const int MaxShards = 10_000;
    private const int MaxTensors = 1_000_000;

    private readonly List<FileBytes> _groups = [];
    private readonly Dictionary<string, NamedArray> _tensors = new(StringComparer.Ordinal);
    private readonly string _shown;

    private TensorFlowJsFile(string shown) => _shown = shown;

    /// <summary>The model's layers and how they are joined, in Keras' form, as JSON; null for a graph of operators or weights alone.</summary>
    public string? ModelConfig { get; private set; }

    /// <summary>What the file calls its form: "layers-model" or "graph-model"; null where it does not say.</summary>
    public string? Form { get; private set; }

    /// <summary>The program that wrote the file; null where it does not say.</summary>
    public string? Writer { get; private set; }

    /// <summary>All weights by name, in the order of the file.</summary>
    public IReadOnlyDictionary<string, NamedArray> Tensors => _tensors;

    /// <summary>Opens a model.</summary>
    /// <param name="path">Its model.json.</param>
    /// <exception cref="GraftInputException">It or a file of weights cannot be read or is damaged.</exception>
    public static TensorFlowJsFile Open(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        using FileBytes bytes = FileBytes.Open(path);
        return Of(Json(bytes), name => FileBytes.Open(Path.Combine(folder, name), $"{path}: {name}"), path);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (FileBytes group in _groups)
        {
            group.Dispose();
        }
    }

    internal static byte[] Json(FileBytes file) =>
        file.Length <= MaxJson ? file.Take(0, file.Length, "a model") : throw new GraftInputException(file.Shown, $"tensorflow-js: expected a model.json of at most {MaxJson} bytes, got {file.Length}.");

    internal static TensorFlowJsFile Of(ReadOnlyMemory<byte> json, Func<string, FileBytes> open, string shown)
    {
        var file = new TensorFlowJsFile(shown);
        try
        {
            file.Read(json, open);
            return file;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            file.Dispose();
            throw new GraftInputException(shown, $"tensorflow-js: expected a model.json with a weightsManifest of paths and weights, got: {e.Message.ReplaceLineEndings(" ")}", inner: e);
        }
        catch (GraftInputException)
        {
            file.Dispose();
            throw;
        }
    }

    private void Read(ReadOnlyMemory<byte> json, Func<string, FileBytes> open)
    {
        using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 256 });
        JsonElement root = document.RootElement;
        Form = Text(root, "format");
        Writer = Text(root, "generatedBy");
        if (root.TryGetProperty("modelTopology", out JsonElement topology) && topology.ValueKind == JsonValueKind.Object)
        {
            JsonElement model = topology.TryGetProperty("model_config", out JsonElement inner) ? inner : topology;
            ModelConfig = model.ValueKind == JsonValueKind.String ? model.GetString()
                : model.ValueKind == JsonValueKind.Object && model.TryGetProperty("class_name", out _) ? model.GetRawText() : null;
        }

        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonElement group in root.GetProperty("weightsManifest").EnumerateArray())
        {
            var parts = new List<FileBytes>();
            foreach (JsonElement path in group.GetProperty("paths").EnumerateArray())
            {
                string name = Inside(path.GetString() ?? "");
                parts.Add(used.Add(name) && used.Count <= MaxShards ? open(name) : throw Damaged($"at most {MaxShards} files of weights, each once", $"'{name}' again"));
                _groups.Add(parts[^1]);
            }

            var bytes = new FileBytes(parts, _shown);
            long at = 0;
            foreach (JsonElement weight in group.GetProperty("weights").EnumerateArray())
            {
                at = Add(weight, bytes, at);
            }

            if (at != bytes.Length)
            {
                throw Damaged($"{at} bytes in {string.Join(", ", group.GetProperty("paths").EnumerateArray().Take(3).Select(p => p.GetString()))}", $"{bytes.Length}");
            }
        }
    }

    private long Add(JsonElement weight, FileBytes bytes, long at)
    {
        string name = weight.GetProperty("name").GetString() ?? "";
        int[] sizes = [.. weight.GetProperty("shape").EnumerateArray().Take(Shape.MaxRank + 1).Select(s => s.GetInt32())];
        long count = 1;
        foreach (int size in sizes)
        {
            count = size < 0 || sizes.Length > Shape.MaxRank || count * size > int.MaxValue ? throw Damaged($"'{name}' with at most {Shape.MaxRank} axes and 2147483647 elements", $"[{string.Join(", ", sizes)}]") : count * size;
        }

        (string type, NumberReader read) = Reader(weight, name, bytes, at);
        bytes.Check(at, count * NumberBytes.WidthOf(type), $"'{name}' {type} [{string.Join(", ", sizes)}]");
        if (_tensors.Count == MaxTensors || !_tensors.TryAdd(name, new NamedArray(sizes, read) { Type = type }))
        {
            throw Damaged($"at most {MaxTensors} weights with distinct names", $"'{name}' again");
        }

        return at + (count * NumberBytes.WidthOf(type));
    }

    private (string Type, NumberReader Read) Reader(JsonElement weight, string name, FileBytes bytes, long at)
    {
        string kind = weight.GetProperty("dtype").GetString() ?? "";
        bool isShrunk = weight.TryGetProperty("quantization", out JsonElement shrunk);
        string type = (isShrunk ? shrunk.GetProperty("dtype").GetString() : kind) switch
        {
            "float32" => "F32",
            "float16" => "F16",
            "int32" => "I32",
            "uint16" => "U16",
            "uint8" => "U8",
            "bool" => "BOOL",
            var other => throw Damaged($"'{name}' of the type float32, int32, bool, uint8, or shrunk to float16, uint16 or uint8", $"'{other}'"),
        };
        if (!isShrunk || type == "F16")
        {
            return (type, into => NumberBytes.Read(type, bytes, at, into));
        }

        double scale = shrunk.GetProperty("scale").GetDouble(), min = shrunk.GetProperty("min").GetDouble();
        bool isWhole = kind is "int32" or "bool";
        return (type, into =>
        {
            NumberBytes.Read(type, bytes, at, into);
            for (int i = 0; i < into.Length; i++)
            {
                double value = (into[i] * scale) + min;
                into[i] = (float)(isWhole ? Math.Round(value) : value);
            }
        });
    }

    // Only files in the folder of the model or below it.
    private string Inside(string path)
    {
        string[] parts = path.Split('/');
        return path.Length is > 0 and < 4096 && path.AsSpan().IndexOfAny('\\', ':', '\0') < 0 && !Array.Exists(parts, p => p is "" or "." or "..")
            ? path
            : throw Damaged("files of weights within the model's folder", $"'{(path.Length < 100 ? path.ReplaceLineEndings(" ") : "a long path")}'");
    }

    private static string? Text(JsonElement at, string name) => at.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private GraftInputException Damaged(string expected, string actual) => new(_shown, $"tensorflow-js: expected {expected}, got {actual}.");
}

internal sealed class TensorFlowJsFormat : WeightFormat
{
    public override string Name => "tensorflow-js";

    public override bool Recognizes(ReadOnlySpan<byte> head, string path)
    {
        if (!path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) || head.TrimStart(" \r\n\t"u8) is not [(byte)'{', ..])
        {
            return false;
        }

        using FileBytes file = FileBytes.Open(path);
        return TensorFlowJsFile.Json(file).AsSpan().IndexOf("\"weightsManifest\""u8) >= 0;
    }

    public override IReadOnlyDictionary<string, NamedArray> Read(string path) => TensorFlowJsFile.Open(path).Tensors;

    public override IReadOnlyDictionary<string, string> Facts(string path)
    {
        using TensorFlowJsFile file = TensorFlowJsFile.Open(path);
        var facts = new Dictionary<string, string>();
        foreach ((string name, string? value) in (ReadOnlySpan<(string, string?)>)[("form", file.Form), ("writer", file.Writer), ("model-config", file.ModelConfig)])
        {
            if (value is not null)
            {
                facts[name] = value;
            }
        }

        return facts;
    }
}
