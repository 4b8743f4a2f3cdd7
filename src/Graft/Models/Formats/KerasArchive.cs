using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Graft.Data;

namespace Graft.Models.Formats;

/// <summary>What a .keras file holds: a zip archive of the model's description, of who wrote it, and of its weights as HDF5.</summary>
/// <param name="Config">The model as JSON: class_name and config.</param>
/// <param name="KerasVersion">The version of Keras that wrote it; null where it does not say so.</param>
/// <param name="Weights">The HDF5 file inside: where it lies if it is not packed, as Keras leaves it, and otherwise in memory.</param>
internal sealed record KerasArchive(string Config, string? KerasVersion, FileBytes Weights)
{
    private const int MaxEntries = 100_000;
    private const int MaxMetadata = 1 << 16;
    private const int Spare = 1 << 20;

    /// <summary>Whether bytes begin as a zip archive does.</summary>
    public static bool Recognizes(ReadOnlySpan<byte> head) => head is [(byte)'P', (byte)'K', 3, 4, ..];

    /// <summary>Reads an archive: no part may unpack to more than twice the whole file and 1 MB.</summary>
    /// <param name="file">The file; belongs to the weights then, or is disposed of where they are no part of it.</param>
    /// <param name="stream">The same file.</param>
    /// <exception cref="GraftInputException">It is damaged, or lacks a part.</exception>
    public static KerasArchive Read(FileBytes file, Stream stream)
    {
        string shown = file.Shown;
        try
        {
            using var zip = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
            if (zip.Entries.Count > MaxEntries)
            {
                throw Wrong(shown, $"at most {MaxEntries} parts", $"{zip.Entries.Count}");
            }

            byte[] config = Part(zip, "config.json", Spare + stream.Length, shown) ?? throw Wrong(shown, "a part named config.json", "none");
            string? version = Version(Part(zip, "metadata.json", MaxMetadata, shown));
            ZipArchiveEntry inner = zip.GetEntry("model.weights.h5")
                ?? throw Wrong(shown, "a part named model.weights.h5", zip.GetEntry("model.weights.npz") is null ? "none" : "the weights as NumPy arrays, which are not read. Save the model with weights_format='h5'");
            long start = ZipParts.StartOf(inner, stream, file);
            if (start >= 0)
            {
                return new KerasArchive(Encoding.UTF8.GetString(config), version, new FileBytes(file, start, inner.Length));
            }

            var weights = new FileBytes(Part(zip, inner.FullName, Spare + (2 * stream.Length), shown), shown);
            file.Dispose();
            return new KerasArchive(Encoding.UTF8.GetString(config), version, weights);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or IOException or NotSupportedException or ArgumentException or JsonException)
        {
            throw new GraftInputException(shown, "keras: expected a zip archive of a model, got a damaged one.", inner: e);
        }
    }

    private static byte[]? Part(ZipArchive zip, string name, long most, string shown)
    {
        if (zip.GetEntry(name) is not { } entry)
        {
            return null;
        }

        if (entry.Length < 0 || entry.Length > Math.Min(most, Array.MaxLength))
        {
            throw Wrong(shown, $"a part {name} of at most {Math.Min(most, Array.MaxLength)} bytes", $"{entry.Length}");
        }

        var bytes = new byte[entry.Length];
        using Stream from = entry.Open();
        from.ReadExactly(bytes);
        return bytes;
    }

    private static string? Version(byte[]? metadata)
    {
        if (metadata is null)
        {
            return null;
        }

        using var json = JsonDocument.Parse(metadata, new JsonDocumentOptions { MaxDepth = 8 });
        return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("keras_version", out JsonElement version) && version.ValueKind == JsonValueKind.String
            ? version.GetString()
            : null;
    }

    private static GraftInputException Wrong(string shown, string expected, string actual) => new(shown, $"keras: expected {expected}, got {actual}.");
}
