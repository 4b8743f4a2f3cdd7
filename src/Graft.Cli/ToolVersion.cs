using System.Reflection;
using System.Text;

namespace Graft.Cli;

/// <summary>The version of the tool.</summary>
internal static class ToolVersion
{
    /// <summary>Writes it to standard output.</summary>
    /// <returns>The exit code.</returns>
    public static int Tell()
    {
        string version = typeof(ToolVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        using Stream output = Console.OpenStandardOutput();
        output.Write(Encoding.ASCII.GetBytes(version + "\n"));
        return ExitCode.Done;
    }
}
