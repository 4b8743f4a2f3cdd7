using System.Text.Json.Nodes;
using Graft.Experiments.Spec;

namespace Graft.Experiments.Catalogue;

/// <summary>Writes the JSON Schema (draft 2020-12) of a form; records and families become definitions, so that they may contain each other.</summary>
internal sealed class SchemaWriter
{
    private readonly JsonObject _definitions = [];

    private SchemaWriter()
    {
    }

    /// <summary>The whole schema.</summary>
    public static JsonObject Write(Form root, string title)
    {
        var writer = new SchemaWriter();
        JsonObject body = root.Schema(writer);
        return new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = title,
            ["$ref"] = body["$ref"]!.DeepClone(),
            ["$defs"] = writer._definitions,
        };
    }

    /// <summary>A reference to a section.</summary>
    public JsonObject Record(Type type, RecordForm form) => Refer(Spelling.Kebab(type.Name), () => Shape(form));

    /// <summary>A reference to the parts that fit a type.</summary>
    public JsonObject Family(Type type, PartForm form) => Refer("part-" + Spelling.Kebab(type.Name), () => Parts(form, []));

    private JsonObject Refer(string name, Func<JsonObject> define)
    {
        if (!_definitions.ContainsKey(name))
        {
            _definitions[name] = true;              // taken, in case it contains itself
            _definitions[name] = define();
        }

        return new JsonObject { ["$ref"] = "#/$defs/" + name };
    }

    private JsonObject Shape(RecordForm form)
    {
        KeyInfo[] keys = [.. form.Flat];
        JsonObject whole = keys.FirstOrDefault(k => k.IsInline)?.Form is PartForm part ? Parts(part, keys) : Map(keys, null, null);
        return keys.FirstOrDefault(k => k.IsShorthand) is { } shorthand
            ? new JsonObject { ["anyOf"] = new JsonArray(whole, shorthand.Form.Schema(this)) }
            : whole;
    }

    private JsonObject Parts(PartForm form, IReadOnlyList<KeyInfo> beside)
    {
        IEnumerable<PartInfo> alone = form.Parts.Where(p => !p.Keys.Concat(beside).Any(k => k.IsRequired));
        string[] names = [.. alone.SelectMany(p => new[] { p.Name, p.Alias }).OfType<string>()];
        var kinds = new JsonArray([.. form.Parts.Select(p => (JsonNode)Map([.. p.Keys, .. beside], form.Key, p))]);
        if (names.Length > 0)
        {
            kinds.Insert(0, new JsonObject { ["enum"] = new JsonArray([.. names.Select(n => (JsonNode)n)]) });
        }

        return kinds.Count == 0 ? [] : new JsonObject { ["anyOf"] = kinds };
    }

    private JsonObject Map(IReadOnlyList<KeyInfo> keys, string? nameKey, PartInfo? part)
    {
        var properties = new JsonObject();
        var required = new JsonArray();
        if (part is not null)
        {
            var names = new JsonArray([.. new[] { part.Name, part.Alias }.OfType<string>().Select(n => (JsonNode)n)]);
            properties[nameKey!] = new JsonObject { ["enum"] = names, ["description"] = part.Summary };
            required.Add((JsonNode?)nameKey);
        }

        foreach (KeyInfo key in keys.Where(k => !k.IsInline))
        {
            properties[key.Name] = Property(key);
            if (key.Also is { } also)
            {
                properties[also] = Property(key);
            }

            if (key.IsRequired && key.Also is null)
            {
                required.Add((JsonNode?)key.Name);
            }
        }

        var map = new JsonObject { ["type"] = "object", ["properties"] = properties, ["additionalProperties"] = false };
        if (required.Count > 0)
        {
            map["required"] = required;
        }

        return map;
    }

    private JsonObject Property(KeyInfo key)
    {
        JsonObject schema = key.Form.Schema(this);
        if (key.IsNullable || !key.IsRequired)
        {
            schema = new JsonObject { ["anyOf"] = new JsonArray(schema, new JsonObject { ["type"] = "null" }) };
        }

        if (key.Summary.Length > 0)
        {
            schema["description"] = key.Summary;
        }

        if (key.DefaultText.Length > 0)
        {
            schema["$comment"] = "default " + key.DefaultText;
        }

        return schema;
    }
}
