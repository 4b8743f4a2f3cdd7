using System.Text.Json.Nodes;
using Graft.Experiments.Spec;

namespace Graft.Experiments.Catalogue;

/// <summary>Text; a number or a boolean is taken as it is written.</summary>
internal sealed class TextForm : Form
{
    public override string Expected => "a text";

    public override string Plural => "texts";

    public override object? Blank => "";

    public override bool TryBind(SpecNode node, string path, Findings findings, out object? value)
    {
        value = node is SpecScalar { IsNull: false } scalar ? scalar.Text : null;
        return value is not null || Refuse(node, path, findings);
    }

    public override JsonObject Schema(SchemaWriter schema) => new() { ["type"] = new JsonArray("string", "number", "boolean") };

    public override SpecNode Write(object value) => new SpecScalar(default, (string)value, isQuoted: LooksOtherwise((string)value));

    private static bool LooksOtherwise(string text) => text is "" or "~" or "null" or "Null" or "NULL";
}
