using System.CommandLine;
using System.Text.Json.Nodes;
using Graft.Experiments.Spec;
using Graft.Hub;

namespace Graft.Cli.Commands;

/// <summary>`graft pull`: loads published weights or data sets by name, once.</summary>
internal sealed class PullCommand : GraftCommand
{
    private readonly Argument<string[]> _names = new("name") { Description = "Names such as resnet18 or hymenoptera; `graft list hub` shows all.", HelpName = "name", Arity = ArgumentArity.OneOrMore };
    private readonly Option<bool> _where = new("--where") { Description = "Load nothing; say where it is, or where it belongs." };
    private readonly Option<bool> _quiet = new("--quiet") { Description = "Show no progress." };

    public PullCommand(CommandContext context)
        : base("pull", "Load published weights or data sets by name, check them and keep them for every experiment; GRAFT_HOME names the folder.", context)
    {
        Arguments.Add(_names);
        Options.Add(_where);
        Options.Add(_quiet);
        _names.CompletionSources.Add(_ => context.Hub.Entries.Select(e => new System.CommandLine.Completions.CompletionItem(e.Name)));
    }

    protected override int Execute(ParseResult parsed)
    {
        HubEntry[] entries = [.. parsed.GetRequiredValue(_names).Select(Choose)];
        var paths = new JsonArray();
        foreach (HubEntry entry in entries)
        {
            string path = parsed.GetValue(_where) ? Context.Hub.PathOf(entry.Name) : Pull(entry, parsed.GetValue(_quiet));
            paths.Add((JsonNode)new JsonObject { ["name"] = entry.Name, ["path"] = path, ["license"] = entry.License });
            if (!parsed.GetValue(Json))
            {
                Context.Terminal.Output.WriteLine(path);
            }
        }

        if (parsed.GetValue(Json))
        {
            Context.Terminal.Show(new JsonObject { ["status"] = "done", ["pulled"] = paths });
        }

        return ExitCode.Done;
    }

    private string Pull(HubEntry entry, bool isQuiet)
    {
        using var display = new PullDisplay(Context.Terminal, isQuiet);
        using HubClient client = Context.Connect();
        if (!Context.Hub.IsHere(entry))
        {
            display.Say($"{entry.Name}: {entry.What}. License: {entry.License}.");
        }

        string path = Context.Hub.PullAsync(entry.Name, client, display, Context.Cancel).GetAwaiter().GetResult();
        string use = entry.IsData ? $"path: hub:{entry.Name}" : entry.Model.Count > 0 ? $"model: {HubListing.Keys(entry)[..^2]}, weights: {entry.Name} }}" : $"weights: {entry.Name}";
        display.Say($"{entry.Name} is here; in an experiment: {use}");
        return path;
    }

    private HubEntry Choose(string name) => Context.Hub.Find(name)
        ?? throw new UsageException($"the hub knows no '{name}'.{Spelling.Hint(name, Context.Hub.Entries.Select(e => e.Name))} `graft list hub` shows all {Context.Hub.Entries.Count}.");
}
