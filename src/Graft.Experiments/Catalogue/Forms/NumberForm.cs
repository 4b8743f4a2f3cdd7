using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using Graft.Experiments.Spec;

namespace Graft.Experiments.Catalogue;

/// <summary>A number: an integer type, or float or double; finite.</summary>
internal sealed class NumberForm<T> : Form
    where T : struct, INumber<T>, IMinMaxValue<T>
{
    private static bool IsInteger { get; } = T.IsZero(T.CreateTruncating(0.5));

    public override string Expected => !IsInteger ? "a number" : T.IsZero(T.MinValue) ? "an integer >= 0" : "an integer";

    public override string Plural => IsInteger ? "integers" : "numbers";

    public override object? Blank => default(T);

    public override bool TryBind(SpecNode node, string path, Findings findings, out object? value)
    {
        NumberStyles style = IsInteger ? NumberStyles.AllowLeadingSign : NumberStyles.Float;
        bool isNumber = node is SpecScalar { IsQuoted: false } scalar
            & T.TryParse((node as SpecScalar)?.Text, style, CultureInfo.InvariantCulture, out T number)
            && T.IsFinite(number);
        value = isNumber ? number : null;
        return isNumber || Refuse(node, path, findings);
    }

    public override JsonObject Schema(SchemaWriter schema) => IsInteger && T.IsZero(T.MinValue)
        ? new JsonObject { ["type"] = "integer", ["minimum"] = 0 }
        : new JsonObject { ["type"] = IsInteger ? "integer" : "number" };

    public override SpecNode Write(object value) => new SpecScalar(default, ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture).ToLowerInvariant());
}
