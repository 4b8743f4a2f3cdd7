using System.CommandLine;
using Graft.Experiments.Runner;

namespace Graft.Cli.Commands;

/// <summary>The options that running and resuming share.</summary>
internal sealed class RunFlags
{
    public Option<string> Out { get; } = new("--out") { Description = "Folder that the run's folder is made in. Default: runs." };

    public Option<int?> Threads { get; } = WholeNumber.Option("--threads", 1, 64, "Threads for all work together, 1 to 64. Default: one a core. Results do not depend on it.");

    public Option<bool> Quiet { get; } = new("--quiet") { Description = "Show no progress." };

    public void AddTo(Command command)
    {
        command.Options.Add(Threads);
        command.Options.Add(Quiet);
    }

    public RunOptions Read(ParseResult parsed) => new(
        DataFolder: Environment.GetEnvironmentVariable("GRAFT_DATA") is { Length: > 0 } folder ? folder : null,
        Threads: parsed.GetValue(Threads),
        Command: "graft " + string.Join(' ', parsed.Tokens.Select(t => t.Value)),
        Home: HomeFolder.OfProcess());
}
