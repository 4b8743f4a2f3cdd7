using System.CommandLine;
using System.Text.Json.Nodes;
using Graft.Experiments.Spec;

namespace Graft.Cli.Commands;

/// <summary>`graft validate`: says everything that is wrong with an experiment file, without touching its data.</summary>
internal sealed class ValidateCommand : GraftCommand
{
    private readonly Argument<string> _file = new("file") { Description = "The experiment file." };
    private readonly Argument<string[]> _values = new("key=value") { Description = "Values that replace those of the file, such as epochs=2 or optimizer.rate=0.01.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<bool> _resolved = new("--resolved") { Description = "Write the experiment with all values and defaults in place." };

    public ValidateCommand(CommandContext context)
        : base("validate", "Check an experiment file: all errors at once, each with its place.", context)
    {
        Arguments.Add(_file);
        Arguments.Add(_values);
        Options.Add(_resolved);
    }

    protected override int Execute(ParseResult parsed)
    {
        ExperimentFile file = ExperimentFile.Read(parsed.GetRequiredValue(_file), parsed.GetValue(_values), Context.Catalogue);
        if (parsed.GetValue(_resolved))
        {
            Context.Terminal.Output.Write(file.Resolved);
        }

        if (parsed.GetValue(Json))
        {
            Context.Terminal.Show(new JsonObject { ["status"] = "valid", ["file"] = file.Path, ["name"] = file.Name });
        }
        else if (!parsed.GetValue(_resolved))
        {
            Context.Terminal.Output.WriteLine($"{file.Path}: valid.");
        }

        return ExitCode.Done;
    }
}
