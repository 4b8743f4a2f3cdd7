using System.Collections;
using System.Text.Json.Nodes;
using Graft.Experiments.Spec;

namespace Graft.Experiments.Catalogue;

/// <summary>Names of the user's own, each with a value; the order is kept.</summary>
internal sealed class MapForm(Type valueType, Form item) : Form
{
    public override string Expected => "a map from names to " + item.Plural;

    public override Type? Record => item.Record;

    public override object? Blank => Activator.CreateInstance(typeof(OrderedDictionary<,>).MakeGenericType(typeof(string), valueType));

    public override bool TryBind(SpecNode node, string path, Findings findings, out object? value)
    {
        var bound = (IDictionary)Blank!;
        value = bound;
        if (node is not SpecMap map)
        {
            return Refuse(node, path, findings);
        }

        bool isWhole = true;
        foreach (SpecEntry entry in map.Entries)
        {
            bool isBound = item.TryBind(entry.Value, path.Length == 0 ? entry.Key : $"{path}.{entry.Key}", findings, out object? one);
            isWhole &= isBound;
            if (one is not null)
            {
                bound[entry.Key] = one;
            }
        }

        return isWhole;
    }

    public override JsonObject Schema(SchemaWriter schema) => new() { ["type"] = "object", ["additionalProperties"] = item.Schema(schema) };

    public override SpecNode Write(object value) => new SpecMap(
        default,
        [.. ((IEnumerable<KeyValuePair<string, object>>)value).Select(e => new SpecEntry(e.Key, default, item.Write(e.Value)))]);

    public override SpecNode Complete(SpecNode node) => node is SpecMap map
        ? new SpecMap(map.Place, [.. map.Entries.Select(e => e with { Value = item.Complete(e.Value) })])
        : node;
}
