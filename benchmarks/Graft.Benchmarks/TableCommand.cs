using System.Globalization;
using System.Text.Json;
using Graft.Benchmarks.Workloads;
using Graft.Tensors;
using Graft.Tensors.Kernels;

namespace Graft.Benchmarks;

/// <summary>The workloads on this engine alone, with processor time: for work on kernels, also on a machine that others use.</summary>
internal static class TableCommand
{
    public const string Syntax = "[--only NAME]... [--seconds S] [--threads N] [--json]";

    // Shapes that no peer is asked for.
    private static readonly Workload[] Further = [new GemmWorkload(128, 128, 4096), new GemmWorkload(32, 3, 64)];

    public static int Run(Options options)
    {
        IReadOnlyList<Workload> chosen = WorkloadList.Choose([.. WorkloadList.All, .. Further], options.Only);
        double seconds = options.Seconds(2);
        Engine.Threads = options.Threads;
        Roof roof = Roof.Measure();
        if (!options.IsJson)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Width.Lanes * 32} bit registers, {Engine.Threads} threads, multiply-add peak {roof.Peak:F0} GFLOP/s, memory {roof.Bandwidth:F1} GB/s"));
            Console.WriteLine($"{"workload",-20} {"median ms",10} {"best ms",10} {"cpu ms",10} {"GFLOP/s",9} {"% peak",7} {"bytes/step",11} {"native",7}");
        }

        foreach (Workload workload in chosen)
        {
            Measurement m = Measurement.Of(workload, seconds);
            roof.LookAgain();
            Console.WriteLine(options.IsJson ? Json(m, roof.Peak) : string.Create(
                CultureInfo.InvariantCulture,
                $"{m.Name,-20} {m.Median * 1e3,10:F4} {m.Best * 1e3,10:F4} {m.Processor * 1e3,10:F4} {m.GigaFlops,9:F1} {m.GigaFlops / roof.Peak * 100,7:F0} {m.Bytes,11:F0} {m.NativeAllocations,7}"));
        }

        return 0;
    }

    private static string Json(Measurement m, double peak) => JsonSerializer.Serialize(new
    {
        workload = m.Name,
        medianMs = m.Median * 1e3,
        bestMs = m.Best * 1e3,
        processorMs = m.Processor * 1e3,
        gigaFlops = m.GigaFlops,
        shareOfPeak = m.GigaFlops / peak,
        bytesPerStep = m.Bytes,
        nativeAllocations = m.NativeAllocations,
        threads = Engine.Threads,
        lanes = Width.Lanes,
    });
}
