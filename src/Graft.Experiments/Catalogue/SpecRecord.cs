using Graft.Experiments.Spec;

namespace Graft.Experiments.Catalogue;

/// <summary>A section of an experiment file, bound from a map; remembers where it stood.</summary>
public abstract record SpecRecord
{
    /// <summary>The map, list or scalar that it was bound from; null where it was made in C#.</summary>
    public SpecNode? Node { get; internal set; }

    /// <summary>Where the value of a key stands, or the section where the key is not written, or nowhere.</summary>
    /// <param name="key">The key, lower-kebab.</param>
    public Place PlaceOf(string key) => (Node as SpecMap)?.Find(key)?.Value.Place ?? Node?.Place ?? default;

    /// <summary>The names that a key's map or list of named sections defines, those of sections with errors among them.</summary>
    /// <param name="key">The key, lower-kebab.</param>
    internal IReadOnlyList<string> NamesIn(string key) => (Node as SpecMap)?.Find(key)?.Value switch
    {
        SpecMap map => [.. map.Entries.Select(e => e.Key)],
        SpecList list => [.. list.Items.Select(i => ((i as SpecMap)?.Find("name")?.Value as SpecScalar)?.Text).OfType<string>()],
        _ => [],
    };

    /// <summary>Where an item of a key's list stands; the value itself where a single one stands for the list.</summary>
    /// <param name="key">The key, lower-kebab.</param>
    /// <param name="item">0-based position in the list.</param>
    public Place PlaceOf(string key, int item) =>
        (Node as SpecMap)?.Find(key)?.Value is SpecList list && item < list.Items.Count ? list.Items[item].Place : PlaceOf(key);
}

/// <summary>The keys of this parameter's own record, or of the part it names, stand in the same map as the other keys.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class InlineAttribute : Attribute;

/// <summary>Another name for the same key.</summary>
/// <param name="name">The other name, lower-kebab.</param>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class AlsoAttribute(string name) : Attribute
{
    /// <summary>The other name.</summary>
    public string Name { get; } = name;
}

/// <summary>A single number n in place of the list stands for 1, 2 ... n.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class CountsAttribute : Attribute;
