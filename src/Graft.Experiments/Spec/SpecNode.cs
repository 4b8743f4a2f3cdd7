namespace Graft.Experiments.Spec;

/// <summary>One value of an experiment file as it was written: a scalar, a list or a map, with its place. Immutable.</summary>
public abstract class SpecNode
{
    private protected SpecNode(Place place) => Place = place;

    /// <summary>Where it begins.</summary>
    public Place Place { get; }

    /// <summary>What it is, for messages: "a list", "a map", "nothing", or the scalar's text in quotes.</summary>
    public abstract string Described { get; }
}

/// <summary>A single value as text; what it means is decided by who reads it.</summary>
/// <param name="place">Where it begins.</param>
/// <param name="text">The text, without quotes.</param>
/// <param name="isQuoted">Whether it was written in quotes or as a block, and so is text whatever it looks like.</param>
public sealed class SpecScalar(Place place, string text, bool isQuoted = false) : SpecNode(place)
{
    private const int Shown = 40;

    /// <summary>The text, without quotes.</summary>
    public string Text { get; } = text;

    /// <summary>Whether it was written in quotes or as a block.</summary>
    public bool IsQuoted { get; } = isQuoted;

    /// <summary>Whether it says that there is no value: empty, "~" or "null", not in quotes.</summary>
    public bool IsNull => !IsQuoted && Text is "" or "~" or "null" or "Null" or "NULL";

    /// <inheritdoc/>
    public override string Described => IsNull ? "nothing" : Ascii.Quote(Text, Shown);
}

/// <summary>Values in order.</summary>
/// <param name="place">Where it begins.</param>
/// <param name="items">The values.</param>
public sealed class SpecList(Place place, IReadOnlyList<SpecNode> items) : SpecNode(place)
{
    /// <summary>The values.</summary>
    public IReadOnlyList<SpecNode> Items { get; } = items;

    /// <inheritdoc/>
    public override string Described => "a list";
}

/// <summary>Keys with their values, in the order written; no key occurs twice.</summary>
/// <param name="place">Where it begins.</param>
/// <param name="entries">The keys with their values.</param>
public sealed class SpecMap(Place place, IReadOnlyList<SpecEntry> entries) : SpecNode(place)
{
    /// <summary>The keys with their values, in the order written.</summary>
    public IReadOnlyList<SpecEntry> Entries { get; } = entries;

    /// <inheritdoc/>
    public override string Described => "a map";

    /// <summary>The entry of a key, however the key is spelled (lower-kebab or camelCase), or null.</summary>
    /// <param name="key">The key, lower-kebab.</param>
    public SpecEntry? Find(string key) => Entries.FirstOrDefault(e => Spelling.IsSame(e.Key, key));
}

/// <summary>One key of a map with its value.</summary>
/// <param name="Key">The key as it was written.</param>
/// <param name="Place">Where the key stands.</param>
/// <param name="Value">Its value.</param>
public sealed record SpecEntry(string Key, Place Place, SpecNode Value);
