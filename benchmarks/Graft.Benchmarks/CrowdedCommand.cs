using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Graft.Benchmarks.Peers;
using Graft.Benchmarks.Workloads;
using Graft.Tensors;

namespace Graft.Benchmarks;

/// <summary>How much slower a step becomes beside a process that keeps one core busy, here and in PyTorch: alone and crowded in turns.</summary>
/// <remarks>With N cores and threads and one competitor, N + 1 threads share the machine: a fair part is N / (N + 1) of it, and no step can lose less than that.</remarks>
internal static class CrowdedCommand
{
    public const string Syntax = "[--only NAME]... [--seconds S] [--threads N] [--no-torch] [--json]";

    public const string InnerSyntax = "";

    private const int LeastRounds = 3;
    private const int SamplesARound = 5;

    // The system's scheduler needs a moment to place the newcomer.
    private const int SettleMilliseconds = 60;

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);
    private static readonly string[] Usual = ["mlp-wide", "cifar-cnn", "encoder-train", "lstm-train", "resnet18-forward-b1"];

    /// <summary>Computes, until it is killed or forgotten.</summary>
    public static int Compete(Options options)
    {
        Console.WriteLine("busy");
        double x = options.Threads;
        long start = Stopwatch.GetTimestamp();
        while (double.IsFinite(x) && Stopwatch.GetElapsedTime(start) < Longest)
        {
            for (int i = 0; i < 100_000; i++)
            {
                x = Math.Sin(x) + 1;
            }
        }

        return 0;
    }

    public static int Run(Options options)
    {
        IReadOnlyList<Workload> chosen = WorkloadList.Choose(WorkloadList.All, options.Only.Count > 0 ? options.Only : Usual);
        double seconds = options.Seconds(2);
        Engine.Threads = options.Threads;
        string reason = "it was not asked for";
        using PeerProcess? torch = options.Has("--no-torch") ? null : PeerProcess.Start("peer.py", options.Threads, out reason);
        Console.WriteLine(torch is null ? $"no PyTorch columns: {reason}." : $"beside {torch.Version}");
        Console.WriteLine($"medians by the clock, {Engine.Threads} threads on {Environment.ProcessorCount} processors, without and with a process that keeps one busy");
        Console.WriteLine($"{"workload",-20} {"alone ms",10} {"crowded",10} {"slower",7} {"torch ms",10} {"crowded",10} {"slower",7}");
        var results = new List<object>();
        foreach (Workload workload in chosen)
        {
            var own = new OwnSide(workload);
            own.Prepare();
            (double alone, double crowded) = Measure(own.Run, seconds);
            (double Alone, double Crowded)? other = null;
            if (torch is not null)
            {
                other = Measure((steps, idle) => Ask(torch, workload.Name, steps, idle), seconds);
            }

            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{workload.Name,-20} {alone,10:F3} {crowded,10:F3} {crowded / alone,7:F2} {other?.Alone,10:F3} {other?.Crowded,10:F3} {other?.Crowded / other?.Alone,7:F2}"));
            results.Add(new
            {
                name = workload.Name, threads = Engine.Threads, graft_ms = alone, graft_crowded_ms = crowded, slowdown = crowded / alone, torch_ms = other?.Alone,
                torch_crowded_ms = other?.Crowded, torch_slowdown = other?.Crowded / other?.Alone,
            });
            workload.Release();
        }

        if (options.IsJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { crowded = results }));
        }

        return 0;
    }

    private static StepTime Ask(PeerProcess torch, string workload, int steps, int idle)
    {
        double[] ms = torch.AskNumbers(string.Create(CultureInfo.InvariantCulture, $"run {workload} default {steps} {idle}"));
        return new StepTime(ms[0], ms[1]);
    }

    // Some samples alone, some beside the competitor, and again: what else happens on the machine meets both.
    private static (double Alone, double Crowded) Measure(Func<int, int, StepTime> run, double seconds)
    {
        Side alone = new("alone", run), crowded = new("crowded", run);
        alone.WarmUp();
        crowded.WarmUp();
        long start = Stopwatch.GetTimestamp();
        for (int round = 0; round < LeastRounds || Stopwatch.GetElapsedTime(start).TotalSeconds < 2 * seconds; round++)
        {
            Take(alone);
            using var competitor = OwnProcess.Start("crowd");
            try
            {
                competitor.StandardOutput.ReadLine();
                Thread.Sleep(SettleMilliseconds);
                Take(crowded);
            }
            finally
            {
                competitor.Kill();
                competitor.WaitForExit();
            }
        }

        return (alone.Median(processor: false), crowded.Median(processor: false));

        static void Take(Side side)
        {
            for (int i = 0; i < SamplesARound; i++)
            {
                side.Sample();
            }
        }
    }
}
