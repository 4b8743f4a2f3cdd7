using System.CommandLine;
using System.CommandLine.Parsing;
using Graft.Cli.Commands;
using Graft.Experiments.Catalogue;
using Graft.Experiments.Runner;
using Graft.Experiments.Spec;
using Graft.Hub;
using Graft.Tensors;

namespace Graft.Cli;

/// <summary>The whole tool: reads the arguments, runs the command, and turns whatever goes wrong into a message and an exit code.</summary>
internal static class CommandLine
{
    // Only the command that is asked for is made; all of them for the help and for messages about names.
    private static readonly Dictionary<string, Func<CommandContext, Command>> _commands = new(StringComparer.Ordinal)
    {
        ["run"] = c => new RunCommand(c),
        ["resume"] = c => new ResumeCommand(c),
        ["evaluate"] = c => new EvaluateCommand(c),
        ["predict"] = c => new PredictCommand(c),
        ["report"] = c => new ReportCommand(c),
        ["validate"] = c => new ValidateCommand(c),
        ["inspect"] = c => new InspectCommand(c),
        ["import"] = c => new ImportCommand(c),
        ["convert"] = c => new ConvertCommand(c),
        ["export"] = c => new ExportCommand(c),
        ["pull"] = c => new PullCommand(c),
        ["list"] = c => new ListCommand(c),
        ["explain"] = c => new ExplainCommand(c),
        ["new"] = c => new NewCommand(c),
        ["schema"] = c => new SchemaCommand(c),
    };

    /// <summary>Runs the command that the process was started for.</summary>
    /// <param name="args">The arguments of the process.</param>
    /// <returns>The exit code.</returns>
    public static int RunProcess(string[] args)
    {
        Engine.CheckMemory(Environment.GetEnvironmentVariable("GRAFT_CHECK_MEMORY"));
        if (args is ["run" or "resume", _, ..])
        {
            WarmUp.Begin();
        }

        using var interruption = new Interruption();
        return Run(args, Terminal.OfProcess(), interruption);
    }

    /// <summary>Runs one command.</summary>
    /// <param name="args">The arguments of the process.</param>
    /// <param name="terminal">Where to write.</param>
    /// <param name="interruption">Ends the command early.</param>
    /// <param name="catalogue">The parts that files may name; left out, those of Graft.</param>
    /// <param name="hub">Published weights and data sets; left out, those of Graft in the folder that the environment names.</param>
    /// <param name="connect">Makes the connection that they are loaded by; left out, a real one.</param>
    /// <returns>The exit code.</returns>
    public static int Run(
        IReadOnlyList<string> args, Terminal terminal, Interruption interruption, PartCatalogue? catalogue = null, GraftHub? hub = null, Func<HubClient>? connect = null)
    {
        RootCommand root = Root(new CommandContext(terminal, catalogue, hub, connect ?? HubClient.New, interruption.Token), args);
        ParseResult parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        bool isJson = args.Contains("--json");
        if (args.Count == 0)
        {
            _ = root.Parse(["--help"]).Invoke(new InvocationConfiguration { Output = terminal.Error });
            return ExitCode.Invalid;
        }

        if (parsed.Errors.Count > 0 && parsed.Action is not System.CommandLine.Help.HelpAction)
        {
            return Failure.Tell(Usage(parsed, root), terminal, interruption, isJson);
        }

        if (MistypedOption(parsed) is { } mistyped)
        {
            return Failure.Tell(mistyped, terminal, interruption, isJson);
        }

        try
        {
            return parsed.Invoke(new InvocationConfiguration
            {
                Output = terminal.Output,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (Exception e)
        {
            return Failure.Tell(e, terminal, interruption, isJson);
        }
    }

    // The parser would take an option that it does not know for a file's name.
    private static UsageException? MistypedOption(ParseResult parsed)
    {
        string? written = parsed.Tokens.TakeWhile(t => t.Type != TokenType.DoubleDash)
            .FirstOrDefault(t => t.Type == TokenType.Argument && t.Value.StartsWith("--", StringComparison.Ordinal))?.Value;
        return written is null
            ? null
            : new UsageException($"no option is named '{written}'.{Spelling.Hint(written, parsed.CommandResult.Command.Options.Select(o => o.Name))}");
    }

    private static UsageException Usage(ParseResult parsed, RootCommand root)
    {
        Command command = parsed.CommandResult.Command;
        IEnumerable<Command> line = command.Parents.OfType<Command>().Append(command);
        string help = $"`{string.Join(' ', line.Select(c => c == root ? "graft" : c.Name))} --help`";
        string[] known = [.. command.Subcommands.Select(c => c.Name)];
        return command.Subcommands.Count == 0 ? new UsageException(string.Join('\n', parsed.Errors.Select(e => e.Message).Append($"{help} shows how it is used.")))
            : parsed.UnmatchedTokens.Count > 0 ? new UsageException($"no command is named '{parsed.UnmatchedTokens[0]}'.{Spelling.Hint(parsed.UnmatchedTokens[0], known)} {help} shows all.")
            : new UsageException($"expected a command: {string.Join(", ", known)}. {help} shows what they do.");
    }

    private static RootCommand Root(CommandContext context, IReadOnlyList<string> args)
    {
        var root = new RootCommand("Graft: transfer learning and multi-task learning. An experiment is a YAML file; `graft new` writes one to start from.") { HelpName = "graft" };
        foreach (Func<CommandContext, Command> make in args.Count > 0 && _commands.TryGetValue(args[0], out Func<CommandContext, Command>? named) ? [named] : _commands.Values.AsEnumerable())
        {
            root.Subcommands.Add(make(context));
        }

        return root;
    }
}
