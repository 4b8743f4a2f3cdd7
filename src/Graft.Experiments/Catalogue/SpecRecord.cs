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
}

/// <summary>The keys of this parameter's own record, or of the part it names, stand in the same map as the other keys.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class InlineAttribute : Attribute;

/// <summary>A value that is no map stands for this parameter alone: "clip: 1" for "clip: { norm: 1 }".</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class ShorthandAttribute : Attribute;

/// <summary>A single number n in place of the list stands for 1, 2 ... n.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class CountsAttribute : Attribute;
