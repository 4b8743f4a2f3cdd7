namespace Graft.Experiments.Catalogue;

/// <summary>Named parts that can stand for each other: the heirs of one base class.</summary>
public sealed class Family
{
    private readonly XmlDocs _docs;

    internal Family(Type type, FamilyAttribute? said, XmlDocs docs, Func<Family, IEnumerable<PartInfo>> parts)
    {
        _docs = docs;
        Base = type;
        Name = said?.Name ?? Spelling.Kebab(type.Name) + "s";
        Key = said?.Key ?? "name";
        Parts = [.. parts(this).OrderBy(p => p.Name, StringComparer.Ordinal)];
        if (Parts.Concat(Parts.Where(p => p.Alias is not null)).Count() != Parts.SelectMany(p => new[] { p.Name, p.Alias }).OfType<string>().Distinct().Count())
        {
            throw new InvalidOperationException($"{Name}: expected distinct names, got {string.Join(", ", Parts.Select(p => p.Name))}.");
        }
    }

    /// <summary>Plural, lower-kebab: "optimizers".</summary>
    public string Name { get; }

    /// <summary>One of them: "optimizer".</summary>
    public string Noun => Name.EndsWith("ies", StringComparison.Ordinal) ? Name[..^3] + "y"
        : Name.EndsWith("sses", StringComparison.Ordinal) ? Name[..^2]
        : Name.TrimEnd('s');

    /// <summary>The key that names a member in an experiment file.</summary>
    public string Key { get; }

    /// <summary>The base class.</summary>
    public Type Base { get; }

    /// <summary>What they are for, from the XML comments of the base class.</summary>
    public string Summary => _docs.Summary(Base);

    /// <summary>Its members, by name.</summary>
    public IReadOnlyList<PartInfo> Parts { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
