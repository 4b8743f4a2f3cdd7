using System.CommandLine;
using Graft.Cli.Starters;
using Graft.Data;
using Graft.Data.Sources;
using Graft.Experiments.Spec;

namespace Graft.Cli.Commands;

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
