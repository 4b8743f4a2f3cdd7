using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json.Nodes;
using Graft.Experiments.Spec;

namespace Graft.Experiments.Catalogue;

/// <summary>A map whose keys are the parameters of a constructor: a section of the file, or a named part behind its name.</summary>
internal sealed class RecordForm : Form
{
    private readonly Type _type;
    private readonly ConstructorInfo _constructor;
    private readonly Lazy<KeyInfo[]> _keys;
    private readonly bool _isSection;

    [UnconditionalSuppressMessage(Trimming.Category, "IL2070", Justification = Trimming.OwnClasses)]
    public RecordForm(Type type, PartCatalogue catalogue)
    {
        _type = type;
        _isSection = typeof(SpecRecord).IsAssignableFrom(type);
        _constructor = type.GetConstructors().MaxBy(c => c.GetParameters().Length)
            ?? throw new InvalidOperationException($"{type.Name}: expected a public constructor, got none.");
        _keys = new Lazy<KeyInfo[]>(() => [.. _constructor.GetParameters().Select(p => new KeyInfo(p, catalogue.FormOf(p), catalogue.DocsOf(type)))]);
    }

    /// <summary>The keys, in the order of the constructor; inlined ones as they are.</summary>
    public IReadOnlyList<KeyInfo> Keys => _keys.Value;

    /// <summary>The keys, with those of inlined records in place of them.</summary>
    public IEnumerable<KeyInfo> Flat => Keys.SelectMany(k => k is { IsInline: true, Form: RecordForm inner } ? inner.Flat : [k]);

    public override string Expected => "a map";

    public override string Plural => "maps";

    public override Type? Record => _type;

    public override bool TryBind(SpecNode node, string path, Findings findings, out object? value)
    {
        value = null;
        if (AsMap(node) is not { } map)
        {
            return Refuse(node, path, findings);
        }

        var reading = new MapReading(map, path, findings);
        return TryBind(reading, out value) & reading.Close();
    }

    /// <summary>Makes the value from the keys of a map that others take keys from, too.</summary>
    public bool TryBind(MapReading reading, out object? value)
    {
        var arguments = new object?[Keys.Count];
        var wrong = new HashSet<KeyInfo>();

        // Parts that are inlined come last, so that a key which both know belongs to the record.
        foreach (KeyInfo key in Keys.OrderBy(k => k is { IsInline: true, Form: PartForm }))
        {
            if (!TryBind(reading, key, out arguments[key.Parameter.Position]))
            {
                _ = wrong.Add(key);
            }
        }

        return TryMake(reading, arguments, wrong, out value);
    }

    public override JsonObject Schema(SchemaWriter schema) => schema.Record(_type, this);

    public override SpecNode Write(object value) => throw new InvalidOperationException($"{_type.Name}: expected a default that can be written, got a record.");

    public override SpecNode Complete(SpecNode node) => AsMap(node) is { } map ? Complete(map) : node;

    /// <summary>The map with the defaults of this record's keys written behind those that are there.</summary>
    public SpecMap Complete(SpecMap map)
    {
        foreach (KeyInfo key in Keys)
        {
            if (key.IsInline)
            {
                map = key.Form switch
                {
                    RecordForm record => record.Complete(map),
                    PartForm part => part.Complete(map),
                    _ => map,
                };
            }
            else if (map.Find(key.Name) is { } written)
            {
                SpecNode whole = written.Value is SpecScalar { IsNull: true } ? written.Value : key.Form.Complete(written.Value);
                map = new SpecMap(map.Place, [.. map.Entries.Select(e => e == written ? e with { Value = whole } : e)]);
            }
            else if (key.Default is not null)
            {
                map = new SpecMap(map.Place, [.. map.Entries, new SpecEntry(key.Name, map.Place, key.Form.Write(key.Default))]);
            }
        }

        return map;
    }

