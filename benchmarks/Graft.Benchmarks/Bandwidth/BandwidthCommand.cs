using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Graft.Tensors;

namespace Graft.Benchmarks.Bandwidth;

/// <summary>Operations that memory bounds: which part of what the memory gives they use.</summary>
/// <remarks>What memory gives is shared with everybody on the machine and changes from moment to moment. So each run of an operation stands between two runs of the
/// reference, a copy or a read of as much memory by the same threads, and is divided by their mean; of these shares the median counts.</remarks>
internal static class BandwidthCommand
{
    public const string Syntax = "[--only NAME]... [--seconds S] [--threads N] [--json]";

    private const long Bytes = 256L << 20;
    private const int LeastRounds = 5, MostRounds = 200, WarmUps = 3;

    public static int Run(Options options)
    {
        IReadOnlyList<MovingWork> chosen = Choose(options.Only);
        double seconds = options.Seconds(1);
        Engine.Threads = options.Threads;
        using var traffic = new Traffic(Bytes);
        WarmUp(traffic);
        Console.WriteLine($"{Engine.VectorWidth} registers, {Engine.Threads} threads");
        Console.WriteLine($"{"operation",-20} {"MB",7} {"ms",9} {"GB/s",7} {"like",5} {"GB/s",7} {"% of it",8}");
        var results = new List<BandwidthResult>();
        foreach (MovingWork work in chosen)
        {
            BandwidthResult r = Measure(work, traffic, seconds);
            results.Add(r);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{r.Name,-20} {r.Megabytes,7:F0} {r.Milliseconds,9:F2} {r.Gigabytes,7:F1} {r.Like,5} {r.Reference,7:F1} {r.Share * 100,8:F0}"));
        }

        if (options.IsJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { operations = results }));
        }

        return 0;
    }

    private static BandwidthResult Measure(MovingWork work, Traffic traffic, double seconds)
    {
        work.Prepare();
        for (int i = 0; i < WarmUps; i++)
        {
            work.Run();
        }

        // Compilation of the last tier happens in the background.
        Thread.Sleep(200);
        work.Run();
        var times = new List<double>();
        var references = new List<double>();
        var shares = new List<double>();
        double before = Reference(work, traffic);
        long begin = Stopwatch.GetTimestamp();
        while (times.Count < LeastRounds || (times.Count < MostRounds && Stopwatch.GetElapsedTime(begin).TotalSeconds < seconds))
        {
            double time = work.Run(), after = Reference(work, traffic), reference = (before + after) / 2;
            times.Add(time);
            references.Add(reference);
            shares.Add(work.Megabytes / 1e3 / time / reference);
            before = after;
        }

        work.Release();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Engine.Trim();
        double median = Median(times);
        return new BandwidthResult(
            work.Name, Engine.Threads, work.Megabytes, median * 1e3, work.Megabytes / 1e3 / median, work.OnlyReads ? "read" : "copy", Median(references), Median(shares));
    }

    private static double Reference(MovingWork work, Traffic traffic) => work.OnlyReads ? traffic.Read() : traffic.Copy();

    private static void WarmUp(Traffic traffic)
    {
        for (int i = 0; i < WarmUps; i++)
        {
            traffic.Copy();
            traffic.Read();
        }
    }

    private static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static IReadOnlyList<MovingWork> Choose(IReadOnlyList<string> only)
    {
        foreach (string name in only)
        {
            if (MovingWorkList.All.All(w => w.Name != name))
            {
                throw new ArgumentException($"--only: expected {string.Join(", ", MovingWorkList.All)}, got '{name}'.");
            }
        }

        return only.Count == 0 ? MovingWorkList.All : [.. MovingWorkList.All.Where(w => only.Contains(w.Name))];
    }
}
