using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Tasks;

namespace Graft.Cli.Commands;

/// <summary>`graft import`: makes a model file of a network that was trained elsewhere.</summary>
internal sealed class ImportCommand : GraftCommand
{
    private readonly ModelOpening _model = new();
    private readonly Argument<string> _to = new("to") { Description = "The model file to write, such as squeezenet.graft." };

    public ImportCommand(CommandContext context)
        : base("import", "Make a model file of a network that was trained elsewhere: it then opens alone, is carried to new tasks and exported like one of ours.", context)
    {
        _model.AddTo(this);
        Arguments.Add(_to);
        Options.Add(Force);
    }

    protected override int Execute(ParseResult parsed)
    {
        string to = parsed.GetRequiredValue(_to);
        CheckReplaces(parsed, to);
        TrainedModel model = _model.Open(parsed, out _);
        model.Save(to);
        if (parsed.GetValue(Json))
        {
            Context.Terminal.Show(new JsonObject { ["file"] = to, ["parameters"] = model.Model.ParameterCount, ["outputs"] = model.Model.Tasks[0].Outputs });
        }
        else
        {
            Context.Terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{to}: {model.Model.Trunk}, {model.Model.ParameterCount:N0} parameters, {model.Model.Tasks[0].Outputs} outputs."));
        }

        return ExitCode.Done;
    }
}
