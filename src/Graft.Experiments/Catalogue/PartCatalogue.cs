using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json.Nodes;
using Graft.Experiments.Spec;

namespace Graft.Experiments.Catalogue;

/// <summary>All named parts of some assemblies, and the way from what a file says to objects.</summary>
/// <remarks>
/// Parts are the classes that carry <see cref="NamedAttribute"/>; a family is the nearest base class or interface that carries
/// <see cref="FamilyAttribute"/>, or else the topmost base class. Keys are constructor parameters, lower-kebab or camelCase.
/// Immutable and safe to use from several threads.
/// </remarks>
public sealed class PartCatalogue
{
    private readonly ConcurrentDictionary<Assembly, XmlDocs> _docs = new();
    private readonly ConcurrentDictionary<Type, RecordForm> _records = new();
    private readonly Dictionary<string, Family> _families = new(StringComparer.Ordinal);

    /// <summary>Finds the parts of some assemblies.</summary>
    /// <param name="assemblies">Where to look.</param>
    [UnconditionalSuppressMessage(Trimming.Category, "IL2026", Justification = Trimming.OwnClasses)]
    public PartCatalogue(params Assembly[] assemblies)
    {
        Type[] types = [.. assemblies.SelectMany(a => a.GetTypes())];
        ILookup<Type, Type> byBase = types
            .Where(t => !t.IsAbstract && t.IsDefined(typeof(NamedAttribute), false))
            .ToLookup(BaseOf);
        foreach (Type type in types.Where(t => t.IsDefined(typeof(FamilyAttribute), false)).Union(byBase.Select(g => g.Key)))
        {
            var family = new Family(
                type,
                type.GetCustomAttribute<FamilyAttribute>(),
                DocsOf(type),
                f => byBase[type].Select(t => new PartInfo(t, f, this)));
            _families.Add(family.Name, family);
        }

        Families = [.. _families.Values.OrderBy(f => f.Name, StringComparer.Ordinal)];
    }

    /// <summary>The parts that Graft brings.</summary>
    public static PartCatalogue Default { get; } = new(typeof(NamedAttribute).Assembly, typeof(PartCatalogue).Assembly);

    /// <summary>All families, by name.</summary>
    public IReadOnlyList<Family> Families { get; }

    /// <summary>All parts of that name or alias; several families may use one name.</summary>
    /// <param name="name">Lower-kebab.</param>
    public IEnumerable<PartInfo> Find(string name) => Families.SelectMany(f => f.Parts).Where(p => p.Name == name || p.Alias == name);

    /// <summary>Makes an object from what a file says.</summary>
    /// <typeparam name="T">A record whose constructor parameters are the keys, or the base class of a family.</typeparam>
    /// <param name="node">What the file says.</param>
    /// <exception cref="GraftInputException">Something is wrong; holds everything that is.</exception>
    public T Bind<T>(SpecNode node)
        where T : class
    {
        var findings = new Findings();
        T? value = Bind<T>(node, findings);
        findings.ThrowIfAny();
        return value!;
    }

    /// <summary>Makes an object from what a file says. Where something is wrong with it, what comes out is incomplete, or null: good to look for further errors, and for nothing else.</summary>
    /// <typeparam name="T">A record whose constructor parameters are the keys, or the base class of a family.</typeparam>
    /// <param name="node">What the file says.</param>
    /// <param name="findings">Gets everything that is wrong.</param>
    public T? Bind<T>(SpecNode node, Findings findings)
        where T : class
    {
        _ = FormOf(typeof(T)).TryBind(node, "", findings, out object? value);
        return (T?)value;
    }

    /// <summary>What a file says, with the defaults of all its sections and parts written out.</summary>
    /// <typeparam name="T">What it binds to.</typeparam>
    /// <param name="node">What the file says; binds without findings.</param>
    public SpecNode Complete<T>(SpecNode node)
        where T : class => FormOf(typeof(T)).Complete(node);

