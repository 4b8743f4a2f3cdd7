using System.Text.Json.Nodes;
using Graft.Experiments.Spec;

namespace Graft.Cli;

/// <summary>The one place where errors become messages: one line each on standard error, never a stack trace, and with --json an object on standard output.</summary>
internal static class Failure
{
    /// <summary>Says what went wrong.</summary>
    /// <returns>The exit code.</returns>
    public static int Tell(Exception error, Terminal terminal, Interruption interruption, bool isJson)
    {
        (string status, int exitCode, IReadOnlyList<Finding> findings) = error switch
        {
            GraftInputException input => ("invalid", ExitCode.Invalid, input.Findings),
            UsageException usage => ("invalid", ExitCode.Invalid, [.. usage.Message.Split('\n').Select(Plain)]),
            OperationCanceledException => ("interrupted", interruption.ExitCode, [Plain("interrupted.")]),
            IOException or UnauthorizedAccessException => ("failed", ExitCode.Failed, [Plain(error.Message)]),
            OutOfMemoryException => ("failed", ExitCode.Failed, [Plain("out of memory. Try a smaller batch or fewer workers.")]),
            _ => ("failed", ExitCode.Failed, (IReadOnlyList<Finding>)[Plain($"unexpected {error.GetType().Name}: {error.Message} Set GRAFT_DEBUG=1 to see where.")]),
        };
        foreach (Finding finding in findings)
        {
            terminal.Error.WriteLine(OneLine(finding.ToString()));
        }

        if (terminal.IsDebug)
        {
            terminal.Error.WriteLine(error);
        }

        if (isJson)
        {
            var errors = new JsonArray([.. findings.Select(f => (JsonNode)new JsonObject { ["file"] = f.File, ["line"] = f.Line, ["column"] = f.Column, ["message"] = f.Message })]);
            terminal.Show(new JsonObject { ["status"] = status, ["errors"] = errors });
        }

        return exitCode;
    }

    private static Finding Plain(string message) => new("", 0, 0, message);

    private static string OneLine(string text) => string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
