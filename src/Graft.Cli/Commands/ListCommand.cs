using System.CommandLine;
using System.Text.Json.Nodes;
using Graft.Experiments.Catalogue;
using Graft.Experiments.Spec;
using Spectre.Console;

namespace Graft.Cli.Commands;

/// <summary>`graft list`: the families of named parts, or the parts of one.</summary>
internal sealed class ListCommand : GraftCommand
{
    private readonly Argument<string?> _family = new("family") { Description = "Such as optimizers, or hub; left out, all families.", Arity = ArgumentArity.ZeroOrOne, HelpName = "family" };

    public ListCommand(CommandContext context)
        : base("list", "Show what experiment files can name: all families, the parts of one, or the published weights and data sets of the hub.", context)
    {
        Arguments.Add(_family);
        _family.CompletionSources.Add(_ => context.Catalogue.Families.Select(f => new System.CommandLine.Completions.CompletionItem(f.Name)));
    }

    protected override int Execute(ParseResult parsed)
    {
        if (parsed.GetValue(_family) == "hub")
        {
            HubListing.Show(Context, parsed.GetValue(Json));
            return ExitCode.Done;
        }

        Family? family = Choose(parsed.GetValue(_family));
        if (parsed.GetValue(Json))
        {
            JsonNode[] families = [.. (family is null ? Context.Catalogue.Families : [family]).Select(f => (JsonNode)Describe(f))];
            Context.Terminal.Show(new JsonObject { ["families"] = new JsonArray(families) });
        }
        else if (family is null)
        {
            Draw(Context.Catalogue.Families.Select(f => (f.Name, f.Parts.Count.ToString(System.Globalization.CultureInfo.InvariantCulture), f.Summary)));
            Context.Terminal.Error.WriteLine("`graft list FAMILY` shows its parts, `graft explain NAME` one of them, `graft list hub` published weights and data sets.");
        }
        else
        {
            Draw(family.Parts.Select(p => (p.Name, p.Alias is null ? "" : $"or {p.Alias}", p.Summary)));
        }

        return ExitCode.Done;
    }

    private static JsonObject Describe(Family family) => new()
    {
        ["family"] = family.Name,
        ["summary"] = family.Summary,
        ["parts"] = new JsonArray([.. family.Parts.Select(p => (JsonNode)PartJson.Of(p))]),
    };

    private Family? Choose(string? name)
    {
        string[] known = [.. Context.Catalogue.Families.Select(f => f.Name)];
        return name is null
            ? null
            : Context.Catalogue.Families.FirstOrDefault(f => f.Name == name || f.Noun == name)
                ?? throw new UsageException($"no family is named '{name}'.{Spelling.Hint(name, known)} There are {string.Join(", ", known)}.");
    }

    private void Draw(IEnumerable<(string Name, string Note, string Summary)> rows)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn(new GridColumn().NoWrap()).AddColumn();
        foreach ((string name, string note, string summary) in rows)
        {
            _ = grid.AddRow(new Text(name, new Style(Color.Green)), new Text(note), new Text(summary));
        }

        Context.Terminal.Show(grid);
    }
}
