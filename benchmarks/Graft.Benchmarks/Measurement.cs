using System.Diagnostics;
using Graft.Benchmarks.Workloads;
using Graft.Tensors;
using Graft.Tensors.Memory;

namespace Graft.Benchmarks;

/// <summary>What was measured of one workload.</summary>
/// <param name="Name">The workload.</param>
/// <param name="Median">Seconds a step, median of the samples.</param>
/// <param name="Best">Seconds a step, best of the samples.</param>
/// <param name="Processor">Processor seconds a step of all threads, best of longer samples: what a machine that others use blurs least.</param>
/// <param name="Bytes">Managed bytes allocated a step, by all threads.</param>
/// <param name="NativeAllocations">How often native memory was taken from the system while measuring.</param>
/// <param name="Flops">Multiplications and additions of a step.</param>
internal sealed record Measurement(string Name, double Median, double Best, double Processor, double Bytes, long NativeAllocations, double Flops)
{
    private const double WarmUpSeconds = 0.7;
    private const int WarmUpSteps = 3;
    private const double SampleSeconds = 2e-3;

    // The system counts processor time in coarser steps.
    private const double ProcessorSampleSeconds = 60e-3;

    /// <summary>By the best sample; with one thread by processor time.</summary>
    public double GigaFlops => Flops / (Engine.Threads == 1 ? Math.Min(Best, Processor) : Best) / 1e9;

    /// <summary>Runs a workload until its code is compiled for good, then times samples of about two milliseconds each.</summary>
    public static Measurement Of(Workload workload, double seconds)
    {
        workload.Prepare();
        long start = Stopwatch.GetTimestamp();
        long steps = 0;
        while (steps < WarmUpSteps || Stopwatch.GetElapsedTime(start).TotalSeconds < WarmUpSeconds)
        {
            workload.Step();
            steps++;
        }

        // Compilation of the last tier happens in the background.
        Thread.Sleep(300);
        start = Stopwatch.GetTimestamp();
        workload.Step();
        int steps1 = Math.Max(1, (int)(SampleSeconds / Stopwatch.GetElapsedTime(start).TotalSeconds));

        var samples = new List<double>(100_000);
        long allocated = GC.GetTotalAllocatedBytes(precise: true), taken = Pool.SystemAllocations;
        double processor = double.PositiveInfinity;
        TimeSpan used = Environment.CpuUsage.TotalTime;
        long sampled = Stopwatch.GetTimestamp(), since = 0;
        long begin = Stopwatch.GetTimestamp();
        do
        {
            start = Stopwatch.GetTimestamp();
            for (int i = 0; i < steps1; i++)
            {
                workload.Step();
            }

            samples.Add(Stopwatch.GetElapsedTime(start).TotalSeconds / steps1);
            since += steps1;
            if (Stopwatch.GetElapsedTime(sampled).TotalSeconds >= ProcessorSampleSeconds)
            {
                TimeSpan now = Environment.CpuUsage.TotalTime;
                processor = Math.Min(processor, (now - used).TotalSeconds / since);
                (used, sampled, since) = (now, Stopwatch.GetTimestamp(), 0);
            }
        }
        while (double.IsInfinity(processor) || (samples.Count < 100_000 && Stopwatch.GetElapsedTime(begin).TotalSeconds < seconds));

        double count = (double)samples.Count * steps1;
        double bytes = (GC.GetTotalAllocatedBytes(precise: true) - allocated) / count;
        taken = Pool.SystemAllocations - taken;
        samples.Sort();
        double flops = workload.Cost.Flops;
        workload.Release();
        return new Measurement(workload.Name, samples[samples.Count / 2], samples[0], processor, bytes, taken, flops);
    }
}
