using System.Text.Json.Nodes;
using Graft.Experiments.Spec;

namespace Graft.Experiments.Catalogue;

/// <summary>How one type of value stands in an experiment file: read, described to editors, and written.</summary>
internal abstract class Form
{
    /// <summary>What is expected, for messages: "an integer", "a list of numbers".</summary>
    public abstract string Expected { get; }

    /// <summary>Several of it, for messages: "integers".</summary>
    public virtual string Plural => Expected;

    /// <summary>The record behind the value, or behind each of several; null where there is none.</summary>
    public virtual Type? Record => null;

    /// <summary>What stands in for a value that is missing, to look for further errors; null where nothing can.</summary>
    public virtual object? Blank => null;

    /// <summary>Makes the value, or says everything that is wrong with it.</summary>
    /// <param name="node">What was written; not nothing.</param>
    /// <param name="path">The keys that lead here, with dots between, for messages.</param>
    /// <param name="findings">Gets what is wrong.</param>
    /// <param name="value">The value where true is returned; else null, or what could be made of it, to look for further errors.</param>
    public abstract bool TryBind(SpecNode node, string path, Findings findings, out object? value);

    /// <summary>The JSON Schema of what <see cref="TryBind"/> accepts.</summary>
    /// <param name="schema">Keeps the definitions that are referred to.</param>
    public abstract JsonObject Schema(SchemaWriter schema);

    /// <summary>A value as it would be written.</summary>
    /// <param name="value">A value of this form's type.</param>
    public abstract SpecNode Write(object value);

    /// <summary>What was written, with every default that applies written out.</summary>
    /// <param name="node">A node that binds.</param>
    public virtual SpecNode Complete(SpecNode node) => node;

    /// <summary>Says that something else was expected here; always false.</summary>
    protected bool Refuse(SpecNode node, string path, Findings findings)
    {
        string hint = node is SpecScalar { IsQuoted: true } && this is not TextForm ? " Leave out the quotes." : "";
        findings.Add(node.Place, $"{(path.Length == 0 ? "" : path + ": ")}expected {Expected}, got {node.Described}.{hint}");
        return false;
    }
}
