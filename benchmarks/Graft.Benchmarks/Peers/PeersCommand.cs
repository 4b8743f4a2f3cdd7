using System.Globalization;
using System.Text.Json;
using Graft.Benchmarks.Workloads;
using Graft.Tensors;

namespace Graft.Benchmarks.Peers;

/// <summary>The same work here and in PyTorch, in turns: as a user writes it there, and at the best of the settings that make it faster.</summary>
internal static class PeersCommand
{
    public const string Syntax = "[--only NAME]... [--threads N] [--seconds S] [--processor] [--no-torch] [--json]";

    public static int Run(Options options)
    {
        IReadOnlyList<Workload> chosen = WorkloadList.Choose(WorkloadList.All, options.Only);
        double seconds = options.Seconds(2);
        bool processor = options.Has("--processor");
        Engine.Threads = options.Threads;
        Roof roof = Roof.Measure();
        string reason = "it was not asked for";
        using TorchSettings? torch = options.Has("--no-torch") ? null : TorchSettings.Start(options.Threads, out reason);
        Console.WriteLine(torch is null ? $"no PyTorch columns: {reason}." : $"beside {torch.Version}");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Engine.VectorWidth} registers, {Engine.Threads} threads, multiply-add peak {roof.Peak:F0} GFLOP/s, memory {roof.Bandwidth:F1} GB/s, {Load()}, medians of {(processor ? "processor time" : "the clock")}"));
        Console.WriteLine($"{"workload",-20} {"graft ms",10} {"torch ms",10} {"best ms",10} {"x torch",8} {"x best",7} {"% roof",7} {"roof",-6} {"bytes",6}  best setting");
        var results = new List<PeerResult>();
        foreach (Workload workload in chosen)
        {
            results.Add(Measure(workload, torch, roof, seconds, processor));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"roofs as they were at the end: multiply-add peak {roof.Peak:F0} GFLOP/s, memory {roof.Bandwidth:F1} GB/s"));
        if (options.IsJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { workloads = chosen.Zip(results, (w, r) => r with { PeakShare = roof.Share(w.Cost, r.GraftMs) }) }));
        }

        return 0;
    }

    private static PeerResult Measure(Workload workload, TorchSettings? torch, Roof roof, double seconds, bool processor)
    {
        var own = new OwnSide(workload);
        own.Prepare();
        string reason = "";
        IReadOnlyList<Side> peers = torch?.Sides(workload.Name, out reason) ?? [];
        try
        {
            Turns.Take([own.Side, .. peers.Take(1)], [.. peers.Skip(1)], seconds, processor);
        }
        catch (InvalidOperationException e) when (peers.Count > 0)
        {
            (peers, reason) = ([], e.Message);
            Turns.Take([own.Side], [], seconds, processor);
        }

        roof.LookAgain();
        Side? best = peers.MinBy(p => p.Median(processor));
        double graft = own.Side.Median(processor);
        double? plain = peers.Count > 0 ? peers[0].Median(processor) : null, least = best?.Median(processor);
        var result = new PeerResult(
            workload.Name, Engine.Threads, graft, plain, least, plain / graft, least / graft, roof.Share(workload.Cost, graft), own.BytesPerStep);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Name,-20} {graft,10:F4} {plain,10:F4} {least,10:F4} {result.Ratio,8:F2} {result.RatioBest,7:F2} {result.PeakShare * 100,7:F0} {(Roof.IsMemory(workload.Cost) ? "memory" : "fma"),-6} {result.AllocBytes,6:F0}  {best?.Name ?? reason}"));
        workload.Release();
        return result;
    }

    // How busy the machine is: the figures of a machine that others use say little.
    private static string Load() => File.Exists("/proc/loadavg") ? $"load {File.ReadAllText("/proc/loadavg").Split(' ')[0]}" : "load unknown";
}
