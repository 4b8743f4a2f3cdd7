using System.CommandLine;
using System.Text.Json.Nodes;
using Graft.Experiments.Catalogue;
using Graft.Experiments.Spec;
using Spectre.Console;

namespace Graft.Cli.Commands;

/// <summary>`graft explain`: what a part, a family or a key of an experiment file does, from the XML comments.</summary>
internal sealed class ExplainCommand : GraftCommand
{
    private readonly Argument<string> _name = new("name") { Description = "A part such as adam, a family such as optimizers, or a key such as early-stopping." };

    public ExplainCommand(CommandContext context)
        : base("explain", "Say what a part or a key of an experiment file does, with its own keys, defaults and paper.", context) => Arguments.Add(_name);

    protected override int Execute(ParseResult parsed)
    {
        string name = parsed.GetRequiredValue(_name);
        PartInfo[] parts = [.. Context.Catalogue.Find(name)];
        Family[] families = [.. Context.Catalogue.Families.Where(f => f.Name == name)];
        SectionKey[] keys = [.. SectionKey.All(Context.Catalogue).Where(k => k.Key.Name == name || k.Path == name)];
        if (parts.Length + families.Length + keys.Length == 0)
        {
            IEnumerable<string> known = Context.Catalogue.Families.SelectMany(f => f.Parts.Select(p => p.Name).Append(f.Name))
                .Concat(SectionKey.All(Context.Catalogue).Select(k => k.Key.Name));
            throw new UsageException($"nothing is named '{name}'.{Spelling.Hint(name, known)} `graft list` shows the families of parts.");
        }

        if (parsed.GetValue(Json))
        {
            Context.Terminal.Show(Describe(parts, families, keys));
            return ExitCode.Done;
        }

        foreach (PartInfo part in parts)
        {
            Explain(part);
        }

        foreach (Family family in families)
        {
            Title(family.Name, $"a family of {family.Parts.Count} parts", family.Summary);
            Table(family.Parts.Select(p => (p.Name, "", p.Summary)));
        }

        foreach (IGrouping<object, SectionKey> same in keys.GroupBy(k => k.Key.Identity))
        {
            Explain(same.First(), [.. same.Skip(1).Select(k => k.Path)]);
        }

        return ExitCode.Done;
    }

    private static JsonObject Describe(PartInfo[] parts, Family[] families, SectionKey[] keys) => new()
    {
        ["parts"] = new JsonArray([.. parts.Select(p => (JsonNode)PartJson.Of(p))]),
        ["families"] = new JsonArray([.. families.Select(f => (JsonNode)new JsonObject { ["family"] = f.Name, ["summary"] = f.Summary })]),
        ["keys"] = new JsonArray([.. keys.Select(k => (JsonNode)new JsonObject
        {
            ["path"] = k.Path,
            ["value"] = k.Key.Expected,
            ["summary"] = k.Key.Summary,
            ["keys"] = PartJson.Of(k.Inner),
        })]),
    };

    private void Explain(PartInfo part)
    {
        Title(part.Name, part.Family.Noun + (part.Alias is null ? "" : $", also called {part.Alias}"), part.Summary);
        Keys(part.Keys);
        Lines(part.Remarks);
        if (part.Paper is { } paper)
        {
            Lines($"{paper.Citation}\n{paper.Link}");
        }
    }

    private void Explain(SectionKey key, IReadOnlyList<string> alsoAt)
    {
        string fallback = key.Key.DefaultText.Length > 0 ? $", default {key.Key.DefaultText}" : key.Key.IsRequired ? ", required" : "";
        Title(key.Path, key.Key.Expected + fallback, key.Key.Summary);
        Keys(key.Inner);
        if (alsoAt.Count > 0)
        {
            Lines($"Also at {string.Join(", ", alsoAt)}.");
        }
    }

    private void Title(string name, string kind, string summary)
    {
        Context.Terminal.Show(new Paragraph(name, new Style(Color.Green, decoration: Decoration.Bold)).Append($" ({kind})"));
        Lines(summary);
    }

    private void Keys(IReadOnlyList<KeyInfo> keys)
    {
        if (keys.Count > 0)
        {
            Table(keys.Select(k => (k.Name, k.IsRequired ? $"{k.Expected}, required" : k.DefaultText.Length > 0 ? $"{k.Expected}, default {k.DefaultText}" : k.Expected, k.Summary)));
        }
    }

    private void Table(IEnumerable<(string Name, string Value, string Summary)> rows)
    {
        var grid = new Grid().AddColumn(new GridColumn { NoWrap = true, Padding = new Padding(2, 0, 2, 0) }).AddColumn(new GridColumn { Width = 32 }).AddColumn();
        foreach ((string name, string value, string summary) in rows)
        {
            _ = grid.AddRow(new Text(name, new Style(Color.Green)), new Text(value), new Text(summary));
        }

        Context.Terminal.Show(grid);
    }

    private void Lines(string text)
    {
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            Context.Terminal.Show(new Padder(new Text(line), new Padding(2, 0, 0, 0)));
        }
    }
}
