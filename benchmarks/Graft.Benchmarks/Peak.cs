using System.Diagnostics;
using System.Runtime.CompilerServices;
using Graft.Tensors.Kernels;
using Graft.Tensors.Threading;

namespace Graft.Benchmarks;

/// <summary>How many multiply-adds the machine does when nothing else is in the way: the roof under which all else is measured.</summary>
internal static class Peak
{
    private const int Rounds = 200_000;

    // Enough independent chains to hide the latency of two multiply-add units.
    private const int Chains = 12;

    /// <summary>GFLOP/s of the team, best of several runs.</summary>
    public static double Measure()
    {
        double best = 0;
        for (int i = 0; i < 40; i++)
        {
            var job = new Job();
            int tasks = Team.Threads;
            long start = Stopwatch.GetTimestamp();
            Team.For(tasks, ref job);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            best = Math.Max(best, 2.0 * Chains * Width.Lanes * Rounds * tasks / seconds / 1e9);
        }

        return best;
    }

    private struct Job : IJob
    {
        private static float s_sink;

        public readonly void Run(int index)
        {
            float sum = Width.Is512 ? Loop<W512>() : Width.Is256 ? Loop<W256>() : Loop<W128>();
            Volatile.Write(ref s_sink, sum);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static float Loop<V>()
            where V : struct, IVec<V>
        {
            V x = V.All(0.999f), y = V.All(0.001f);
            V a = V.One, b = V.One, c = V.One, d = V.One, e = V.One, f = V.One, g = V.One, h = V.One, i = V.One, j = V.One, k = V.One, l = V.One;
            for (int n = 0; n < Rounds; n++)
            {
                a = V.Fma(a, x, y);
                b = V.Fma(b, x, y);
                c = V.Fma(c, x, y);
                d = V.Fma(d, x, y);
                e = V.Fma(e, x, y);
                f = V.Fma(f, x, y);
                g = V.Fma(g, x, y);
                h = V.Fma(h, x, y);
                i = V.Fma(i, x, y);
                j = V.Fma(j, x, y);
                k = V.Fma(k, x, y);
                l = V.Fma(l, x, y);
            }

            return V.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
        }
    }
}
