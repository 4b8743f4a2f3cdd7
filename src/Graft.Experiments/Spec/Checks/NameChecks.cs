using Graft.Experiments.Catalogue;

namespace Graft.Experiments.Spec.Checks;

/// <summary>Names that become names of files, folders and columns of tables, and references to them.</summary>
internal static class NameChecks
{
    private const int Longest = 64;

    /// <summary>Whether a name can be a file's name on every system, and a step of a dotted path.</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= Longest
        && name.All(c => char.IsLetterOrDigit(c) || c is '-' or '_')
        && char.IsLetterOrDigit(name[0]);

    /// <summary>Says it where a name cannot be one.</summary>
    public static void Judge(string name, string path, Place place, Findings findings)
    {
        if (!IsName(name))
        {
            findings.Add(place, $"{path}: expected a name of 1 to {Longest} letters, digits, - and _, got {Ascii.Quote(name)}.");
        }
    }

    /// <summary>Says every key of a map that cannot be a name.</summary>
    public static void JudgeKeys(SpecRecord section, string key, Findings findings)
    {
        foreach (SpecEntry entry in ((section.Node as SpecMap)?.Find(key)?.Value as SpecMap)?.Entries ?? [])
        {
            Judge(entry.Key, key, entry.Place, findings);
        }
    }

    /// <summary>Says every reference to something that is not there, or that is named twice.</summary>
    public static void JudgeReferences(
        SpecRecord section, string path, string key, IReadOnlyList<string>? names, IEnumerable<string> known, string noun, Findings findings)
    {
        for (int i = 0; i < (names?.Count ?? 0); i++)
        {
            Place place = section.PlaceOf(key, i);
            if (!known.Contains(names![i], StringComparer.Ordinal))
            {
                findings.Add(place, Unknown($"{path}.{key}", noun, names[i], known));
            }
            else if (names.Take(i).Contains(names[i], StringComparer.Ordinal))
            {
                findings.Add(place, $"{path}.{key}: expected each {noun} once, got {Ascii.Quote(names[i])} again.");
            }
        }

        if (names is { Count: 0 })
        {
            findings.Add(section.PlaceOf(key), $"{path}.{key}: expected at least one {noun}, got an empty list.");
        }
    }

    /// <summary>The message for a reference to something that is not there.</summary>
    public static string Unknown(string path, string noun, string name, IEnumerable<string> known)
    {
        string[] shown = [.. known.Take(20)];
        string list = shown.Length == 0 ? "There is none." : $"There {(shown.Length == 1 ? "is" : "are")} {string.Join(", ", shown)}.";
        return $"{path}: no {noun} is named {Ascii.Quote(name)}.{Spelling.Hint(name, known)} {list}";
    }
}
