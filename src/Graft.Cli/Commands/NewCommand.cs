using System.CommandLine;

namespace Graft.Cli.Commands;

/// <summary>`graft new`: writes a commented experiment file to start from.</summary>
internal sealed class NewCommand : Command
{
    public NewCommand(CommandContext context)
        : base("new", "Write a commented experiment file to start from.")
    {
        Subcommands.Add(new NewTableCommand("csv", "For a table: learns one column from the others.", isSeveral: false, context));
        Subcommands.Add(new NewImagesCommand(context));
        Subcommands.Add(new NewTableCommand("tasks", "For several tasks on one table: learned together and apart, compared.", isSeveral: true, context));
    }
}
