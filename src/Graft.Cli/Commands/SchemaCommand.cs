using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Graft.Experiments.Spec;

namespace Graft.Cli.Commands;

/// <summary>`graft schema`: the JSON Schema of experiment files, for editors.</summary>
internal sealed class SchemaCommand(CommandContext context)
    : GraftCommand("schema", "Write the JSON Schema of experiment files, for completion and checks in editors.", context)
{
    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    protected override int Execute(ParseResult parsed)
    {
        var schema = Context.Catalogue.SchemaOf<ExperimentSpec>("Graft experiment");
        Context.Terminal.Output.WriteLine(parsed.GetValue(Json) ? schema.ToJsonString() : schema.ToJsonString(_indented));
        return ExitCode.Done;
    }
}
