using System.Globalization;
using System.Text.Json;
using Graft.Benchmarks;
using Graft.Tensors.Kernels;
using Graft.Tensors.Threading;

if (args is ["balancers", ..])
{
    return Graft.Benchmarks.Balancers.BalancerCommand.Run(args[1..]);
}

if (args is ["start", ..])
{
    return StartCommand.Run(args[1..]);
}

if (args is ["sketch", ..])
{
    return Graft.Benchmarks.Balancers.SketchStudy.Run(args[1..]);
}

if (args is ["loading", ..])
{
    return Graft.Benchmarks.Loading.LoadingCommand.Run(args[1..]);
}

if (args is ["weights", ..])
{
    return WeightsCommand.Run(args[1..]);
}

if (Options.Parse(args) is not { } options)
{
    Console.Error.WriteLine(Options.Usage);
    return 2;
}

Workload[] all =
[
    new MlpWorkload(), new CifarCnnWorkload(),
    new GemmWorkload(64, 64, 64), new GemmWorkload(256, 256, 256), new GemmWorkload(512, 512, 512), new GemmWorkload(1024, 1024, 1024),
    new GemmWorkload(128, 128, 4096), new GemmWorkload(32, 3, 64),
];
Workload[] chosen = [.. all.Where(w => options.Only is null || w.Name.Contains(options.Only, StringComparison.Ordinal))];
if (chosen.Length == 0)
{
    Console.Error.WriteLine($"--only: expected a part of {string.Join(", ", all.Select(w => w.Name))}, got '{options.Only}'.");
    return 2;
}

Team.Threads = options.Threads;
double peak = Peak.Measure();
if (!options.IsJson)
{
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Width.Lanes * 32} bit registers, {options.Threads} threads, multiply-add peak {peak:F0} GFLOP/s"));
    Console.WriteLine($"{"workload",-20} {"median ms",10} {"best ms",10} {"cpu ms",10} {"bar ms",8} {"GFLOP/s",9} {"% peak",7} {"bytes/step",11} {"native",7}");
}

foreach (Workload workload in chosen)
{
    Measurement m = Measurement.Of(workload, options.Seconds);
    if (options.IsJson)
    {
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            workload = m.Name,
            medianMs = m.Median * 1e3,
            bestMs = m.Best * 1e3,
            processorMs = m.Processor * 1e3,
            barMs = m.Bar * 1e3,
            gigaFlops = m.GigaFlops,
            shareOfPeak = m.GigaFlops / peak,
            bytesPerStep = m.Bytes,
            nativeAllocations = m.NativeAllocations,
            threads = options.Threads,
            lanes = Width.Lanes,
        }));
        continue;
    }

    string bar = m.Bar == 0 ? "" : (m.Bar * 1e3).ToString("G3", CultureInfo.InvariantCulture);
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{m.Name,-20} {m.Median * 1e3,10:F4} {m.Best * 1e3,10:F4} {m.Processor * 1e3,10:F4} {bar,8} {m.GigaFlops,9:F1} {m.GigaFlops / peak * 100,7:F0} {m.Bytes,11:F0} {m.NativeAllocations,7}"));
}

return 0;
