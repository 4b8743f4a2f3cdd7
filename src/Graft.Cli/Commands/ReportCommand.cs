using System.CommandLine;
using System.Text.Json.Nodes;
using Graft.Experiments.Reports;
using Graft.Experiments.Runs;

namespace Graft.Cli.Commands;

/// <summary>`graft report`: draws the report of a run anew, also of one that is running or was copied from elsewhere.</summary>
internal sealed class ReportCommand : GraftCommand
{
    private readonly Argument<string> _folder = new("run-folder") { Description = "The folder of the run, such as runs/quickstart." };

    public ReportCommand(CommandContext context)
        : base("report", "Draw the report of a run anew from its folder.", context) => Arguments.Add(_folder);

    protected override int Execute(ParseResult parsed)
    {
        using RunFolder folder = RunFolder.Open(parsed.GetRequiredValue(_folder));
        string path = ReportWriter.Write(folder);
        if (parsed.GetValue(Json))
        {
            Context.Terminal.Show(new JsonObject { ["run"] = folder.Name, ["report"] = path });
        }
        else
        {
            Context.Terminal.Output.WriteLine(path);
        }

        return ExitCode.Done;
    }
}
