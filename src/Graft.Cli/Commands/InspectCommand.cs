using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Models.Formats;

namespace Graft.Cli.Commands;

/// <summary>`graft inspect`: prints what is in a file of weights: names, types, shapes, and what else it says.</summary>
internal sealed class InspectCommand : GraftCommand
{
    private const int LongestFact = 160;

    private readonly Argument<string> _file = new("file") { Description = Files };

    public InspectCommand(CommandContext context)
        : base("inspect", "Print what is in a file of weights.", context) => Arguments.Add(_file);

    /// <summary>What files there are, as the formats themselves say.</summary>
    public static string Files => $"A file of weights, of one of the formats {string.Join(", ", WeightFormat.All.Select(f => f.Name))}; which, its bytes say.";

    /// <summary>How much a file holds, in words.</summary>
    public static string Size(WeightFile file) =>
        string.Create(CultureInfo.InvariantCulture, $"{file.Tensors.Count} tensor{(file.Tensors.Count == 1 ? "" : "s")}, {file.Count:N0} parameter{(file.Count == 1 ? "" : "s")}.");

    protected override int Execute(ParseResult parsed)
    {
        var file = WeightFile.Read(parsed.GetRequiredValue(_file));
        IReadOnlyDictionary<string, string> facts = file.ReadFacts();
        if (parsed.GetValue(Json))
        {
            var tensors = new JsonArray([.. file.Tensors.Select(t => new JsonObject
            {
                ["name"] = t.Key,
                ["type"] = t.Value.Type,
                ["shape"] = new JsonArray([.. t.Value.Sizes.Select(s => (JsonNode)s)]),
            })]);
            var about = new JsonObject(facts.Select(f => KeyValuePair.Create<string, JsonNode?>(f.Key, f.Value)));
            Context.Terminal.Show(new JsonObject { ["format"] = file.Format, ["count"] = file.Tensors.Count, ["numbers"] = file.Count, ["about"] = about, ["tensors"] = tensors });
            return ExitCode.Done;
        }

        int width = file.Tensors.Keys.Select(k => k.Length).DefaultIfEmpty().Max();
        foreach ((string name, NamedArray tensor) in file.Tensors)
        {
            Context.Terminal.Output.WriteLine($"{name.PadRight(width)}  {tensor.Type,-4}  {tensor.ShapeText}");
        }

        foreach ((string name, string value) in facts)
        {
            Context.Terminal.Output.WriteLine($"{Short(name)}: {Short(value)}");
        }

        Context.Terminal.Output.WriteLine($"{file.Format}: {Size(file)}");
        return ExitCode.Done;
    }

    private static string Short(string text) => (text.Length <= LongestFact ? text : text[..LongestFact] + "...").ReplaceLineEndings(" ");
}
