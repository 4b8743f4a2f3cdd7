using System.Diagnostics;
using Graft.Cli;

namespace Graft.Experiments.Tests.Cli;

/// <summary>Runs the tool, in this process with captured writers or as a process of its own.</summary>
internal static class Tool
{
    /// <summary>Runs it here.</summary>
    public static (int Code, string Output, string Error) Run(params string[] args) => Run(isDebug: false, args);

    /// <summary>Runs it here.</summary>
    public static (int Code, string Output, string Error) Run(bool isDebug, params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        using var interruption = new Interruption();
        int code = CommandLine.Run(args, new Terminal(output, error, isDebug: isDebug), interruption);
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>Runs it as a process.</summary>
    public static (int Code, string Output, string Error) Start(params string[] args)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "Graft.Cli.dll"), .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        if (!process.WaitForExit(60_000))
        {
            process.Kill();
        }

        return (process.ExitCode, output, error.Result);
    }
}

/// <summary>A folder of its own for a test, gone afterwards.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("graft-").FullName;

    /// <summary>Writes a file and gives its path.</summary>
    public string Write(string name, string text)
    {
        string path = System.IO.Path.Combine(Path, name);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
