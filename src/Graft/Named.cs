namespace Graft;

/// <summary>The name under which a part is found in experiment files and on the command line.</summary>
/// <param name="name">Lower-kebab, the paper's name where there is one: "cagrad", "l2-sp".</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class NamedAttribute(string name) : Attribute
{
    /// <summary>The name, lower-kebab.</summary>
    public string Name { get; } = name;

    /// <summary>Another name for the same part, or null.</summary>
    public string? Alias { get; init; }
}

/// <summary>The paper that a method comes from.</summary>
/// <param name="citation">Authors, title, venue and year.</param>
/// <param name="link">Where to read it.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class PaperAttribute(string citation, string link) : Attribute
{
    /// <summary>Authors, title, venue and year.</summary>
    public string Citation { get; } = citation;

    /// <summary>Where to read it.</summary>
    public string Link { get; } = link;
}

/// <summary>Says that a base class heads a family: its named heirs stand under one name on the command line.</summary>
/// <param name="name">Plural, lower-kebab: "optimizers".</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Interface, Inherited = false)]
public sealed class FamilyAttribute(string name) : Attribute
{
    /// <summary>Plural, lower-kebab: "optimizers".</summary>
    public string Name { get; } = name;

    /// <summary>The key that names a member in an experiment file, beside the member's own keys.</summary>
    public string Key { get; init; } = "name";
}

/// <summary>A value that is no map stands for this parameter alone: "clip: 1" for "clip: { norm: 1 }".</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class ShorthandAttribute : Attribute;
