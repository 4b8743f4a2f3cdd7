using System.Globalization;
using System.Text.Json;

namespace Graft.Hub;

/// <summary>The names that the hub knows: one data file, read once.</summary>
/// <remarks>
/// Addresses and checksums are those that the makers publish: torchvision's sources, the pages of Hugging Face, the repositories themselves. What nobody
/// publishes is left out. Names are matched whatever the case, and "-" for "_".
/// </remarks>
public sealed class HubCatalogue
{
    private static readonly Lazy<HubCatalogue> _default = new(() =>
    {
        using Stream stream = typeof(HubCatalogue).Assembly.GetManifestResourceStream("hub.json")!;
        return Read(stream);
    });

    private readonly Dictionary<string, HubEntry> _entries;

    private HubCatalogue(List<HubEntry> entries) => _entries = entries.ToDictionary(e => Key(e.Name), StringComparer.Ordinal);

    /// <summary>What comes with Graft.</summary>
    public static HubCatalogue Default => _default.Value;

    /// <summary>All entries, in the order of the file.</summary>
    public IReadOnlyCollection<HubEntry> Entries => _entries.Values;

    /// <summary>Reads a catalogue from JSON.</summary>
    /// <param name="json">An object: a name to its entry.</param>
    /// <exception cref="GraftInputException">It is no such file; the entry is named.</exception>
    public static HubCatalogue Read(Stream json)
    {
        string name = "";
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            var entries = new List<HubEntry>();
            foreach (JsonProperty entry in document.RootElement.EnumerateObject())
            {
                name = entry.Name;
                entries.Add(Entry(entry.Name, entry.Value));
            }

            return new HubCatalogue(entries);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException or ArgumentException)
        {
            throw new GraftInputException("hub.json", $"{(name.Length == 0 ? "" : name + ": ")}expected a map of names to entries with kind, what, license and files, got damage: {e.Message.Split('\n')[0].TrimEnd('.')}.", inner: e);
        }
    }

    /// <summary>The entry of a name, or null.</summary>
    /// <param name="name">Such as "resnet18" or "fashion-mnist".</param>
    public HubEntry? Find(string name) => _entries.GetValueOrDefault(Key(name));

    /// <summary>Whether a text can be the name of a file of its own: no folders, nothing that a system takes otherwise.</summary>
    internal static bool IsPlainName(string name) =>
        name.Length is > 0 and <= 200 && name[0] != '.' && name[^1] != '.' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '+');

    private static string Key(string name) => name.ToLowerInvariant().Replace('_', '-');

    private static HubEntry Entry(string name, JsonElement e)
    {
        string kind = e.GetProperty("kind").GetString()!;
        if (!IsPlainName(name) || kind is not ("weights" or "data"))
        {
            throw new FormatException($"name '{name}' or kind '{kind}'");
        }

        string? path = e.TryGetProperty("path", out JsonElement p) ? p.GetString() : kind == "data" ? "" : null;
        if (path is { Length: > 0 } && !path.Split('/').All(IsPlainName))
        {
            throw new FormatException($"path '{path}'");
        }

        HubFile[] files = [.. e.GetProperty("files").EnumerateArray().Select(File)];
        return files.Length == 0 ? throw new FormatException("no file") : new HubEntry(
            name,
            kind == "data",
            e.GetProperty("what").GetString()!,
            e.GetProperty("license").GetString()!,
            files,
            path,
            e.TryGetProperty("model", out JsonElement model) ? model.EnumerateObject().ToDictionary(m => m.Name, m => m.Value.ToString(), StringComparer.Ordinal) : [],
            e.TryGetProperty("parameters", out JsonElement count) ? count.GetInt64() : null,
            e.TryGetProperty("preprocessing", out JsonElement preparation) ? Preprocessing(preparation) : null);
    }

    private static HubFile File(JsonElement e)
    {
        Uri address = Address(e.GetProperty("url").GetString()!);
        string name = Path.GetFileName(address.AbsolutePath);
        string? sha = e.TryGetProperty("sha256", out JsonElement s) ? s.GetString() : null;
        if (!IsPlainName(name) || (sha is not null && (sha.Length is < 8 or > 64 || !sha.All(char.IsAsciiHexDigitLower))))
        {
            throw new FormatException($"file '{name}' with checksum '{sha}'");
        }

        return new HubFile(
            name,
            address,
            e.TryGetProperty("mirrors", out JsonElement mirrors) ? [.. mirrors.EnumerateArray().Select(m => Address(m.GetString()!))] : [],
            sha,
            e.TryGetProperty("size", out JsonElement size) ? size.GetInt64() : null,
            e.TryGetProperty("unpack", out JsonElement unpack) && unpack.GetBoolean());
    }

    private static Uri Address(string url) => Uri.TryCreate(url, UriKind.Absolute, out Uri? address) && address.Scheme is "https" or "http"
        ? new Uri(url)
        : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"address '{url}'"));

    private static HubPreprocessing Preprocessing(JsonElement e)
    {
        int size = e.GetProperty("size").GetInt32();
        return new HubPreprocessing(
            size,
            e.TryGetProperty("resize", out JsonElement resize) ? resize.GetInt32() : size,
            e.TryGetProperty("interpolation", out JsonElement interpolation) ? interpolation.GetString()! : "bilinear",
            [.. e.GetProperty("mean").EnumerateArray().Select(v => v.GetDouble())],
            [.. e.GetProperty("deviation").EnumerateArray().Select(v => v.GetDouble())]);
    }
}
