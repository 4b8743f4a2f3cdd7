using Graft.Benchmarks.Workloads;

namespace Graft.Benchmarks;

/// <summary>The two roofs under which all work lies: multiply-adds a second, and bytes a second to memory.</summary>
/// <remarks>A machine that is disturbed while it is measured seems to have half of its peak, and all shares of it double. So it is measured again and again over a run, and the best counts.</remarks>
internal sealed class Roof
{
    // Traffic that small stays in the caches of the cores, and the memory behind them does not bound it.
    private const double Cached = 2e6;

    // Operations a byte below which memory is the nearer roof: about what processors do a second over what their memory gives. A fixed number, so that what a share
    // means does not hang on how busy the machine is.
    private const double Balance = 6;

    // Memory that is gone through: more than caches hold.
    private const long Bytes = 192L << 20;

    private const int FirstLooks = 4, Copies = 4, PauseMilliseconds = 60;

    private Roof()
    {
    }

    /// <summary>GFLOP/s.</summary>
    public double Peak { get; private set; }

    /// <summary>GB/s, of numbers that are read and written elsewhere.</summary>
    public double Bandwidth { get; private set; }

    /// <summary>Measures both with the team's threads, several times with pauses between.</summary>
    public static Roof Measure()
    {
        var roof = new Roof();
        for (int i = 0; i < FirstLooks; i++)
        {
            roof.LookAgain();
            Thread.Sleep(PauseMilliseconds);
        }

        return roof;
    }

    /// <summary>Whether a step has so few operations for every byte that memory bounds it.</summary>
    public static bool IsMemory(Cost cost) => cost.Bytes > Cached && cost.Flops < Balance * cost.Bytes;

    /// <summary>Measures again, some 100 ms, and keeps what is better.</summary>
    public void LookAgain()
    {
        Peak = Math.Max(Peak, Benchmarks.Peak.Measure());
        using var traffic = new Traffic(Bytes);
        for (int i = 0; i < Copies; i++)
        {
            Bandwidth = Math.Max(Bandwidth, traffic.Copy());
        }
    }

    /// <summary>Which part of the roof a step reaches.</summary>
    /// <param name="cost">What it does.</param>
    /// <param name="ms">How long it takes.</param>
    public double Share(Cost cost, double ms) => IsMemory(cost) ? cost.Bytes / ms / 1e6 / Bandwidth : cost.Flops / ms / 1e6 / Peak;
}
