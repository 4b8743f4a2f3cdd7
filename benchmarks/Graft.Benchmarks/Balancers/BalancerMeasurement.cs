using System.Diagnostics;
using Graft.Benchmarks.Peers;

namespace Graft.Benchmarks.Balancers;

/// <summary>Measures rows of one model and number of tasks in turns, so that what disturbs one disturbs all.</summary>
internal static class BalancerMeasurement
{
    private const double SampleSeconds = 10e-3;
    private const double WarmUpSeconds = 0.4;
    private const int LeastRounds = 5;
    private const int MostRounds = 400;

    /// <param name="rows">The first is that of equal weights.</param>
    /// <param name="torch">The peer, or null.</param>
    /// <param name="threads">Threads of either side.</param>
    /// <param name="seconds">How long each row is measured.</param>
    public static IReadOnlyList<BalancerResult> Of(IReadOnlyList<BalancerCase> rows, PeerProcess? torch, int threads, double seconds)
    {
        Side[] sides =
        [
            .. rows.Select(r => new Side(new BalancerWorkload(r))),
            .. torch is null ? [] : rows.Where(r => r.HasPeer).DistinctBy(r => r.IsEqual).Select(r => new Side(torch, r)),
        ];
        foreach (Side side in sides)
        {
            side.WarmUp();
        }

        Thread.Sleep(300);
        long start = Stopwatch.GetTimestamp();
        int round = 0;
        while (round < MostRounds && (round < LeastRounds || Stopwatch.GetElapsedTime(start).TotalSeconds < seconds * sides.Length))
        {
            foreach (Side side in sides)
            {
                side.Sample();
            }

            round++;
        }

        double equal = sides[0].Median;
        Side? torchEqual = sides.FirstOrDefault(s => s.IsTorch && s.Row.IsEqual);
        return
        [
            .. rows.Select((row, i) =>
            {
                Side? peer = row.HasPeer ? sides.FirstOrDefault(s => s.IsTorch && s.Row.IsEqual == row.IsEqual) : null;
                return new BalancerResult(
                    row.Balancer, row.Gradients, row.Model, row.Tasks, sides[i].Median, sides[i].Median / equal, row.Floor,
                    peer?.Median, peer?.Median / torchEqual?.Median, PeakMemory.Of(row, threads), sides[i].Bytes);
            }),
        ];
    }

    // One of the two programs, and its samples.
    private sealed class Side
    {
        private readonly List<double> _samples = [];
        private readonly Func<int, double> _run;
        private int _steps = 1;
        private long _bytes;
        private long _count;

        public Side(BalancerWorkload workload)
        {
            Row = workload.Row;
            _run = steps =>
            {
                long before = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
                for (int i = 0; i < steps; i++)
                {
                    workload.Run();
                }

                double ms = Stopwatch.GetElapsedTime(start).TotalMilliseconds / steps;
                _bytes += GC.GetAllocatedBytesForCurrentThread() - before;
                return ms;
            };
        }

        public Side(PeerProcess torch, BalancerCase row)
        {
            Row = row;
            IsTorch = true;
            _run = steps => torch.AskNumbers(FormattableString.Invariant($"{row.Model} {row.Tasks} {(row.IsEqual ? "equal" : "exact")} {steps}"))[0];
        }

        public BalancerCase Row { get; }

        public bool IsTorch { get; }

        public double Median
        {
            get
            {
                double[] sorted = [.. _samples.Order()];
                return sorted[sorted.Length / 2];
            }
        }

        public double Bytes => (double)_bytes / Math.Max(1, _count);

        public void WarmUp()
        {
            long start = Stopwatch.GetTimestamp();
            double ms = 0;
            for (int i = 0; i < 3 || Stopwatch.GetElapsedTime(start).TotalSeconds < WarmUpSeconds; i++)
            {
                ms = _run(1);
            }

            // Every tenth step is another one in some rows: whole cycles.
            int steps = (int)Math.Clamp(SampleSeconds * 1e3 / Math.Max(1e-4, ms), 1, 2000);
            _steps = Row.Gradients == "every-10" ? (steps + 9) / 10 * 10 : steps;
            _bytes = 0;
        }

        public void Sample()
        {
            _samples.Add(_run(_steps));
            _count += _steps;
        }
    }
}
