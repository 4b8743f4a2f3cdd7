using Graft.Experiments.Spec;

namespace Graft.Experiments.Runner;

/// <summary>How a data set says that its files are read, as assignments "key=value": kept with a model, so that other files are read the same way.</summary>
public static class SourceSettings
{
    // Of sources that read files which people write, what holds for other files too: no paths, no choice of rows, and no types, which the encoders know.
    private static readonly string[] _sources = ["csv", "text-lines", "sequences"];
    private static readonly string[] _header = ["header", "columns"];
    private static readonly string[] _lists = ["columns", "missing", "values"];
    private static readonly (string Key, string Default)[] _keys =
        [("header", ""), ("columns", ""), ("delimiter", ""), ("missing", ""), ("values", ""), ("strip", ""), ("id", "id"), ("encoding", "utf-8")];

    /// <summary>Those of a source that differ from its defaults, the same however the file spells them; empty where it reads other files.</summary>
    /// <param name="data">The data set.</param>
    internal static IReadOnlyList<string> Of(DataSection data)
    {
        if (!_sources.Contains(data.Source.Name))
        {
            return [];
        }

        var settings = new List<string> { $"source={data.Source.Name}" };
        foreach ((string key, string usual) in _keys)
        {
            if ((data.Source.Node as SpecMap)?.Find(key)?.Value is { } value && (value is SpecList || (value is SpecScalar { IsNull: false } scalar && scalar.Text != usual)))
            {
                settings.Add($"{key}={Write(key, value)}");
            }
        }

        return settings;
    }

    /// <summary>The source that settings name, or null.</summary>
    /// <param name="settings">The settings.</param>
    public static string? SourceOf(IEnumerable<string> settings) => settings.LastOrDefault(s => s.StartsWith("source=", StringComparison.Ordinal))?["source=".Length..];

    /// <summary>Those that were kept with a model and may be trusted, because a file from outside must name no other files; without the source.</summary>
    /// <param name="settings">The settings of a model file.</param>
    /// <param name="hasHeader">Whether the file that is read names its columns itself, whatever those of training did.</param>
    public static IReadOnlyList<string> Trusted(IEnumerable<string> settings, bool hasHeader) =>
        [.. settings.Where(s => _keys.Any(k => s.StartsWith(k.Key + "=", StringComparison.Ordinal) && !(hasHeader && _header.Contains(k.Key))))];

    private static string Write(string key, SpecNode value) => value switch
    {
        SpecList list => $"[{string.Join(", ", list.Items.Select(Quote))}]",
        SpecScalar scalar when key == "header" => scalar.Text,
        _ => _lists.Contains(key) ? $"[{Quote(value)}]" : Quote(value),
    };

    private static string Quote(SpecNode value) => value is SpecScalar scalar ? SpecWriter.Flow(new SpecScalar(scalar.Place, scalar.Text, isQuoted: true)) : SpecWriter.Flow(value);
}