    /// <summary>The map that was written, or the map that a shorthand stands for, or null.</summary>
    private SpecMap? AsMap(SpecNode node)
    {
        if (node is SpecMap map)
        {
            return Keys.Any(k => k.Also is not null && map.Find(k.Also) is not null)
                ? new SpecMap(map.Place, [.. map.Entries.Select(e => Keys.FirstOrDefault(k => k.Also == e.Key) is { } key ? e with { Key = key.Name } : e)])
                : map;
        }

        string? key = Keys.FirstOrDefault(k => k.IsShorthand)?.Name
            ?? (node is SpecScalar ? Keys.FirstOrDefault(k => k.IsInline && k.Form is PartForm)?.Form as PartForm : null)?.Key;
        return key is null ? null : new SpecMap(node.Place, [new SpecEntry(key, node.Place, node)]);
    }

    private static bool TryBind(MapReading reading, KeyInfo key, out object? value)
    {
        if (key.IsInline)
        {
            return key.Form switch
            {
                RecordForm record => record.TryBind(reading, out value),
                PartForm part => part.TryBind(reading, out value),
                _ => throw new InvalidOperationException($"{key.Name}: expected a record or a part to inline, got {key.Expected}."),
            };
        }

        value = key.Default;
        SpecEntry? entry = reading.Take(key.Name);
        if (entry is null || (entry.Value is SpecScalar { IsNull: true } && !key.IsRequired))
        {
            value = entry is not null && key.IsNullable ? null : value;
            if (entry is null && key.IsRequired)
            {
                reading.Say(reading.Map.Place, $"expected a key '{key.Name}' with {key.Expected}, got none.");
            }

            return entry is not null || !key.IsRequired;
        }

        return key.Form.TryBind(entry.Value, reading.PathOf(key.Name), reading.Findings, out value);
    }

    // A constructor says one thing at a time. So that all is said at once, it is asked again with a stand-in for each value
    // that was wrong. What comes out then is used only to look for errors between sections.
    private bool TryMake(MapReading reading, object?[] arguments, HashSet<KeyInfo> wrong, out object? value)
    {
        bool isWhole = wrong.Count == 0;
        value = null;
        foreach (KeyInfo key in wrong)
        {
            object? partial = _isSection ? arguments[key.Parameter.Position] : null;
            arguments[key.Parameter.Position] = partial ?? StandIn(key);
        }

        var replaced = new HashSet<KeyInfo>();
        while (_isSection || !wrong.Any(k => arguments[k.Parameter.Position] is null && (k.IsRequired || k.IsInline)))
        {
            try
            {
                value = _constructor.Invoke(BindingFlags.DoNotWrapExceptions, null, arguments, null);
                if (value is SpecRecord record)
                {
                    record.Node = reading.Map;
                }

                value = isWhole || _isSection ? value : null;
                return isWhole;
            }
            catch (ArgumentException e)
            {
                KeyInfo? key = KeyOf(e);
                if (key is null ? isWhole : wrong.Add(key))
                {
                    Say(reading, key, e);
                }

                isWhole = false;
                if (key is null || !replaced.Add(key))
                {
                    return false;
                }

                arguments[key.Parameter.Position] = StandIn(key);
            }
            catch (GraftInputException e)
            {
                foreach (Finding finding in isWhole ? e.Findings : [])
                {
                    reading.Say(reading.Map.Place, finding.ToString());
                }

                return false;
            }
        }

        return false;
    }

    private static object? StandIn(KeyInfo key) => key.IsRequired ? key.Form.Blank : key.Default;

    private KeyInfo? KeyOf(ArgumentException e)
    {
        string parameter = new([.. (e.ParamName ?? "").TakeWhile(c => char.IsLetterOrDigit(c) || c == '_')]);
        return Keys.FirstOrDefault(k => k.Parameter.Name == parameter && !k.IsInline);
    }

    // "maxNorm: expected a number > 0, got 0. (Parameter 'maxNorm')" stands at the key, under the key's path.
    private static void Say(MapReading reading, KeyInfo? key, ArgumentException e)
    {
        string message = Ascii.OneLine(e.Message.Split(" (Parameter '")[0]);
        if (key is null)
        {
            reading.Say(reading.Map.Place, message);
            return;
        }

        string parameter = key.Parameter.Name!;
        string tail = message.StartsWith(parameter, StringComparison.Ordinal) ? message[parameter.Length..] : ": " + message;
        reading.Findings.Add(reading.Map.Find(key.Name)?.Value.Place ?? reading.Map.Place, reading.PathOf(key.Name) + tail);
    }
}
