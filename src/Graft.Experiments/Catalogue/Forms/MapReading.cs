using Graft.Experiments.Spec;

namespace Graft.Experiments.Catalogue;

/// <summary>A map while its keys are taken one by one, by a record and by the records and parts inlined into it; what nobody takes is unknown.</summary>
internal sealed class MapReading(SpecMap map, string path, Findings findings)
{
    private readonly HashSet<SpecEntry> _taken = new(ReferenceEqualityComparer.Instance);
    private readonly List<string> _known = [];
    private bool _isOpen;

    public SpecMap Map { get; } = map;

    public string Path { get; } = path;

    public Findings Findings { get; } = findings;

    /// <summary>The path of a key, for messages.</summary>
    public string PathOf(string key) => Path.Length == 0 ? key : $"{Path}.{key}";

    /// <summary>Says something about the map as a whole.</summary>
    public void Say(Place place, string message) => Findings.Add(place, Path.Length == 0 ? message : $"{Path}: {message}");

    /// <summary>The entry of a key where it is written; a second spelling of the same key is said.</summary>
    public SpecEntry? Take(string key)
    {
        _known.Add(key);
        SpecEntry? first = null;
        foreach (SpecEntry entry in Map.Entries.Where(e => Spelling.IsSame(e.Key, key)))
        {
            _ = _taken.Add(entry);
            if (first is not null)
            {
                Say(entry.Place, $"expected each key once, got {first.Key} and {entry.Key}, which are the same.");
            }

            first ??= entry;
        }

        return first;
    }

    /// <summary>The keys that are left cannot be judged, because what they belong to is not known.</summary>
    public void TakeRest() => _isOpen = true;

    /// <summary>Says every key that nobody took.</summary>
    /// <returns>Whether there was none.</returns>
    public bool Close()
    {
        bool isClean = true;
        foreach (SpecEntry entry in Map.Entries.Where(e => !_isOpen && !_taken.Contains(e)))
        {
            isClean = false;
            if (Findings.IsFull)
            {
                break;
            }

            string hint = Spelling.Hint(entry.Key, _known);
            Say(entry.Place, $"no key is named {Ascii.Quote(entry.Key)} here.{(hint.Length > 0 ? hint : $" Keys are {string.Join(", ", _known)}.")}");
        }

        return isClean;
    }
}
