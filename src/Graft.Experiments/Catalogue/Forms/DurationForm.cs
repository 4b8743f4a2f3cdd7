using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Experiments.Spec;

namespace Graft.Experiments.Catalogue;

/// <summary>A length of time: a number with s, m, h or d behind it; without a letter it is seconds.</summary>
internal sealed class DurationForm : Form
{
    private const double MostDays = 3650;

    public override string Expected => "a duration such as 90s, 10m or 2h";

    public override string Plural => "durations";

    public override object? Blank => TimeSpan.Zero;

    public override bool TryBind(SpecNode node, string path, Findings findings, out object? value)
    {
        string text = (node as SpecScalar)?.Text ?? "";
        double unit = text.Length == 0 ? 0 : text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 0 };
        bool isNumber = double.TryParse(unit == 0 ? text : text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double amount);
        double seconds = amount * (unit == 0 ? 1 : unit);
        bool isDuration = isNumber && double.IsFinite(seconds) && seconds <= TimeSpan.FromDays(MostDays).TotalSeconds;
        value = isDuration ? TimeSpan.FromSeconds(seconds) : null;
        return isDuration || Refuse(node, path, findings);
    }

    public override JsonObject Schema(SchemaWriter schema) => new() { ["type"] = new JsonArray("string", "number"), ["pattern"] = @"^[0-9]*\.?[0-9]+[smhd]?$" };

    public override SpecNode Write(object value) => new SpecScalar(default, ((TimeSpan)value).TotalSeconds.ToString(CultureInfo.InvariantCulture) + "s");
}
