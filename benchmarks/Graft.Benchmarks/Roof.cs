using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Graft.Benchmarks.Workloads;
using Graft.Tensors.Threading;

namespace Graft.Benchmarks;

/// <summary>The two roofs under which all work lies: multiply-adds a second, and bytes a second to memory.</summary>
/// <param name="Peak">GFLOP/s.</param>
/// <param name="Bandwidth">GB/s.</param>
internal sealed record Roof(double Peak, double Bandwidth)
{
    // Traffic that small stays in the caches of the cores, and the memory behind them does not bound it.
    private const double Cached = 2e6;

    // Operations a byte below which memory is the nearer roof: about what processors do a second over what their memory gives. A fixed number, so that what a share
    // means does not hang on how busy the machine is.
    private const double Balance = 6;

    /// <summary>Measures both with the team's threads.</summary>
    public static Roof Measure() => new(Benchmarks.Peak.Measure(), Triad.Measure());

    /// <summary>Whether a step has so few operations for every byte that memory bounds it.</summary>
    public static bool IsMemory(Cost cost) => cost.Bytes > Cached && cost.Flops < Balance * cost.Bytes;

    /// <summary>Which part of the roof a step reaches.</summary>
    /// <param name="cost">What it does.</param>
    /// <param name="ms">How long it takes.</param>
    public double Share(Cost cost, double ms) => IsMemory(cost) ? cost.Bytes / ms / 1e6 / Bandwidth : cost.Flops / ms / 1e6 / Peak;

    // a = b + s c over arrays that no cache holds.
    private static class Triad
    {
        private const int Count = 1 << 24, Tasks = 64, Runs = 8;

        public static unsafe double Measure()
        {
            var job = new Job((float*)NativeMemory.AlignedAlloc(3 * (nuint)Count * sizeof(float), 64));
            new Span<float>(job.Start, Count).Fill(1);
            new Span<float>(job.Start + Count, Count).Fill(1);
            new Span<float>(job.Start + (2 * Count), Count).Fill(1);
            double best = double.PositiveInfinity;
            for (int i = 0; i < Runs; i++)
            {
                long start = Stopwatch.GetTimestamp();
                Team.For(Tasks, ref job);
                best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
            }

            NativeMemory.AlignedFree(job.Start);
            return 3.0 * Count * sizeof(float) / best / 1e9;
        }

        private readonly unsafe struct Job(float* start) : IJob
        {
            public readonly float* Start = start;

            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            public void Run(int index)
            {
                float* a = Start + ((nint)Count / Tasks * index), b = a + Count, c = b + Count;
                Vector256<float> s = Vector256.Create(3f);
                for (int i = 0; i < Count / Tasks; i += Vector256<float>.Count)
                {
                    Vector256.Store(Vector256.Load(b + i) + (s * Vector256.Load(c + i)), a + i);
                }
            }
        }
    }
}
