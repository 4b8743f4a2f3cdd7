using System.Text.Json.Nodes;
using Graft.Experiments.Spec;

namespace Graft.Experiments.Catalogue;

/// <summary>Any value, kept as it was written.</summary>
internal sealed class NodeForm : Form
{
    public override string Expected => "any value";

    public override string Plural => "values";

    public override bool TryBind(SpecNode node, string path, Findings findings, out object? value)
    {
        value = node;
        return true;
    }

    public override JsonObject Schema(SchemaWriter schema) => [];

    public override SpecNode Write(object value) => (SpecNode)value;
}
