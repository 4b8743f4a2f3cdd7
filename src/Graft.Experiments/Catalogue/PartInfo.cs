using System.Reflection;

namespace Graft.Experiments.Catalogue;

/// <summary>One named part: its name, what it does, its keys, and the paper it comes from.</summary>
public sealed class PartInfo
{
    private readonly XmlDocs _docs;
    private readonly NamedAttribute _named;

    internal PartInfo(Type type, Family family, PartCatalogue catalogue)
    {
        _docs = catalogue.DocsOf(type);
        _named = type.GetCustomAttribute<NamedAttribute>()!;
        Type = type;
        Family = family;
        Form = new RecordForm(type, catalogue);
    }

    /// <summary>Its name, lower-kebab.</summary>
    public string Name => _named.Name;

    /// <summary>Another name for it, or null.</summary>
    public string? Alias => _named.Alias;

    /// <summary>The class.</summary>
    public Type Type { get; }

    /// <summary>The family it belongs to.</summary>
    public Family Family { get; }

    /// <summary>What it does, one sentence.</summary>
    public string Summary => _docs.Summary(Type);

    /// <summary>Formula, cost, state, differences from the paper; paragraphs divided by line ends.</summary>
    public string Remarks => _docs.Remarks(Type);

    /// <summary>Where it comes from, or null.</summary>
    public PaperAttribute? Paper => Type.GetCustomAttribute<PaperAttribute>();

    /// <summary>Its keys, in the order of its constructor.</summary>
    public IReadOnlyList<KeyInfo> Keys => Form.Keys;

    internal RecordForm Form { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
