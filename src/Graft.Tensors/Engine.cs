using System.Runtime.Intrinsics;
using Graft.Tensors.Memory;
using Graft.Tensors.Threading;

namespace Graft.Tensors;

/// <summary>Settings and counters of the engine as a whole.</summary>
public static class Engine
{
    /// <summary>Threads that one op may use, 1 to 64; at first the processors this process may use. Results do not depend on it, not in one bit.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number lies outside.</exception>
    public static int Threads
    {
        get => Team.Threads;
        set => Team.Threads = value;
    }

    /// <summary>Bytes taken from the system for tensors and not given back.</summary>
    public static long SystemBytes => Pool.SystemBytes;

    /// <summary>How often memory for tensors was taken from the system so far.</summary>
    public static long SystemAllocations => Pool.SystemAllocations;

    /// <summary>The widest vectors that are used: "512 bit", "256 bit" or "128 bit".</summary>
    public static string VectorWidth =>
        Vector512.IsHardwareAccelerated ? "512 bit" : Vector256.IsHardwareAccelerated ? "256 bit" : "128 bit";

    /// <summary>Gives memory that no tensor uses back to the system; for between trainings.</summary>
    public static void Trim() => Pool.Trim();
}
