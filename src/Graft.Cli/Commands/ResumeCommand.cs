using System.CommandLine;
using Graft.Experiments.Runner;

namespace Graft.Cli.Commands;

/// <summary>`graft resume`: goes on with an interrupted run.</summary>
internal sealed class ResumeCommand : GraftCommand
{
    private readonly Argument<string> _folder = new("run-folder") { Description = "The folder of the run, such as runs/quickstart." };
    private readonly RunFlags _flags = new();

    public ResumeCommand(CommandContext context)
        : base("resume", "Go on with a run that was interrupted; the end is the same, bit for bit.", context)
    {
        Arguments.Add(_folder);
        _flags.AddTo(this);
    }

    protected override int Execute(ParseResult parsed)
    {
        using var display = new RunDisplay(Context.Terminal, parsed.GetValue(_flags.Quiet));
        string folder = ExperimentRunner.Resume(parsed.GetRequiredValue(_folder), _flags.Read(parsed), display, Context.Cancel);
        return RunOutcome.Tell(Context.Terminal, folder, parsed.GetValue(Json));
    }
}