    /// <summary>The JSON Schema (draft 2020-12) of what binds.</summary>
    /// <typeparam name="T">What it binds to.</typeparam>
    /// <param name="title">What the schema describes.</param>
    public JsonObject SchemaOf<T>(string title)
        where T : class => SchemaWriter.Write(FormOf(typeof(T)), title);

    /// <summary>The keys of a section, those of sections inlined into it among them; a part inlined into it stands for the key that names it.</summary>
    /// <param name="type">A class with a public constructor.</param>
    public IReadOnlyList<KeyInfo> SectionKeys(Type type) => [.. Record(type).Flat];

    internal XmlDocs DocsOf(Type type) => _docs.GetOrAdd(type.Assembly, XmlDocs.Of);

    // Who asks for the base class of a family means its members, not those of a family within it.
    internal IReadOnlyList<Family> FamiliesOf(Type type) => Families.FirstOrDefault(f => f.Base == type) is { } own
        ? [own]
        : [.. Families.Where(f => type.IsAssignableFrom(f.Base) || (f.Base.IsAssignableFrom(type) && f.Parts.Any(p => type.IsAssignableFrom(p.Type))))];

    internal IReadOnlyList<PartInfo> PartsOf(Type type) => [.. FamiliesOf(type).SelectMany(f => f.Parts).Where(p => type.IsAssignableFrom(p.Type))];

    internal PartInfo? Find(Type type, string name) => PartsOf(type).FirstOrDefault(p => p.Name == name || p.Alias == name);

    internal Form FormOf(ParameterInfo parameter) => FormOf(parameter.ParameterType, parameter.IsDefined(typeof(CountsAttribute)));

    internal Form FormOf(Type type, bool counts = false)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return ScalarOf(type)
            ?? (type.IsEnum ? new EnumForm(type, DocsOf(type)) : null)
            ?? (ItemOf(type) is { } item ? new ListForm(item, FormOf(item), counts) : null)
            ?? (ValueOf(type) is { } value ? new MapForm(value, FormOf(value)) : null)
            ?? (typeof(SpecNode).IsAssignableFrom(type) ? new NodeForm() : null)
            ?? PartOf(type)
            ?? (Form)Record(type);
    }

    private static Form? ScalarOf(Type type) => Type.GetTypeCode(type) switch
    {
        _ when type.IsEnum => null,
        TypeCode.Int32 => new NumberForm<int>(),
        TypeCode.Int64 => new NumberForm<long>(),
        TypeCode.UInt64 => new NumberForm<ulong>(),
        TypeCode.Single => new NumberForm<float>(),
        TypeCode.Double => new NumberForm<double>(),
        TypeCode.Boolean => new BoolForm(),
        TypeCode.String => new TextForm(),
        _ => type == typeof(TimeSpan) ? new DurationForm() : null,
    };

    private static Type? ItemOf(Type type) =>
        type.IsArray ? type.GetElementType()
        : type.IsGenericType && type.IsAssignableFrom(type.GetGenericArguments()[0].MakeArrayType()) ? type.GetGenericArguments()[0]
        : null;

    private static Type? ValueOf(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>) && type.GetGenericArguments()[0] == typeof(string)
            ? type.GetGenericArguments()[1]
            : null;

    [UnconditionalSuppressMessage(Trimming.Category, "IL2070", Justification = Trimming.OwnClasses)]
    private static Type BaseOf(Type part)
    {
        Type top = part;
        for (Type? t = part; t is not null && t != typeof(object); top = t, t = t.BaseType)
        {
            if (t.IsDefined(typeof(FamilyAttribute), false))
            {
                return t;
            }
        }

        return part.GetInterfaces().FirstOrDefault(i => i.IsDefined(typeof(FamilyAttribute), false)) ?? top;
    }

    private PartForm? PartOf(Type type)
    {
        bool isDeferred = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Part<>);
        Type named = isDeferred ? type.GetGenericArguments()[0] : type;
        return isDeferred || named.IsAbstract ? new PartForm(named, isDeferred, this) : null;
    }

    private RecordForm Record(Type type) => _records.GetOrAdd(type, t => new RecordForm(t, this));
}
