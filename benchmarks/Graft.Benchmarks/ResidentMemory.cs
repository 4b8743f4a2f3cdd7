using System.Diagnostics;
using System.Globalization;

namespace Graft.Benchmarks;

/// <summary>What this process has in memory.</summary>
internal static class ResidentMemory
{
    /// <summary>Makes the peak start again where the system can.</summary>
    /// <returns>Bytes in memory now.</returns>
    public static long RestartPeak()
    {
        if (File.Exists("/proc/self/clear_refs"))
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
        }

        using Process self = Process.GetCurrentProcess();
        return self.WorkingSet64;
    }

    /// <summary>Bytes, at most since the start or the restart.</summary>
    public static long Peak()
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
