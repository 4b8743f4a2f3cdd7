using System.Diagnostics;
using Graft.Benchmarks.Workloads;

namespace Graft.Benchmarks.Peers;

/// <summary>This engine's turns, and what they allocate.</summary>
internal sealed class OwnSide
{
    private const double WarmUpSeconds = 0.7;
    private const int CompilationMilliseconds = 300;

    private readonly Workload _workload;
    private long _bytes;
    private long _steps;

    public OwnSide(Workload workload)
    {
        _workload = workload;
        Side = new Side("graft", Run);
    }

    public Side Side { get; }

    /// <summary>Managed bytes a step, of all threads.</summary>
    public double BytesPerStep => (double)_bytes / Math.Max(1, _steps);

    /// <summary>Runs it until its code is compiled for good; compilation of the last tier happens in the background.</summary>
    public void Prepare()
    {
        _workload.Prepare();
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < 3 || Stopwatch.GetElapsedTime(start).TotalSeconds < WarmUpSeconds; i++)
        {
            _workload.Step();
        }

        Thread.Sleep(CompilationMilliseconds);
    }

    /// <summary>Times steps, after some that do not count.</summary>
    public StepTime Run(int steps, int idle)
    {
        Repeat(idle);
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        Repeat(steps);
        double clock = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        double used = (Environment.CpuUsage.TotalTime - processor).TotalMilliseconds;
        _bytes += GC.GetTotalAllocatedBytes(precise: true) - allocated;
        _steps += steps;
        return new StepTime(clock / steps, used / steps);
    }

    private void Repeat(int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            _workload.Step();
        }
    }
}
