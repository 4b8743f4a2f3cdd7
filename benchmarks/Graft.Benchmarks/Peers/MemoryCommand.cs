using System.Globalization;
using System.Text.Json;
using Graft.Benchmarks.Workloads;
using Graft.Tensors;

namespace Graft.Benchmarks.Peers;

/// <summary>The most memory that training takes, here and in PyTorch: each workload in a process of its own, beside what the process had before the workload was made.</summary>
internal static class MemoryCommand
{
    public const string Syntax = "[--only NAME]... [--threads N] [--no-torch] [--json]";

    public const string InnerSyntax = "[--only NAME] [--threads N]";

    private const int Steps = 5;

    private const double Megabyte = 1 << 20;

    /// <summary>Measures this engine in this process: prints MB before and at most.</summary>
    public static int RunOne(Options options)
    {
        Engine.Threads = options.Threads;
        Workload workload = WorkloadList.Choose(WorkloadList.All, options.Only)[0];
        double before = ResidentMemory.RestartPeak() / Megabyte;
        workload.Prepare();
        for (int i = 0; i < Steps; i++)
        {
            workload.Step();
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{before:F1} {ResidentMemory.Peak() / Megabyte:F1}"));
        return 0;
    }

    public static int Run(Options options)
    {
        IReadOnlyList<Workload> chosen = [.. WorkloadList.Choose(WorkloadList.All, options.Only).Where(w => w.IsTraining || options.Only.Count > 0)];
        string reason = "it was not asked for";
        bool hasTorch = !options.Has("--no-torch");
        Console.WriteLine($"peak of resident memory over {Steps} steps, MB: at most, before the workload was made, and the difference; {options.Threads} threads");
        Console.WriteLine($"{"workload",-20} {"graft",8} {"before",7} {"more",8} {"torch",8} {"before",7} {"more",8} {"of torch",8}");
        var results = new List<MemoryResult>();
        foreach (Workload workload in chosen)
        {
            (double Before, double Peak)? own = Pair(OwnProcess.Run("peers", "memory", "of", "--only", workload.Name, "--threads", options.Threads.ToString(CultureInfo.InvariantCulture)));
            (double Before, double Peak)? torch = hasTorch ? Torch(workload.Name, options.Threads, ref reason) : null;
            var result = new MemoryResult(workload.Name, options.Threads, own?.Peak, own?.Before, own?.Peak - own?.Before, torch?.Peak, torch?.Before, torch?.Peak - torch?.Before);
            results.Add(result);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Name,-20} {result.GraftPeak,8:F1} {result.GraftBefore,7:F1} {result.GraftMore,8:F1} {result.TorchPeak,8:F1} {result.TorchBefore,7:F1} {result.TorchMore,8:F1} {result.GraftMore / result.TorchMore,8:P0}"));
        }

        if (results.All(r => r.TorchPeak is null))
        {
            Console.WriteLine($"no PyTorch columns: {reason}.");
        }

        if (options.IsJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { memory = results }));
        }

        return 0;
    }

    private static (double Before, double Peak)? Torch(string workload, int threads, ref string reason)
    {
        using PeerProcess? peer = PeerProcess.Start("peer.py", threads, out string lacking);
        reason = lacking;
        try
        {
            return Pair(peer?.Ask(string.Create(CultureInfo.InvariantCulture, $"memory {workload} default {Steps}")));
        }
        catch (InvalidOperationException e)
        {
            reason = e.Message.TrimEnd('.');
            return null;
        }
    }

    private static (double Before, double Peak)? Pair(string? line) => line?.Split(' ') is [var before, var peak]
        ? (double.Parse(before, CultureInfo.InvariantCulture), double.Parse(peak, CultureInfo.InvariantCulture))
        : null;
}
