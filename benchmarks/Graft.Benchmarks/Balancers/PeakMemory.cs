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

        return ResidentMemory.Peak() / 1048576.0;
    }
}
