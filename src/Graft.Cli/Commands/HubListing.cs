using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Hub;
using Spectre.Console;

namespace Graft.Cli.Commands;

/// <summary>`graft list hub`: published weights and data sets, and which of them are here.</summary>
internal static class HubListing
{
    public static void Show(CommandContext context, bool isJson)
    {
        if (isJson)
        {
            context.Terminal.Show(new JsonObject { ["hub"] = new JsonArray([.. context.Hub.Entries.Select(e => (JsonNode)Describe(context.Hub, e))]) });
            return;
        }

        var grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn(new GridColumn().NoWrap()).AddColumn(new GridColumn().NoWrap()).AddColumn();
        foreach (HubEntry entry in context.Hub.Entries)
        {
            string license = entry.License.Split(';')[0];
            _ = grid.AddRow(
                new Text(entry.Name, new Style(Color.Green)),
                new Text(entry.Size is { } bytes ? Megabytes(bytes) : ""),
                new Text(context.Hub.IsHere(entry) ? "here" : ""),
                new Text($"{entry.What}. {char.ToUpperInvariant(license[0])}{license[1..]}.{(entry.Model.Count > 0 ? $" For {Keys(entry)}." : "")}"));
        }

        context.Terminal.Show(grid);
        context.Terminal.Error.WriteLine("`graft pull NAME` loads one; then an experiment can say `weights: NAME`, or `path: hub:NAME` for data.");
    }

    /// <summary>The model that an entry's weights fit, as an experiment names it: "{ name: vgg, depth: 16 }".</summary>
    public static string Keys(HubEntry entry) => $"{{ {string.Join(", ", entry.Model.Select(m => $"{m.Key}: {m.Value.ToLowerInvariant()}"))} }}";

    /// <summary>A size in words: "1.2 MB".</summary>
    public static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:F1} MB");

    /// <summary>An entry as JSON.</summary>
    public static JsonObject Describe(GraftHub hub, HubEntry entry)
    {
        var json = new JsonObject
        {
            ["name"] = entry.Name,
            ["kind"] = entry.IsData ? "data" : "weights",
            ["what"] = entry.What,
            ["license"] = entry.License,
            ["here"] = hub.IsHere(entry),
            ["path"] = hub.TargetOf(entry),
            ["files"] = new JsonArray([.. entry.Files.Select(f => (JsonNode)new JsonObject { ["name"] = f.Name, ["url"] = f.Address.AbsoluteUri, ["sha256"] = f.Sha256, ["size"] = f.Size })]),
        };
        if (entry.Model.Count > 0)
        {
            json["model"] = new JsonObject(entry.Model.Select(m => KeyValuePair.Create(m.Key, (JsonNode?)m.Value)));
        }

        return json;
    }
}
