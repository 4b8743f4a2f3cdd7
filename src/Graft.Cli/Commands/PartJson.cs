using System.Text.Json.Nodes;
using Graft.Experiments.Catalogue;

namespace Graft.Cli.Commands;

/// <summary>Parts and keys as JSON.</summary>
internal static class PartJson
{
    public static JsonObject Of(PartInfo part) => new()
    {
        ["name"] = part.Name,
        ["alias"] = part.Alias,
        ["family"] = part.Family.Name,
        ["summary"] = part.Summary,
        ["remarks"] = part.Remarks,
        ["paper"] = part.Paper is { } paper ? new JsonObject { ["citation"] = paper.Citation, ["link"] = paper.Link } : null,
        ["keys"] = Of(part.Keys),
    };

    public static JsonArray Of(IEnumerable<KeyInfo> keys) => new([.. keys.Select(k => (JsonNode)new JsonObject
    {
        ["name"] = k.Name,
        ["value"] = k.Expected,
        ["required"] = k.IsRequired,
        ["default"] = k.DefaultText.Length == 0 ? null : k.DefaultText,
        ["summary"] = k.Summary,
    })]);
}
