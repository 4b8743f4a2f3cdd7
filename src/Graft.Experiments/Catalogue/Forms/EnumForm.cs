using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json.Nodes;
using Graft.Experiments.Spec;

namespace Graft.Experiments.Catalogue;

/// <summary>One of the members of an enumeration, lower-kebab.</summary>
[UnconditionalSuppressMessage(Trimming.Category, "IL2080", Justification = Trimming.OwnClasses)]
internal sealed class EnumForm(Type type, XmlDocs docs) : Form
{
    private readonly string[] _names = [.. type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => Spelling.Kebab(f.Name))];

    public override string Expected => "one of " + string.Join(", ", _names);

    public override string Plural => "values of " + string.Join(", ", _names);

    public override object? Blank => Enum.ToObject(type, 0);

    public override bool TryBind(SpecNode node, string path, Findings findings, out object? value)
    {
        FieldInfo? member = node is SpecScalar scalar ? Members.FirstOrDefault(f => Spelling.Kebab(f.Name) == scalar.Text) : null;
        value = member?.GetValue(null);
        if (member is null && node is SpecScalar other)
        {
            findings.Add(node.Place, $"{path}: expected {Expected}, got {node.Described}.{Spelling.Hint(other.Text, _names)}");
            return false;
        }

        return member is not null || Refuse(node, path, findings);
    }

    public override JsonObject Schema(SchemaWriter schema)
    {
        string meanings = string.Join(" ", Members.Select(f => $"{Spelling.Kebab(f.Name)}: {docs.Summary(f)}"));
        return new JsonObject { ["enum"] = new JsonArray([.. _names.Select(n => (JsonNode)n)]), ["$comment"] = meanings };
    }

    public override SpecNode Write(object value) => new SpecScalar(default, Spelling.Kebab(value.ToString()!));

    private IEnumerable<FieldInfo> Members => type.GetFields(BindingFlags.Public | BindingFlags.Static);
}
