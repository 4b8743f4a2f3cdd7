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

    /// <summary>Pieces of memory that tensors use at present: after a step as many as before it. Parameters, kept tensors and what optimizers remember count as well.</summary>
    public static long LiveBlocks => Pool.LiveBlocks;

    /// <summary>Whether memory is checked, for the search for errors: at first not.</summary>
    /// <value>Where it is, numbers that nobody has written yet and numbers whose memory was taken back are NaN, and an op that writes behind the end of its memory
    /// is an error when that memory comes back. Steps take longer by some writes to all memory that they use.</value>
    public static bool ChecksMemory
    {
        get => Pool.IsGuarded;
        set => Pool.IsGuarded = value;
    }

    /// <summary>Whether each piece of memory has pages of its own beside one that nobody may touch, for the search for errors: at first not.</summary>
    /// <value>Where it has, an op that reads or writes too far, or touches memory that was taken back, ends the process where it does so. Steps take several times as long.</value>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    public static MemoryPages MemoryPages
    {
        get => GuardPages.Side;
        set => GuardPages.Side = value;
    }

    /// <summary>Checks memory as a word says: how programs read what the environment variable GRAFT_CHECK_MEMORY holds.</summary>
    /// <param name="how">"1": <see cref="ChecksMemory"/>; "pages" and "pages-before": that and <see cref="MemoryPages"/>; else nothing changes.</param>
    /// <exception cref="PlatformNotSupportedException">There are no such pages on this system.</exception>
    public static void CheckMemory(string? how)
    {
        ChecksMemory |= how is "1" or "pages" or "pages-before";
        MemoryPages = how switch
        {
            "pages" => MemoryPages.Behind,
            "pages-before" => MemoryPages.Before,
            _ => MemoryPages,
        };
    }

    /// <summary>The widest vectors that are used: "512 bit", "256 bit" or "128 bit".</summary>
    public static string VectorWidth =>
        Vector512.IsHardwareAccelerated ? "512 bit" : Vector256.IsHardwareAccelerated ? "256 bit" : "128 bit";

    /// <summary>Gives memory that no tensor uses back to the system; for between trainings.</summary>
    public static void Trim() => Pool.Trim();
}
