using System.IO.Compression;
using System.Text.Json;
using Graft.Data;
using Graft.Data.Sources;

namespace Graft.Models.Formats;

/// <summary>Our own model files, a zip of model.json and weights.safetensors: their weights, and what the description says.</summary>
internal sealed class GraftModelFormat : WeightFormat
{
    private const string Description = "model.json";
    private const string Weights = "weights.safetensors";
    private const int NameAt = 30;

    public override string Name => "graft";

    // The name of an archive's first part begins at byte 30.
    public override bool Recognizes(ReadOnlySpan<byte> head, string path)
    {
        if (!head.StartsWith("PK\u0003\u0004"u8))
        {
            return false;
        }

        using FileBytes file = FileBytes.Open(path);
        return file.Length > NameAt + Description.Length && file.Take(NameAt, Description.Length, "a name").AsSpan().SequenceEqual("model.json"u8);
    }

    public override IReadOnlyDictionary<string, NamedArray> Read(string path) => Safetensors.Read(Part(path, Weights), path).Tensors;

    public override IReadOnlyDictionary<string, string> Facts(string path)
    {
        var facts = new Dictionary<string, string>();
        try
        {
            using JsonDocument json = JsonDocument.Parse(Part(path, Description), new JsonDocumentOptions { MaxDepth = 32 });
            foreach (string key in (string[])["backbone", "architecture"])
            {
                if (json.RootElement.TryGetProperty(key, out JsonElement part))
                {
                    facts[key] = part.GetRawText();
                }
            }

            foreach (JsonElement task in json.RootElement.GetProperty("tasks").EnumerateArray())
            {
                facts[$"task {task.GetProperty("name").GetString()}"] = task.GetProperty("target").GetRawText();
            }

            int input = 0;
            foreach (JsonElement encoder in json.RootElement.GetProperty("inputs").EnumerateArray())
            {
                facts[$"input {++input}"] = encoder.GetRawText();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new GraftInputException(path, $"model: expected a model file of Graft, got: {e.Message.ReplaceLineEndings(" ")}", inner: e);
        }

        return facts;
    }

    // Parts are stored as they are, so that the file bounds them.
    private static byte[] Part(string path, string name) => SourceFile.Guarded(path, () =>
    {
        using ZipArchive zip = ZipFile.OpenRead(path);
        ZipArchiveEntry entry = zip.GetEntry(name) is { } found && found.Length == found.CompressedLength && found.Length <= Array.MaxLength
            ? found
            : throw new GraftInputException(path, $"model: expected a model file of Graft, got one without {name} as it is.");
        var bytes = new byte[entry.Length];
        using Stream stream = entry.Open();
        stream.ReadExactly(bytes);
        return bytes;
    });
}
