using System.CommandLine;
using Graft.Experiments.Catalogue;
using Graft.Hub;

namespace Graft.Cli.Commands;

/// <summary>What every command gets.</summary>
/// <param name="Terminal">Where to write.</param>
/// <param name="Catalogue">The parts that files may name.</param>
/// <param name="Cancel">Cancelled when the process is to end.</param>
/// <param name="Hub">Published weights and data sets.</param>
/// <param name="Connect">Makes the connection that they are loaded by.</param>
internal sealed record CommandContext(Terminal Terminal, PartCatalogue Catalogue, CancellationToken Cancel, GraftHub Hub, Func<HubClient> Connect);

/// <summary>One command of the tool.</summary>
internal abstract class GraftCommand : Command
{
    /// <param name="name">How it is called.</param>
    /// <param name="description">What it does, for the help.</param>
    /// <param name="context">What it works with.</param>
    protected GraftCommand(string name, string description, CommandContext context)
        : base(name, description)
    {
        Context = context;
        Options.Add(Json);
        SetAction(parsed => Execute(parsed));
    }

    /// <summary>Asks for results as JSON.</summary>
    protected Option<bool> Json { get; } = new("--json") { Description = "Write results as JSON; the last line of standard output is one object." };

    /// <summary>What it works with.</summary>
    protected CommandContext Context { get; }

    /// <summary>Does it.</summary>
    /// <param name="parsed">The arguments.</param>
    /// <returns>The exit code.</returns>
    protected abstract int Execute(ParseResult parsed);
}
