using System.CommandLine;
using System.Text.Json.Nodes;
using Graft.Experiments.Spec;

namespace Graft.Cli.Commands;

/// <summary>What all starting files need: a name, a place to be written to, and that nothing is overwritten.</summary>
internal abstract class NewFileCommand : GraftCommand
{
    private readonly Option<string?> _out = new("--out", "-o") { Description = "The file to write; left out, NAME.yaml in this folder; - for standard output. Never overwrites." };

    protected NewFileCommand(string name, string description, CommandContext context)
        : base(name, description, context) => Options.Add(_out);

    /// <summary>Writes the file, having made sure that it is valid.</summary>
    /// <param name="parsed">The arguments.</param>
    /// <param name="name">The experiment's name.</param>
    /// <param name="write">Makes the text, given the folder that paths start from.</param>
    protected int Write(ParseResult parsed, string name, Func<string, string> write)
    {
        string file = parsed.GetValue(_out) ?? name + ".yaml";
        string folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        string text = write(folder);
        _ = ExperimentFile.Parse(file == "-" ? "new" : file, text, catalogue: Context.Catalogue);
        if (file == "-")
        {
            Context.Terminal.Output.Write(text);
            return ExitCode.Done;
        }

        if (Path.Exists(file))
        {
            throw new UsageException($"{file}: exists already. Choose another file with --out.");
        }

        _ = Directory.CreateDirectory(folder);
        using (var stream = new FileStream(file, FileMode.CreateNew, FileAccess.Write))
        {
            stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
        }

        if (parsed.GetValue(Json))
        {
            Context.Terminal.Show(new JsonObject { ["file"] = file });
        }
        else
        {
            Context.Terminal.Output.WriteLine(file);
        }

        Context.Terminal.Error.WriteLine($"Look it over, then check it with `graft validate {file}`.");
        return ExitCode.Done;
    }

    /// <summary>A path as it is to stand in a file in some folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="path">The path from here.</param>
    protected static string From(string folder, string path) => Path.IsPathFullyQualified(path)
        ? path
        : Path.GetRelativePath(folder, Path.GetFullPath(path)).Replace('\\', '/');
}
