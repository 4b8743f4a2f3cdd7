using System.CommandLine;
using System.Text.Json.Nodes;
using Graft.Experiments.Reports;
using Graft.Experiments.Runner;
using Graft.Experiments.Runs;
using Graft.Experiments.Spec;

namespace Graft.Cli.Commands;

/// <summary>`graft run`: runs an experiment and says what came out.</summary>
internal sealed class RunCommand : GraftCommand
{
    private readonly Argument<string> _file = new("file") { Description = "The experiment file." };
    private readonly Argument<string[]> _values = new("key=value") { Description = "Values that replace those of the file, such as epochs=2 or optimizer.rate=0.01.", Arity = ArgumentArity.ZeroOrMore };
    private readonly RunFlags _flags = new();

    public RunCommand(CommandContext context)
        : base("run", "Run an experiment: trained models, a comparison and a report.", context)
    {
        Arguments.Add(_file);
        Arguments.Add(_values);
        Options.Add(_flags.Out);
        _flags.AddTo(this);
    }

    protected override int Execute(ParseResult parsed)
    {
        ExperimentFile file = ExperimentFile.Read(parsed.GetRequiredValue(_file), parsed.GetValue(_values), Context.Catalogue);
        RunOptions options = _flags.Read(parsed) with { OutDirectory = parsed.GetValue(_flags.Out) ?? "runs" };
        using var display = new RunDisplay(Context.Terminal, parsed.GetValue(_flags.Quiet));
        string folder = ExperimentRunner.Run(file, options, display, Context.Cancel);
        return RunOutcome.Tell(Context.Terminal, folder, parsed.GetValue(Json));
    }
}
