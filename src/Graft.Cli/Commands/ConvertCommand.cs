using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Models.Formats;

namespace Graft.Cli.Commands;

/// <summary>`graft convert`: writes the weights of any file that can be read as safetensors.</summary>
internal sealed class ConvertCommand : GraftCommand
{
    private readonly Argument<string> _file = new("file") { Description = InspectCommand.Files };
    private readonly Argument<string> _to = new("to") { Description = "The safetensors file to write; numbers become single precision, what else the file says its metadata." };

    public ConvertCommand(CommandContext context)
        : base("convert", "Write the weights of a file as safetensors.", context)
    {
        Arguments.Add(_file);
        Arguments.Add(_to);
        Options.Add(Force);
    }

    protected override int Execute(ParseResult parsed)
    {
        string from = parsed.GetRequiredValue(_file), to = parsed.GetRequiredValue(_to);
        CheckReplaces(parsed, to);
        WeightFile file = WeightFile.Read(from);
        Safetensors.Write(to, file.Tensors, file.ReadFacts());
        if (parsed.GetValue(Json))
        {
            Context.Terminal.Show(new JsonObject { ["file"] = to, ["count"] = file.Tensors.Count, ["numbers"] = file.Count });
        }
        else
        {
            Context.Terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{to}: {InspectCommand.Size(file)}"));
        }

        return ExitCode.Done;
    }
}
