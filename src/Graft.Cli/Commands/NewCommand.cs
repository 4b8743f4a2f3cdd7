using System.CommandLine;
using System.Text.Json.Nodes;
using Graft.Cli.Starters;
using Graft.Data;
using Graft.Data.Sources;
using Graft.Experiments.Spec;

namespace Graft.Cli.Commands;

/// <summary>`graft new`: writes a commented experiment file to start from.</summary>
internal sealed class NewCommand : Command
{
    public NewCommand(CommandContext context)
        : base("new", "Write a commented experiment file to start from.")
    {
        Subcommands.Add(new NewTableCommand("csv", "For a table: learns one column from the others.", isSeveral: false, context));
        Subcommands.Add(new NewTableCommand("tasks", "For several tasks on one table: learned together and apart, compared.", isSeveral: true, context));
    }
}

/// <summary>What all starting files need: a name, a place to be written to, and that nothing is overwritten.</summary>
internal abstract class NewFileCommand : GraftCommand
{
    private readonly Option<string?> _out = new("--out", "-o") { Description = "The file to write; left out, NAME.yaml in this folder. Never overwrites." };

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
        _ = ExperimentFile.Parse(file, text, catalogue: Context.Catalogue);
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

/// <summary>`graft new csv` and `graft new tasks`: looks at the columns of a table.</summary>
internal sealed class NewTableCommand : NewFileCommand
{
    private readonly Argument<string> _file = new("file") { Description = "The table, delimited text." };
    private readonly Option<string[]> _targets = new("--target", "-t") { Description = "The column to learn; left out, the last one.", AllowMultipleArgumentsPerToken = true };
    private readonly bool _isSeveral;

    public NewTableCommand(string name, string description, bool isSeveral, CommandContext context)
        : base(name, description, context)
    {
        _isSeveral = isSeveral;
        if (isSeveral)
        {
            _targets.Description = "The columns to learn, two or more.";
            _targets.Required = true;
        }

        Arguments.Add(_file);
        Options.Add(_targets);
    }

    protected override int Execute(ParseResult parsed)
    {
        string path = parsed.GetRequiredValue(_file);
        if (!File.Exists(path))
        {
            throw new UsageException($"{path}: no such file.");
        }

        Dataset table = new CsvSource(Path.GetFullPath(path)).Read(new DataContext(Environment.CurrentDirectory, null, 1));
        string[] targets = [.. (parsed.GetValue(_targets) ?? []).Distinct()];
        targets = targets.Length > 0 ? targets : [table.Columns[^1].Name];
        foreach (string target in targets)
        {
            if (!table.TryGet(target, out _))
            {
                string[] known = [.. table.Columns.Select(c => c.Name)];
                throw new UsageException($"{path}: no column is named '{target}'.{Spelling.Hint(target, known)} There are {string.Join(", ", known.Take(20))}{(known.Length > 20 ? ", ..." : "")}.");
            }
        }

        if (_isSeveral && targets.Length < 2)
        {
            throw new UsageException("--target: expected two columns or more, got one. `graft new csv` is for one.");
        }

        string name = Starter.Name(Path.GetFileNameWithoutExtension(path), "table");
        return Write(parsed, name, folder => TableStarter.Write(table, name, From(folder, path), targets));
    }
}
