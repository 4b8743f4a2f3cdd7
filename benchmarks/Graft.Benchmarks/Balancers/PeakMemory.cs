using System.Diagnostics;
using System.Globalization;

namespace Graft.Benchmarks.Balancers;

/// <summary>The most memory that a run has in use, in a process of its own.</summary>
internal static class PeakMemory
{
    private const int Steps = 25;

    /// <summary>Runs a row in a new process.</summary>
    /// <returns>MB; null where the process failed.</returns>
    public static double? Of(BalancerCase row, int threads)
    {
        string? text = OwnProcess.Run(
            "balancers", "of", "--balancer", row.Balancer, "--gradients", row.Gradients, "--model", row.Model,
            "--tasks", row.Tasks.ToString(CultureInfo.InvariantCulture), "--threads", threads.ToString(CultureInfo.InvariantCulture));
        return double.TryParse(text, CultureInfo.InvariantCulture, out double megabytes) ? megabytes : null;
    }

    /// <summary>What the new process does: steps.</summary>
    /// <returns>MB.</returns>
    public static double Run(BalancerCase row)
    {
        var workload = new BalancerWorkload(row);
        for (int i = 0; i < Steps; i++)
        {
            workload.Run();
        }

        return Resident() / 1048576.0;
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
