using System.Reflection;
using System.Text.Json.Nodes;
using Graft.Experiments.Spec;

namespace Graft.Experiments.Catalogue;

/// <summary>A named part of one or more families: "adam", or a map with the name and the part's own keys.</summary>
/// <remarks>Where the parameter is a <see cref="Part{T}"/> one instance is made to check the keys, and further ones when asked for.</remarks>
internal sealed class PartForm(Type type, bool isDeferred, PartCatalogue catalogue) : Form
{
    /// <summary>The key that names the part.</summary>
    public string Key => Families.Count == 0 ? "name" : Families[0].Key;

    public override string Expected => Families.Count == 0 ? "a named part" : Article(Families[0].Noun);

    public override string Plural => Families.Count == 0 ? "named parts" : Families[0].Name;

    /// <summary>The parts that fit, by name.</summary>
    public IReadOnlyList<PartInfo> Parts => catalogue.PartsOf(type);

    private IReadOnlyList<Family> Families => catalogue.FamiliesOf(type);

    public override bool TryBind(SpecNode node, string path, Findings findings, out object? value)
    {
        value = null;
        SpecMap? map = node as SpecMap ?? (node is SpecScalar ? new SpecMap(node.Place, [new SpecEntry(Key, node.Place, node)]) : null);
        if (map is null)
        {
            return Refuse(node, path, findings);
        }

        var reading = new MapReading(map, path, findings);
        return TryBind(reading, out value) & reading.Close();
    }

    /// <summary>Makes the part from the keys of a map that others take keys from, too.</summary>
    public bool TryBind(MapReading reading, out object? value)
    {
        value = null;
        if (Choose(reading) is not { } part || !part.Form.TryBind(reading, out value))
        {
            value = null;
            return false;
        }

        value = isDeferred ? Deferred(part, reading.Map) : value;
        return true;
    }

    public override JsonObject Schema(SchemaWriter schema) => schema.Family(type, this);

    public override SpecNode Write(object value) => throw new InvalidOperationException($"{type.Name}: expected a default that can be written, got a part.");

    public override SpecNode Complete(SpecNode node) => node is SpecMap map ? Complete(map) : Complete(new SpecMap(node.Place, [new SpecEntry(Key, node.Place, node)]));

    /// <summary>The map with the defaults of the part that it names.</summary>
    public SpecMap Complete(SpecMap map) =>
        map.Find(Key)?.Value is SpecScalar name && catalogue.Find(type, name.Text) is { } part ? part.Form.Complete(map) : map;

    private PartInfo? Choose(MapReading reading)
    {
        SpecEntry? entry = reading.Take(Key);
        if (entry?.Value is not SpecScalar { IsNull: false } name)
        {
            reading.Say(entry?.Value.Place ?? reading.Map.Place, $"expected a key '{Key}' with the name of {Expected}, got {entry?.Value.Described ?? "none"}. {Lists()}");
            reading.TakeRest();
            return null;
        }

        if (catalogue.Find(type, name.Text) is { } part)
        {
            return part;
        }

        IEnumerable<string> known = Parts.SelectMany(p => new[] { p.Name, p.Alias }).OfType<string>();
        string noun = string.Join(" or ", Families.Select(f => f.Noun));
        reading.Say(name.Place, $"no {noun} is named {Ascii.Quote(name.Text)}.{Spelling.Hint(name.Text, known)} {Lists()}");
        reading.TakeRest();
        return null;
    }

    private string Lists() => string.Join(" ", Families.Select(f => f.Parts.Count == 1 ? $"`graft list {f.Name}` shows the only one." : $"`graft list {f.Name}` shows all {f.Parts.Count}."));

    private object Deferred(PartInfo part, SpecMap map)
    {
        object Create()
        {
            var findings = new Findings();
            _ = part.Form.TryBind(new MapReading(map, part.Name, findings), out object? made);
            findings.ThrowIfAny();
            return made!;
        }

        return Activator.CreateInstance(
            typeof(Part<>).MakeGenericType(type),
            BindingFlags.Instance | BindingFlags.NonPublic,
            null,
            [((SpecScalar)map.Find(Key)!.Value).Text, map, (Func<object>)Create],
            null)!;
    }

    private static string Article(string noun) => ("aeiou".Contains(noun[0], StringComparison.Ordinal) ? "an " : "a ") + noun;
}
