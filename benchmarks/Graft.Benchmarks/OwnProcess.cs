using System.Diagnostics;

namespace Graft.Benchmarks;

/// <summary>Starts this program again, so that something is measured in a process that did nothing else.</summary>
internal static class OwnProcess
{
    /// <summary>Runs it to its end.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>What it printed; null where it failed.</returns>
    public static string? Run(params ReadOnlySpan<string> arguments)
    {
        using Process process = Start(arguments);
        string text = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return process.ExitCode == 0 ? text : null;
    }

    /// <summary>Begins it; what it prints can be read.</summary>
    /// <param name="arguments">Its arguments.</param>
    public static Process Start(params ReadOnlySpan<string> arguments)
    {
        ProcessStartInfo start = Prepare(arguments);
        start.RedirectStandardOutput = true;
        return Process.Start(start)!;
    }

    /// <summary>Runs it to its end; it prints where this one does.</summary>
    /// <param name="environment">Variables besides those of this process.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>Its exit code.</returns>
    public static int Show(IEnumerable<(string Name, string Value)> environment, params ReadOnlySpan<string> arguments)
    {
        ProcessStartInfo start = Prepare(arguments);
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode;
    }

    private static ProcessStartInfo Prepare(ReadOnlySpan<string> arguments)
    {
        string program = Environment.ProcessPath ?? "dotnet";
        var start = new ProcessStartInfo(program) { UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
        {
            start.ArgumentList.Add(typeof(OwnProcess).Assembly.Location);
        }

        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }
}
