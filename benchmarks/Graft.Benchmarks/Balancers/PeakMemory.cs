using System.Diagnostics;
using System.Globalization;

namespace Graft.Benchmarks.Balancers;

/// <summary>The most memory that a run has in use, in a process of its own.</summary>
internal static class PeakMemory
{
    /// <summary>The argument that makes this program such a process.</summary>
    public const string Argument = "--peak-of";

    private const int Steps = 25;

    /// <summary>Runs a row in a new process.</summary>
    /// <returns>MB; null where the process failed.</returns>
    public static double? Of(BalancerCase row, int threads)
    {
        string program = Environment.ProcessPath ?? "dotnet";
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
        {
            start.ArgumentList.Add(typeof(PeakMemory).Assembly.Location);
        }

        foreach (string argument in (string[])
            ["balancers", Argument, row.Balancer, row.Gradients, row.Model, row.Tasks.ToString(CultureInfo.InvariantCulture), threads.ToString(CultureInfo.InvariantCulture)])
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 && double.TryParse(text.Trim(), CultureInfo.InvariantCulture, out double megabytes) ? megabytes : null;
    }

    /// <summary>What the new process does: steps, then one number on standard output.</summary>
    public static int Run(string[] arguments)
    {
        var row = new BalancerCase(arguments[0], arguments[1], arguments[2], int.Parse(arguments[3], CultureInfo.InvariantCulture));
        Graft.Tensors.Engine.Threads = int.Parse(arguments[4], CultureInfo.InvariantCulture);
        var workload = new BalancerWorkload(row);
        for (int i = 0; i < Steps; i++)
        {
            workload.Run();
        }

        Console.WriteLine((Resident() / 1048576.0).ToString("F1", CultureInfo.InvariantCulture));
        return 0;
    }

    /// <summary>Makes the peak start again where the system can; gives what is in memory now, in bytes.</summary>
    internal static long Restart()
    {
        if (File.Exists("/proc/self/clear_refs"))
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
        }

        using Process self = Process.GetCurrentProcess();
        return self.WorkingSet64;
    }

    /// <summary>Bytes, at most so far, that this process had in memory.</summary>
    internal static long Resident()
    {
        const string Key = "VmHWM:";
        if (File.Exists("/proc/self/status"))
        {
            string? line = File.ReadLines("/proc/self/status").FirstOrDefault(l => l.StartsWith(Key, StringComparison.Ordinal));
            if (line is not null)
            {
                return long.Parse(line[Key.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1024;
            }
        }

        using Process self = Process.GetCurrentProcess();
        return self.PeakWorkingSet64;
    }
}
