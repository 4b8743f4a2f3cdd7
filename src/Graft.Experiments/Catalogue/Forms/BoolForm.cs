using System.Text.Json.Nodes;
using Graft.Experiments.Spec;

namespace Graft.Experiments.Catalogue;

/// <summary>True or false.</summary>
internal sealed class BoolForm : Form
{
    public override string Expected => "true or false";

    public override object? Blank => false;

    public override bool TryBind(SpecNode node, string path, Findings findings, out object? value)
    {
        string? text = node is SpecScalar { IsQuoted: false } scalar ? scalar.Text : null;
        value = text switch
        {
            "true" or "True" or "TRUE" => true,
            "false" or "False" or "FALSE" => false,
            _ => null,
        };
        return value is not null || Refuse(node, path, findings);
    }

    public override JsonObject Schema(SchemaWriter schema) => new() { ["type"] = "boolean" };

    public override SpecNode Write(object value) => new SpecScalar(default, (bool)value ? "true" : "false");
}
