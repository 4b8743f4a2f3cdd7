using System.Collections;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Experiments.Spec;

namespace Graft.Experiments.Catalogue;

/// <summary>An array or list; a single value stands for a list of one, or, where the parameter counts, n for 1, 2 ... n.</summary>
internal sealed class ListForm(Type itemType, Form item, bool counts) : Form
{
    private const int MostCounted = 1000;

    public override string Expected => "a list of " + item.Plural;

    public override string Plural => "lists of " + item.Plural;

    public override Type? Record => item.Record;

    public override object? Blank => Array.CreateInstance(itemType, 0);

    public override bool TryBind(SpecNode node, string path, Findings findings, out object? value)
    {
        value = null;
        if (counts && node is SpecScalar { IsQuoted: false } scalar && int.TryParse(scalar.Text, NumberStyles.None, CultureInfo.InvariantCulture, out int count))
        {
            if (count is < 1 or > MostCounted)
            {
                findings.Add(node.Place, $"{path}: expected a count from 1 to {MostCounted} or a list, got {node.Described}.");
                return false;
            }

            node = new SpecList(node.Place, [.. Enumerable.Range(1, count).Select(i => new SpecScalar(node.Place, i.ToString(CultureInfo.InvariantCulture)))]);
        }

        IReadOnlyList<SpecNode> nodes = Items(node);
        var array = Array.CreateInstance(itemType, nodes.Count);
        bool isWhole = true;
        for (int i = 0; i < nodes.Count; i++)
        {
            bool isBound = item.TryBind(nodes[i], node is SpecList ? $"{path}.{Step(nodes[i], i)}" : path, findings, out object? bound);
            isWhole &= isBound;
            array.SetValue(bound ?? item.Blank, i);
        }

        value = array;
        return isWhole;
    }

    public override JsonObject Schema(SchemaWriter schema)
    {
        var list = new JsonObject { ["type"] = "array", ["items"] = item.Schema(schema) };
        return new JsonObject { ["anyOf"] = new JsonArray(list, item.Schema(schema)) };
    }

    public override SpecNode Write(object value) => new SpecList(default, [.. ((IEnumerable)value).Cast<object>().Select(item.Write)]);

    public override SpecNode Complete(SpecNode node) => node is SpecList list
        ? new SpecList(list.Place, [.. list.Items.Select(item.Complete)])
        : counts ? node : item.Complete(node);

    // An item is called by its name where it has one, as on the command line.
    private static string Step(SpecNode item, int at) => (item as SpecMap)?.Find("name")?.Value is SpecScalar { IsNull: false } name && name.Text.Length <= 40
        ? name.Text
        : at.ToString(CultureInfo.InvariantCulture);

    private static IReadOnlyList<SpecNode> Items(SpecNode node) => node is SpecList list ? list.Items : [node];
}
