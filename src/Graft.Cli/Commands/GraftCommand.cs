using System.CommandLine;
using Graft.Experiments.Catalogue;
using Graft.Hub;

namespace Graft.Cli.Commands;

/// <summary>What every command gets.</summary>
/// <param name="terminal">Where to write.</param>
/// <param name="catalogue">The parts that files may name; null for those of Graft.</param>
/// <param name="hub">Published weights and data sets; null for those of Graft in the folder that the environment names.</param>
/// <param name="connect">Makes the connection that they are loaded by.</param>
/// <param name="cancel">Cancelled when the process is to end.</param>
internal sealed class CommandContext(Terminal terminal, PartCatalogue? catalogue, GraftHub? hub, Func<HubClient> connect, CancellationToken cancel)
{
    private readonly Lazy<GraftHub> _hub = new(() => hub ?? new GraftHub(HomeFolder.OfProcess()));

    /// <summary>Where to write.</summary>
    public Terminal Terminal { get; } = terminal;

    /// <summary>The parts that files may name; looked for when somebody asks.</summary>
    public PartCatalogue Catalogue => catalogue ?? PartCatalogue.Default;

    /// <summary>Cancelled when the process is to end.</summary>
    public CancellationToken Cancel { get; } = cancel;

    /// <summary>Published weights and data sets; read when somebody asks.</summary>
    public GraftHub Hub => _hub.Value;

    /// <summary>Makes the connection that they are loaded by.</summary>
    public Func<HubClient> Connect { get; } = connect;
}

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

    /// <summary>Asks for files to be replaced; for commands that write some.</summary>
    protected Option<bool> Force { get; } = new("--force") { Description = "Replace what is written where it exists." };

    /// <summary>Refuses to write over a file, unless that was asked for.</summary>
    /// <param name="parsed">The arguments.</param>
    /// <param name="files">What is to be written.</param>
    /// <exception cref="UsageException">One exists.</exception>
    protected void CheckReplaces(ParseResult parsed, params ReadOnlySpan<string> files)
    {
        foreach (string file in files)
        {
            if (File.Exists(file) && !parsed.GetValue(Force))
            {
                throw new UsageException($"{file} exists. --force replaces it.");
            }
        }
    }

    /// <summary>Does it.</summary>
    /// <param name="parsed">The arguments.</param>
    /// <returns>The exit code.</returns>
    protected abstract int Execute(ParseResult parsed);
}
